-- chr(1) at the end: blanks at the end of a key count in S3, and in no comparison of Redshift's.
SELECT u.file_key, u.load_id, u.etag, u.bytes, u.last_modified, u.schema_name, u.table_name, u.committed_at,
       u.copy_query, u.gone
FROM (:rows) u
ORDER BY COLLATE(u.file_key || chr(1), 'case_sensitive')
