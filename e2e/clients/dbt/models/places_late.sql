{{ config(materialized="view", bind=false) }}
select count(*) as places from {{ ref("places_merged") }}
