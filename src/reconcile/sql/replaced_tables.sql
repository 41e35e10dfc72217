-- When all rows of a table gave way, of which only the last time counts.
SELECT schema_name, table_name, max(committed_at) AS replaced_at
FROM :loads
WHERE kind = 'replace'
GROUP BY schema_name, table_name
