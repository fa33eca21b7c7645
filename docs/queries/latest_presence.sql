-- Everybody's latest presence, with what they say about it.
select distinct on (person."displayName", person.id)
    person."displayName" as person,
    presence.availability,
    presence.activity,
    presence."observedDateTime" as observed,
    presence."statusMessage"->'message'->>'content' as says
from users as person
join presence on presence.id = person.id
where person._sdc_deleted_at is null
order by person."displayName", person.id, presence."observedDateTime" desc
