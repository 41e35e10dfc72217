-- As failed_copies.sql, for where stl_query is denied (serverless).
SELECT query_id, query_label, user_id, end_time
FROM pg_catalog.sys_query_history
WHERE query_label LIKE 'penstock:%' AND query_type = 'COPY' AND status = 'failed'
ORDER BY end_time DESC
