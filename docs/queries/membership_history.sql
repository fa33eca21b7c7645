-- Who came into a team or a private channel and who left it: what Teams wrote there itself, and
-- whom a run did not find among the members any more.
with event as (
    select
        "teamId",
        "channelId",
        "createdDateTime" as happened,
        substring("eventDetail"->>'@odata.type' from 'members(Added|Joined|Deleted|Left)') as kind,
        "eventDetail"->'initiator'->'user'->>'id' as initiator,
        jsonb_array_elements(nullif("eventDetail"->'members', 'null'))->>'id' as "userId"
    from messages
    where "eventDetail"->>'@odata.type' ~ 'members(Added|Joined|Deleted|Left)'
)
select
    team."displayName" as team,
    case when channel."membershipType" <> 'standard' then channel."displayName" end as channel,
    event.happened,
    person."displayName" as person,
    case when event.kind in ('Added', 'Joined') then 'came' else 'left' end as what,
    coalesce(initiator."displayName", 'an app') as by_whom
from event
join teams as team on team.id = event."teamId"
join channels as channel on channel."teamId" = team.id and channel.id = event."channelId"
join users as person on person.id = event."userId"
left join users as initiator on initiator.id = event.initiator
union
select
    team."displayName",
    null,
    member._sdc_deleted_at,
    member."displayName",
    'was gone',
    null
from members as member
join teams as team on team.id = member."teamId"
where member._sdc_deleted_at is not null
order by happened desc, team, person
