-- When do people write, in channels and chats, by weekday (1 is Monday) and hour in UTC?
select
    extract(isodow from created_at) as weekday,
    extract(hour from created_at) as hour,
    count(*) as messages
from msteams__messages
where sender_kind = 'user'
group by extract(isodow from created_at), extract(hour from created_at)
order by weekday, hour
