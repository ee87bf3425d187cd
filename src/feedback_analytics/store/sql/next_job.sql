-- next_job: which job is to be run next? SQLite and PostgreSQL, not DuckDB.
--
-- One row, or none.
select
    job_id,
    kind,
    arguments,
    state,
    told
from jobs
where state in ('waiting', 'running')
order by job_id
limit 1
