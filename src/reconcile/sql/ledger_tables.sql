-- The ledger's tables, and the columns of loads that came later.
SELECT c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relkind = 'r' AND (c.relname = 'loads' OR left(c.relname, 7) = 'ledger_')
UNION ALL
SELECT 'loads.' || a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = 'loads' AND a.attname = 'kind' AND NOT a.attisdropped
