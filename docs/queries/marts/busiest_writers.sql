-- Who writes most?
select
    user_name as person,
    department,
    sum(messages) as messages,
    count(distinct day) as days
from msteams__person_days
group by user_name, department
order by messages desc, person
limit 5
