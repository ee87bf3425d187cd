-- jobs_table: where are jobs kept beside a PostgreSQL catalog? PostgreSQL, not DuckDB.
create schema if not exists feedback;
create table if not exists feedback.jobs (
    job_id bigint generated always as identity primary key,
    kind text not null,
    arguments text not null,
    state text not null default 'waiting',
    told text not null default '',
    submitted_at timestamptz not null default now()
)
