-- penstock's own loads: whether their files are in a ledger, and whether their records have objects that count.
SELECT l.load_id, l.attempt_id, l.schema_name, l.table_name, l.committed_at, l.copy_query,
       CASE WHEN g.load_id IS NOT NULL THEN 0 WHEN :is_load OR r.replaced_at > l.committed_at THEN 1 ELSE 0 END AS gone,
       CASE WHEN g.load_id IS NOT NULL THEN 1 ELSE 0 END AS listed,
       CASE WHEN g.load_id IS NULL AND left(l.objects, 8) = '[["s3://' AND :of_table THEN 1 ELSE 0 END AS recorded
FROM :loads l
LEFT JOIN (:in_ledger) g ON g.load_id = l.load_id
LEFT JOIN (:replaced) r ON r.schema_name = l.schema_name AND r.table_name = l.table_name
WHERE :which
