-- What somebody should look at; no row is good news. Times are UTC.
with latest as (
    select "runId", max("startedDateTime") as started, max("exitCode") as "exitCode"
    from sync_runs
    group by "runId"
    order by started desc nulls last
    limit 1
)
select 'no run since ' || to_char(started, 'YYYY-MM-DD HH24:MI') as alert
from latest
where started < now() at time zone 'UTC' - interval '26 hours'
union all
select 'the last run ended with exit code ' || "exitCode" from latest where "exitCode" <> 0
union all
select concat(run.stream, ' has ', run.gaps, ' gaps')
from sync_runs as run
join latest using ("runId")
where run.gaps > 0
union all
select concat(run.stream, ' has been read up to ', to_char(run."bookmarkAfter", 'YYYY-MM-DD HH24:MI'))
from sync_runs as run
join latest using ("runId")
where run."bookmarkAfter" < latest.started - interval '2 days'
