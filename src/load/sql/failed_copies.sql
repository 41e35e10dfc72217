-- COPYs of penstock that the cluster still remembers as aborted. Their label says which load they were of.
SELECT query, label, userid, endtime
FROM pg_catalog.stl_query
WHERE label LIKE 'penstock:%' AND aborted = 1 AND querytxt ILIKE '%copy%'
ORDER BY endtime DESC
