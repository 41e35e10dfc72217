SELECT load_id, attempt_id, schema_name, table_name, data_date, rows, replaced, copy_query, objects, files,
       committed_by, committed_at
FROM :loads
WHERE :condition
ORDER BY committed_at DESC, load_id
