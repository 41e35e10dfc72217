-- A job as a person does it in psql. Variables: schema, uri, bad_uri, keys, csv_uri, parquet_uri.
\set ON_ERROR_STOP on
\set QUIET on
\pset format csv
\pset tuples_only on
SET search_path TO :schema;
CREATE TABLE places (
  id integer NOT NULL ENCODE az64,
  name varchar(20) ENCODE zstd,
  seen timestamp,
  PRIMARY KEY (id)
) DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (seen, id);
BEGIN;
COPY places FROM :'uri' :keys CSV EMPTYASNULL TIMEFORMAT 'auto';
COMMIT;
UNLOAD ($$SELECT id, name, seen FROM places WHERE name IS NULL OR name <> 'x' ORDER BY id$$) TO :'csv_uri' :keys
  CSV HEADER PARALLEL OFF;
\echo unloaded
SELECT pg_last_unload_count();
UNLOAD ('SELECT id, name, seen FROM places ORDER BY id') TO :'parquet_uri' :keys FORMAT AS PARQUET MANIFEST VERBOSE;
SELECT pg_last_unload_count();
\echo rows
SELECT id, name, seen FROM places WHERE id > 1 ORDER BY id;
\echo columns
SELECT "column", type, distkey, sortkey FROM pg_table_def WHERE schemaname = :'schema' AND tablename = 'places';
\echo tables
\dt
\echo table
\d places
\echo functions
\df getdate
\echo schemas
\dn
\set ON_ERROR_STOP off
COPY places FROM :'bad_uri' :keys CSV;
\echo refusal
\echo :LAST_ERROR_SQLSTATE :LAST_ERROR_MESSAGE
SELECT err_code FROM stl_load_errors WHERE filename = :'bad_uri';
