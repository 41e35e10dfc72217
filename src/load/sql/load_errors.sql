SELECT query, filename, line_number, colname, type, raw_field_value, raw_line, err_code, err_reason
FROM pg_catalog.stl_load_errors
WHERE query IN (:queries)
ORDER BY query, filename, line_number
LIMIT :limit
