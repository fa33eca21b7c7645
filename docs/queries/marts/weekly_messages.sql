-- How much do teams write, week by week over half a year?
select
    team_name as team,
    cast(date_trunc('week', day) as date) as week,
    sum(messages) as messages
from msteams__team_days
where day >= (
    select date_trunc('week', max(day)) from msteams__team_days
) - interval '26 weeks'
group by team_name, cast(date_trunc('week', day) as date)
order by team, week
