SELECT u.*
FROM penstock_loaded u
LEFT JOIN (SELECT file_key FROM penstock_judged WHERE verdict IN (:counted)) j ON j.file_key = u.file_key
WHERE j.file_key IS NULL
ORDER BY COLLATE(u.file_key || chr(1), 'case_sensitive')
