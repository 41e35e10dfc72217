SELECT query_id, transaction_id, status, start_time, end_time, table_name, database_name
FROM pg_catalog.sys_load_history
WHERE query_id IN (:queries)
