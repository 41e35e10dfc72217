-- The columns of a table's primary key, as the numbers that pg_attribute has for them: {1,3}.
SELECT k.conkey
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :name AND k.contype = 'p'
