SELECT text FROM pg_catalog.sys_query_text WHERE query_id = :query ORDER BY sequence
