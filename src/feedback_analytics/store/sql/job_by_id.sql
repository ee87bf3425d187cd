-- job_by_id: how far is a job? SQLite and PostgreSQL, not DuckDB.
--
-- One row, or none when the file was deleted meanwhile.
-- Parameter: the job's id
select
    job_id,
    kind,
    arguments,
    state,
    told
from jobs
where job_id = $1
