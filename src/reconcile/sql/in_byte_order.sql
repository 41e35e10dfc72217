-- chr(1) at the end: blanks at the end of a key count in S3, and in no comparison of Redshift's.
SELECT u.*
FROM (:rows) u
ORDER BY COLLATE(u.file_key || chr(1), 'case_sensitive')
