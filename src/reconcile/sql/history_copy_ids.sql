-- The COPYs that read a key with the prefix.
SELECT query_id FROM pg_catalog.sys_load_detail WHERE :begins
UNION
SELECT query_id FROM pg_catalog.sys_load_error_detail WHERE :begins
