-- As ledger_files.sql, where what is known of the loads is held already.
SELECT g.key AS file_key, g.load_id, g.etag, g.size AS bytes, g.last_modified
FROM :ledger g
WHERE COLLATE(g.bucket, 'case_sensitive') = :bucket AND :begins
