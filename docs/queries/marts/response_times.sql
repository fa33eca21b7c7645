-- How fast does a team get an answer?
select
    team_name as team,
    count(*) as posts,
    round(100.0 * count(first_answer_at) / count(*)) as percent_answered,
    round(percentile_cont(0.5) within group (order by minutes_to_first_answer)) as median_minutes,
    round(
        percentile_cont(0.9) within group (order by minutes_to_first_answer)
    ) as slowest_tenth_minutes
from msteams__threads
where sender_kind = 'user' and not is_deleted
group by team_name
order by median_minutes, team
