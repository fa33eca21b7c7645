-- The last run, where it is too long ago.
{{ config(severity="warn") }}
select max(started_date_time) as last_run
from {{ ref("stg_msteams__sync_runs") }}
having max(started_date_time) < {{ dbt.current_timestamp() }} - interval '{{ var("msteams_fresh_hours") }} hours'
