-- What was written in a team on a day (UTC); days without a message have no row.
select
    cast(created_at as date) as day,
    team_id,
    team_name,
    count(*) as messages,
    count(case when not is_reply then 1 end) as posts,
    count(case when is_reply then 1 end) as replies,
    count(distinct case when sender_kind = 'user' then sender_id end) as people,
    count(distinct channel_id) as channels,
    sum(reactions) as reactions,
    sum(mentions) as mentions
from {{ ref("msteams__messages") }}
where place = 'channel'
group by cast(created_at as date), team_id, team_name
