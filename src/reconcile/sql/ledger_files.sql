-- What one ledger knows of keys of a bucket. A branch of a UNION ALL.
SELECT g.key AS file_key, g.load_id, g.etag, g.size AS bytes, g.last_modified, l.schema_name, l.table_name,
       l.committed_at, l.copy_query, 0 AS gone
FROM :ledger g LEFT JOIN :loads l ON l.load_id = g.load_id
WHERE COLLATE(g.bucket, 'case_sensitive') = :bucket AND :begins
