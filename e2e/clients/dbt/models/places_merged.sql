{{ config(materialized="incremental", incremental_strategy="merge", unique_key="id", dist="id", sort="seen") }}
select id, name || '{{ var("mark", "") }}' as name, seen
from {{ ref("places_table") }}
{% if is_incremental() %}
where id >= 2
union all
select 4, 'four', '2024-01-04'::timestamp
{% endif %}
