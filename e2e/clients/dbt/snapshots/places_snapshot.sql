{% snapshot places_snapshot %}
{{ config(target_schema=env_var("JOB_SCHEMA"), unique_key="id", strategy="check", check_cols=["name"]) }}
select id, name from {{ ref("places_merged") }}
{% endsnapshot %}
