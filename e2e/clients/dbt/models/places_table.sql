{{ config(materialized="table", dist="id", sort=["seen", "id"]) }}
select id, name, seen from {{ ref("places") }}
