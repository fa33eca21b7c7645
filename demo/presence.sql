-- For each kind of presence one person, rather one with something to say.
with latest as (
    select distinct on (id) *, "statusMessage"->'message'->>'content' as status
    from presence
    order by id, "observedDateTime" desc
)
select distinct on (latest.availability, latest.activity)
    person."displayName" as name,
    coalesce(person."jobTitle", '') as title,
    latest.availability,
    latest.activity,
    coalesce(latest.status, '') as status
from latest
join users as person on person.id = latest.id
order by latest.availability, latest.activity, latest.status is null, person."displayName"
