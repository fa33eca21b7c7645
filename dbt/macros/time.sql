{# Seconds from one moment to another. #}
{% macro seconds(since, until) -%}
    cast(extract(epoch from {{ until }} - {{ since }}) as double precision)
{%- endmacro %}

{# Seconds of a duration such as PT1H2M3.4S. #}
{% macro duration_seconds(text) -%}
    {{ adapter.dispatch("duration_seconds", "msteams")(text) }}
{%- endmacro %}

{% macro postgres__duration_seconds(text) -%}
    cast(extract(epoch from cast({{ text }} as interval)) as double precision)
{%- endmacro %}

{% macro duckdb__duration_seconds(text) -%}
    case when {{ text }} is not null then
    {%- for unit, factor in [("D", 86400), ("H", 3600), ("M", 60), ("S", 1)] %}
        {{ "+ " if not loop.first -}}
        {{ factor }} * coalesce(try_cast(
            regexp_extract({{ text }}, '(?:^P|T|[DHM])([\d.]+){{ unit }}', 1) as double), 0)
    {%- endfor %}
    end
{%- endmacro %}
