-- What a schema has under a name: r is a table. \set schema '''public''' and \set name '''t''' try it in psql.
SELECT c.relkind
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :name AND c.relkind NOT IN ('i', 'I', 't', 'S')
