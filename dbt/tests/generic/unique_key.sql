{# Rows without their key, and keys of several rows. #}
{% test unique_key(model, columns) %}
select {{ columns | join(", ") }}, count(*) as found
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1
{%- for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
