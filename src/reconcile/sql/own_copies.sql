-- The COPYs of penstock's own loads that the system tables may still know, and whether the load's files are in a ledger.
SELECT l.copy_query, l.attempt_id, l.load_id, l.schema_name, l.table_name,
       CASE WHEN g.load_id IS NOT NULL THEN 0 WHEN :is_load OR r.replaced_at > l.committed_at THEN 1 ELSE 0 END AS gone,
       CASE WHEN g.load_id IS NOT NULL THEN 1 ELSE 0 END AS listed
FROM :loads l
LEFT JOIN (:in_ledger) g ON g.load_id = l.load_id
LEFT JOIN (:replaced) r ON r.schema_name = l.schema_name AND r.table_name = l.table_name
WHERE l.copy_query IS NOT NULL AND l.committed_at >= :since
