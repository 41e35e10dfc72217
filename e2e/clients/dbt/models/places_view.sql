{{ config(materialized="view") }}
select count(*) as places from {{ ref("places_merged") }}
