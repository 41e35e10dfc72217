SELECT query_id, rtrim(data_source), rtrim(table_name)
FROM pg_catalog.sys_load_history
WHERE status = 'running'
ORDER BY query_id
