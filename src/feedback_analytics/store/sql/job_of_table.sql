-- job_of_table: how far is a job? PostgreSQL, not DuckDB.
--
-- One row, or none when the table was emptied meanwhile.
-- Parameter: the job's id
select
    job_id,
    kind,
    arguments,
    state,
    told
from feedback.jobs
where job_id = $1
