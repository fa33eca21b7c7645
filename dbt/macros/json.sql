{# The type of a column in this database. #}
{% macro type_of(kind) -%}
    {%- if kind == "json" -%}{{ "jsonb" if target.type == "postgres" else "json" }}
    {%- elif kind == "number" -%}{{ "numeric" if target.type == "postgres" else "double" }}
    {%- else -%}{{ kind }}
    {%- endif -%}
{%- endmacro %}

{# The value at some keys of a JSON column, or the column itself; JSON's null is SQL's. #}
{% macro json_value(column, keys, kind) -%}
    {{ adapter.dispatch("json_value", "msteams")(column, keys, kind) }}
{%- endmacro %}

{% macro postgres__json_value(column, keys, kind) -%}
    {%- set path = "'{\"" ~ keys | join('","') ~ "\"}'" -%}
    {%- if kind == "json" -%}
        nullif({{ column }}{{ " #> " ~ path if keys }}, 'null'::jsonb)
    {%- elif keys -%}
        cast({{ column }} #>> {{ path }} as {{ type_of(kind) }})
    {%- else -%}
        cast({{ column }} as {{ type_of(kind) }})
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__json_value(column, keys, kind) -%}
    {%- set path = "'$.\"" ~ keys | join('"."') ~ "\"'" -%}
    {%- if kind == "json" -%}
        nullif({{ "json_extract(cast(" ~ column ~ " as json), " ~ path ~ ")" if keys
                  else "cast(" ~ column ~ " as json)" }}, cast('null' as json))
    {%- elif keys -%}
        cast(json_extract_string(cast({{ column }} as json), {{ path }}) as {{ type_of(kind) }})
    {%- else -%}
        cast({{ column }} as {{ type_of(kind) }})
    {%- endif -%}
{%- endmacro %}

{# A join with the items of a JSON array: `item.value`, and `item.position` from 1. #}
{% macro items(column) -%}
    {{ adapter.dispatch("items", "msteams")(column) }}
{%- endmacro %}

{% macro postgres__items(column) -%}
    cross join lateral jsonb_array_elements(
        case when jsonb_typeof({{ column }}) = 'array' then {{ column }} else '[]' end
    ) with ordinality as item (value, position)
{%- endmacro %}

{% macro duckdb__items(column) -%}
    {%- set list -%}
        cast(case when json_type({{ column }}) = 'ARRAY' then {{ column }} else '[]' end as json[])
    {%- endset -%}
    cross join lateral (
        select unnest({{ list }}) as value, generate_subscripts({{ list }}, 1) as position
    ) as item
{%- endmacro %}

{# A value of such an item. #}
{% macro item(path, kind="text") -%}
    {{ json_value("item.value", path.split("."), kind) }}
{%- endmacro %}

{# The number of items in a JSON array; 0 where there is none. #}
{% macro items_of(column) -%}
    {{ adapter.dispatch("items_of", "msteams")(column) }}
{%- endmacro %}

{% macro postgres__items_of(column) -%}
    case when jsonb_typeof({{ column }}) = 'array' then jsonb_array_length({{ column }}) else 0 end
{%- endmacro %}

{% macro duckdb__items_of(column) -%}
    case when json_type({{ column }}) = 'ARRAY' then json_array_length({{ column }}) else 0 end
{%- endmacro %}
