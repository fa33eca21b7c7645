{# Rows that mention a row of another table, which is not there; nothing where that is empty. #}
{% test refers_to(model, to, keys) %}
{{ config(severity="warn") }}
select mentioning.*
from {{ model }} as mentioning
left join {{ to }} as mentioned
    on {% for key, column in keys.items() -%}
    {{ "and " if not loop.first }}mentioned.{{ key }} = mentioning.{{ column }}
    {% endfor %}
where mentioned.{{ keys | first }} is null
{%- for column in keys.values() %} and mentioning.{{ column }} is not null{% endfor %}
    and exists (select 1 from {{ to }})
{% endtest %}
