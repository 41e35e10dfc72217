-- Which of our tables there are already, and whether loads has the columns that came later.
SELECT c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname IN ('loads', 'failures', 'identity', :lock_table, :ledger)
UNION ALL
SELECT 'loads.' || a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = 'loads' AND a.attname IN ('kind', 'source', 'records_read', 'inserted',
      'updated', 'superseded', 'rejected') AND NOT a.attisdropped
