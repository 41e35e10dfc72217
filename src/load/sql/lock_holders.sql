-- Who holds a lock on one of our tables. Readable by everybody.
SELECT DISTINCT t.pid, t.txn_owner, t.txn_start
FROM pg_catalog.svv_transactions t
JOIN pg_catalog.pg_class c ON c.oid = t.relation
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :lock_table AND t.granted
