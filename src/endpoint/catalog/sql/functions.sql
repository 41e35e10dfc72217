-- PostgreSQL's own version() is built in and can't be dropped; this text takes its place wherever it is called.
CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), '
         'Redshift 1.0.436200'::text
$$;

-- The name that a query uses and no table of it has: whether it is an alias then is for the endpoint to see. NULL: all
-- are there, or something else is wrong with it.
CREATE OR REPLACE FUNCTION pg_catalog.penstock_column_missing_in(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  message text;
BEGIN
  EXECUTE 'PREPARE penstock_asked AS ' || query;
  DEALLOCATE penstock_asked;
  RETURN NULL;
EXCEPTION
  WHEN undefined_column THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
    RETURN substring(message FROM '^column "(.*)" does not exist$');
  WHEN OTHERS THEN
    RETURN NULL;
END $$;

-- Before a DECLARE: one cursor can be open. (pg_cursors shows portals, too.)
CREATE OR REPLACE FUNCTION pg_catalog.penstock_open_cursor() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  open_one text := (SELECT c.name FROM pg_catalog.pg_cursors c WHERE c.statement ILIKE 'declare%' LIMIT 1);
BEGIN
  IF open_one IS NOT NULL THEN
    RAISE EXCEPTION 'only one cursor can be open in a session: close cursor "%" first', open_one USING ERRCODE = '0A000';
  END IF;
END $$;

-- Set by the endpoint in the client's session.
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('penstock.last_copy_id', true), '')::integer, -1)
$$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('penstock.last_copy_count', true), '')::bigint, 0)
$$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_unload_id() RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('penstock.last_unload_id', true), '')::integer, -1)
$$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('penstock.last_unload_count', true), '')::bigint, 0)
$$;
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_query_id() RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('penstock.last_query_id', true), '')::integer, -1)
$$;

CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE
RETURN date_trunc('second', statement_timestamp()::timestamp);
CREATE OR REPLACE FUNCTION pg_catalog.sysdate() RETURNS timestamp LANGUAGE sql STABLE
RETURN transaction_timestamp()::timestamp;

-- Those that Redshift writes without parentheses, and the endpoint with them.
CREATE OR REPLACE FUNCTION pg_catalog.current_user_id() RETURNS integer LANGUAGE sql STABLE
RETURN (SELECT oid::integer FROM pg_roles WHERE rolname = current_user);
CREATE OR REPLACE FUNCTION pg_catalog.current_aws_account() RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN 123456789012;
CREATE OR REPLACE FUNCTION pg_catalog.current_namespace() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
RETURN (SELECT value FROM pg_internal.settings WHERE name = 'namespace');
INSERT INTO pg_internal.settings VALUES ('namespace', gen_random_uuid()::text) ON CONFLICT (name) DO NOTHING;

CREATE OR REPLACE FUNCTION pg_catalog.default_iam_role() RETURNS text LANGUAGE sql IMMUTABLE RETURN 'none';
-- Roles are not looked up here: whoever may log in may name any.
CREATE OR REPLACE FUNCTION pg_catalog.has_assumerole_privilege(user_ name, role text, command text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT RETURN true;
CREATE OR REPLACE FUNCTION pg_catalog.has_assumerole_privilege(role text, command text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT RETURN true;
-- One slice has all rows.
CREATE OR REPLACE FUNCTION pg_catalog.slice_num() RETURNS integer LANGUAGE sql IMMUTABLE RETURN 0;
