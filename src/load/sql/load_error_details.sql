-- As load_errors.sql, for where stl_load_errors is denied. It has no raw line and no raw value.
SELECT query_id, file_name, line_number, column_name, column_type, '', '', error_code, error_message
FROM pg_catalog.sys_load_error_detail
WHERE query_id IN (:queries)
ORDER BY query_id, file_name, line_number
LIMIT :limit
