-- All that is known of transactions: their statements, of which the end is one.
SELECT transaction_id, rtrim(status), rtrim(left(query_text, 200))
FROM pg_catalog.sys_query_history
WHERE transaction_id IN (:transactions)
