-- Guests: where they are members, and whether they write there.
with written as (
    select
        "teamId",
        "from"->'user'->>'id' as "userId",
        count(*) as messages,
        max("createdDateTime") as latest
    from messages
    where "deletedDateTime" is null
    group by 1, 2
)
select
    guest."displayName" as guest,
    guest.mail,
    guest."createdDateTime" as invited,
    string_agg(team."displayName", ', ' order by team."displayName") as teams,
    coalesce(sum(written.messages), 0) as messages,
    max(written.latest) as last_message
from users as guest
left join members as member on member."userId" = guest.id and member._sdc_deleted_at is null
left join teams as team on team.id = member."teamId" and team._sdc_deleted_at is null
left join written on written."teamId" = member."teamId" and written."userId" = guest.id
where guest."userType" = 'Guest' and guest._sdc_deleted_at is null
group by guest.id, guest."displayName", guest.mail, guest."createdDateTime"
order by count(team.id) desc, guest
