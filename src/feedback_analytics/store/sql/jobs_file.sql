-- jobs_file: the tables of jobs.sqlite. SQLite, not DuckDB.
pragma journal_mode = wal;
pragma synchronous = full;
create table if not exists jobs (
    job_id integer primary key autoincrement,
    kind text not null,
    arguments text not null,
    state text not null default 'waiting',
    told text not null default '',
    submitted_at text not null default current_timestamp
);
