-- How many people use Teams?
select
    day,
    active_people as active,
    chat_messages as chats,
    meetings_attended as meetings,
    people_on_phones as phones
from msteams__adoption
order by day desc
limit 5
