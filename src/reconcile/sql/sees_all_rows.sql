-- 1: the user is a superuser, and is shown everybody's rows.
SELECT count(*) FROM pg_catalog.pg_user WHERE usename = current_user AND usesuper
