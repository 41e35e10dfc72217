-- As history_copy_ids.sql.
SELECT query FROM pg_catalog.stl_load_commits WHERE :begins
UNION
SELECT query FROM pg_catalog.stl_load_errors WHERE :begins
