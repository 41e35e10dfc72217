SELECT file_key, bytes, etag, last_modified
FROM penstock_judged
WHERE verdict NOT IN (:counted)
ORDER BY COLLATE(file_key || chr(1), 'case_sensitive')
