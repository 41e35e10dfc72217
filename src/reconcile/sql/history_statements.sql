-- Texts come in pieces, but for what fits into one.
SELECT query_id, rtrim(query_label), rtrim(query_text)
FROM pg_catalog.sys_query_history
WHERE query_id IN (:queries)
