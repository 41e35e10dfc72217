SELECT query, xid, aborted, starttime, endtime, rtrim(label), rtrim(querytxt)
FROM pg_catalog.stl_query
WHERE query IN (:queries)
