-- When people write: messages by weekday (1 is Monday) and hour, in UTC.
select
    extract(isodow from "createdDateTime") as weekday,
    extract(hour from "createdDateTime") as hour,
    count(*) as messages
from messages
where "messageType" = 'message'
group by weekday, hour
order by weekday, hour
