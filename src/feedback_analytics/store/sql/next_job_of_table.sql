-- next_job_of_table: which job is to be run next? PostgreSQL, not DuckDB.
--
-- One row, or none.
select
    job_id,
    kind,
    arguments,
    state,
    told
from feedback.jobs
where state in ('waiting', 'running')
order by job_id
limit 1
