-- What all the rest stands on. Run by a superuser, in one transaction, again whenever any of these files has changed:
-- everything here can be repeated.
SET LOCAL client_min_messages = warning;
SET LOCAL allow_system_table_mods = on;

CREATE SCHEMA IF NOT EXISTS pg_internal;
REVOKE ALL ON SCHEMA pg_internal FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA pg_internal;

-- conninfo: how a session reaches this database beside its own transaction; admin: the first user
CREATE TABLE IF NOT EXISTS pg_internal.settings (
  name text PRIMARY KEY,
  value text NOT NULL
);

CREATE SEQUENCE IF NOT EXISTS pg_internal.query_ids START 100;
CREATE SEQUENCE IF NOT EXISTS pg_internal.transaction_ids START 1000;

-- Large objects and the server's files are none of Redshift's.
DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
                                     AND (proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite')) LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
END $$;
