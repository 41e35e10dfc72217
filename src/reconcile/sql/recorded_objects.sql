-- The objects in loads of what is in no ledger: upserts and their like, and loads whose rows were replaced since. Of
-- an upsert, too, the rows are gone when all of the table was replaced after it.
SELECT o[0]::varchar(4096) AS file_key, w.load_id, o[1]::varchar(1024) AS etag, CAST(o[2] AS bigint) AS bytes,
       NULL::timestamp AS last_modified, w.schema_name, w.table_name, w.committed_at, w.copy_query, w.gone
FROM (
  SELECT l.load_id, l.schema_name, l.table_name, l.committed_at, l.copy_query, JSON_PARSE(l.objects) AS objects,
         CASE WHEN :is_load OR r.replaced_at > l.committed_at THEN 1 ELSE 0 END AS gone
  FROM :loads l
  LEFT JOIN (:in_ledger) g ON g.load_id = l.load_id
  LEFT JOIN (:replaced) r ON r.schema_name = l.schema_name AND r.table_name = l.table_name
  WHERE g.load_id IS NULL AND left(l.objects, 8) = '[["s3://' AND :of_table
) w, w.objects AS o
