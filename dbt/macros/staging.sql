{# A table in snake_case with flat columns; null where a stream or a column is not selected. #}
{% macro staging(table, columns) %}
{%- set there = source("msteams", table) %}
{%- set found = adapter.get_relation(there.database, there.schema, there.identifier) if execute %}
{%- set names = {} %}
{%- if found %}
    {%- for column in adapter.get_columns_in_relation(found) %}
        {%- do names.update({column.name | lower: adapter.quote(column.name)}) %}
    {%- endfor %}
{%- endif %}
select
{%- for name, kind_and_path in columns.items() %}
    {%- set column = names.get(kind_and_path[1] | lower) %}
    {{ json_value(column, kind_and_path[2:], kind_and_path[0]) if column
       else "cast(null as " ~ type_of(kind_and_path[0]) ~ ")" }} as {{ adapter.quote(name) }}
    {{- "," if not loop.last }}
{%- endfor %}
{% if found -%}
from {{ found }}
{%- else -%}
where false
{%- endif %}
{% endmacro %}
