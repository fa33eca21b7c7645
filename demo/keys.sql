-- The columns of each table's primary key.
select class.relname as "table", attribute.attname as "column"
from pg_index as index
join pg_class as class on class.oid = index.indrelid
join pg_attribute as attribute
    on attribute.attrelid = class.oid and attribute.attnum = any(index.indkey)
where index.indisprimary and class.relnamespace = current_schema()::regnamespace
order by 1, 2
