-- Observed presence by hour (UTC) and availability; an hour without a run has no row.
select
    date_trunc('hour', observed_date_time) as hour,
    availability,
    count(*) as observations,
    count(distinct id) as people
from {{ ref("stg_msteams__presence") }}
group by date_trunc('hour', observed_date_time), availability
