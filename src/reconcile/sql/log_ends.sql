-- Of transactions: their ends among what is no query, and the queries that failed.
SELECT xid, 'success', rtrim(text)
FROM pg_catalog.stl_utilitytext
WHERE sequence = 0 AND xid IN (:transactions)
UNION ALL
SELECT xid, 'failed', ''
FROM pg_catalog.stl_query
WHERE aborted = 1 AND xid IN (:transactions)
