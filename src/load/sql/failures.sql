SELECT load_id, attempt_id, schema_name, table_name, kind, source, error, failed_by, failed_at
FROM :failures
WHERE :condition
ORDER BY failed_at DESC, load_id
