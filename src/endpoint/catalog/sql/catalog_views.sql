-- Tables and columns, as Redshift's views show them.
CREATE OR REPLACE FUNCTION pg_internal.default_encoding(type oid, raw boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN raw OR type IN (16, 700, 701) THEN 'none'         -- boolean, real, double precision
              WHEN type IN (20, 21, 23, 1700, 1082, 1083, 1266, 1114, 1184) THEN 'az64'  -- integers, numeric, times
              ELSE 'lzo' END
$$;

-- What an identity column shows as its default; NULL: it is none.
CREATE OR REPLACE FUNCTION pg_internal.identity_default(relation oid, number smallint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s(%s, %s, ''%s,%s''::text)', CASE a.attidentity WHEN 'd' THEN 'default_identity' ELSE '"identity"' END,
                a.attrelid, a.attnum - 1, s.seqstart, s.seqincrement)
    FROM pg_attribute a
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                        AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
    JOIN pg_sequence s ON s.seqrelid = d.objid
   WHERE a.attrelid = relation AND a.attnum = number AND a.attidentity <> ''
$$;

-- A row for each column of a table that a client can have made or sees beside its own. Partitioned by names, too: so
-- that a condition on them is met before the whole catalog has been numbered.
CREATE OR REPLACE VIEW pg_internal.columns AS
SELECT c.oid AS relation, n.nspname AS schema_name, c.relname AS table_name, c.relkind, a.attname AS column_name,
       a.attnum AS number, row_number() OVER (PARTITION BY n.nspname, c.relname, c.oid ORDER BY a.attnum)::integer AS ordinal_position,
       a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod) AS type, format_type(a.atttypid, NULL) AS data_type,
       a.attnotnull AS not_null,
       CASE WHEN a.attidentity <> '' THEN pg_internal.identity_default(a.attrelid, a.attnum)
            ELSE pg_get_expr(d.adbin, d.adrelid) END AS default_expression,
       coalesce(k.encoding,
                pg_internal.default_encoding(a.atttypid, c.relpersistence = 't' OR coalesce(a.attnum = ANY (t.sortkeys), false)))
         AS encoding,
       k.encoding IS NOT NULL AS explicitly_encoded,
       coalesce(a.attnum = t.distkey, false) AS distkey,
       coalesce(array_position(t.sortkeys, a.attnum), 0)
         * CASE WHEN t.sortstyle = 'INTERLEAVED' AND array_position(t.sortkeys, a.attnum) % 2 = 1 THEN -1 ELSE 1 END
         AS sortkey,
       col_description(c.oid, a.attnum) AS remarks
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN pg_internal.table_attributes t ON t.relation = c.oid
  LEFT JOIN pg_internal.column_attributes k ON k.relation = c.oid AND k.number = a.attnum
 WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT IN ('pg_internal', 'pg_toast')
   AND has_column_privilege(c.oid, a.attnum, 'SELECT, INSERT, UPDATE, REFERENCES');

CREATE OR REPLACE VIEW pg_catalog.pg_table_def AS
SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column", type, encoding::char(32) AS encoding,
       distkey, sortkey, not_null AS "notnull"
  FROM pg_internal.columns
 WHERE relkind = 'r' AND schema_name = ANY (current_schemas(true))
 ORDER BY relation, number;

CREATE OR REPLACE VIEW pg_catalog.svv_columns AS
SELECT current_database()::text AS table_catalog, schema_name::text AS table_schema, table_name::text AS table_name,
       column_name::text AS column_name, ordinal_position, default_expression AS column_default,
       CASE WHEN not_null THEN 'NO' ELSE 'YES' END AS is_nullable, data_type,
       information_schema._pg_char_max_length(atttypid, atttypmod)::integer AS character_maximum_length,
       information_schema._pg_numeric_precision(atttypid, atttypmod)::integer AS numeric_precision,
       information_schema._pg_numeric_precision_radix(atttypid, atttypmod)::integer AS numeric_precision_radix,
       information_schema._pg_numeric_scale(atttypid, atttypmod)::integer AS numeric_scale,
       information_schema._pg_datetime_precision(atttypid, atttypmod)::integer AS datetime_precision,
       NULL::text AS interval_type, NULL::text AS interval_precision, NULL::text AS character_set_catalog,
       NULL::text AS character_set_schema, NULL::text AS character_set_name, NULL::text AS collation_catalog,
       NULL::text AS collation_schema, NULL::text AS collation_name, NULL::text AS domain_name, remarks
  FROM pg_internal.columns;

CREATE OR REPLACE VIEW pg_catalog.svv_redshift_columns AS
SELECT current_database()::varchar(128) AS database_name, schema_name::varchar(128) AS schema_name,
       table_name::varchar(128) AS table_name, column_name::varchar(128) AS column_name, ordinal_position,
       type::varchar(32) AS data_type, default_expression::varchar(4000) AS column_default,
       (CASE WHEN not_null THEN 'NO' ELSE 'YES' END)::varchar(3) AS is_nullable, encoding::varchar(128) AS encoding,
       distkey, sortkey, NULL::varchar(128) AS column_acl, remarks::varchar(256) AS remarks
  FROM pg_internal.columns;

CREATE OR REPLACE VIEW pg_catalog.svv_all_columns AS
SELECT table_catalog::varchar(128) AS database_name, table_schema::varchar(128) AS schema_name,
       table_name::varchar(128) AS table_name, column_name::varchar(128) AS column_name, ordinal_position,
       column_default::varchar(4000) AS column_default, is_nullable::varchar(3) AS is_nullable,
       data_type::varchar(128) AS data_type, character_maximum_length, numeric_precision, numeric_scale,
       remarks::varchar(256) AS remarks
  FROM pg_catalog.svv_columns;

CREATE OR REPLACE VIEW pg_internal.tables AS
SELECT c.oid AS relation, n.nspname AS schema_name, c.relname AS table_name, c.relkind, c.relowner, c.relacl,
       obj_description(c.oid, 'pg_class') AS remarks
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT IN ('pg_internal', 'pg_toast')
   AND (has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'));

CREATE OR REPLACE VIEW pg_catalog.svv_tables AS
SELECT current_database()::text AS table_catalog, schema_name::text AS table_schema, table_name::text AS table_name,
       CASE WHEN relkind IN ('v', 'm') THEN 'VIEW' WHEN schema_name LIKE 'pg\_temp%' THEN 'LOCAL TEMPORARY'
            ELSE 'BASE TABLE' END AS table_type,
       remarks
  FROM pg_internal.tables;

CREATE OR REPLACE VIEW pg_catalog.svv_redshift_tables AS
SELECT current_database()::varchar(128) AS database_name, schema_name::varchar(128) AS schema_name,
       table_name::varchar(128) AS table_name,
       (CASE WHEN relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END)::varchar(128) AS table_type,
       array_to_string(relacl, '~')::varchar(128) AS table_acl, remarks::varchar(128) AS remarks,
       pg_get_userbyid(relowner)::varchar(128) AS table_owner
  FROM pg_internal.tables;

CREATE OR REPLACE VIEW pg_catalog.svv_all_tables AS
SELECT database_name, schema_name, table_name, table_type, table_acl, remarks FROM pg_catalog.svv_redshift_tables;

CREATE OR REPLACE VIEW pg_catalog.svv_redshift_schemas AS
SELECT current_database()::varchar(128) AS database_name, nspname::varchar(128) AS schema_name,
       nspowner::integer AS schema_owner, 'local'::varchar(128) AS schema_type,
       array_to_string(nspacl, '~')::varchar(128) AS schema_acl, NULL::varchar(128) AS schema_option
  FROM pg_namespace
 WHERE nspname NOT IN ('pg_internal', 'pg_toast') AND nspname !~ '^pg_(toast_)?temp_'
   AND has_schema_privilege(oid, 'USAGE, CREATE');

CREATE OR REPLACE VIEW pg_catalog.svv_all_schemas AS
SELECT database_name, schema_name, schema_owner, schema_type, schema_acl, NULL::varchar(128) AS source_database,
       schema_option
  FROM pg_catalog.svv_redshift_schemas;

-- There are no external schemas here.
CREATE OR REPLACE VIEW pg_catalog.svv_external_schemas AS
SELECT NULL::oid AS esoid, NULL::smallint AS eskind, NULL::name AS schemaname, NULL::integer AS esowner,
       NULL::text AS databasename, NULL::text AS esoptions
 WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_tables AS
SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS tabletype,
       NULL::text AS location, NULL::text AS input_format, NULL::text AS output_format,
       NULL::text AS serialization_lib, NULL::text AS serde_parameters, NULL::integer AS compressed,
       NULL::text AS parameters
 WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_columns AS
SELECT NULL::text AS redshift_database_name, NULL::text AS schemaname, NULL::text AS tablename,
       NULL::text AS columnname, NULL::text AS external_type, NULL::integer AS columnnum, NULL::integer AS part_key,
       NULL::text AS is_nullable
 WHERE false;

-- Counted when asked, in the caller's own snapshot: the sizes of local tables allow it, and an estimate would lie.
CREATE OR REPLACE FUNCTION pg_internal.row_count(relation oid) RETURNS numeric
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rows numeric;
BEGIN
  EXECUTE format('SELECT count(*) FROM ONLY %s', relation::regclass) INTO rows;
  RETURN rows;
END $$;

-- What PostgreSQL knows no counterpart of is NULL: pct_used, unsorted, skew_sortkey1, vacuum_sort_benefit.
CREATE OR REPLACE VIEW pg_catalog.svv_table_info AS
SELECT current_database()::text AS database, t.schema_name::text AS schema, t.relation AS table_id,
       t.table_name::text AS "table",
       CASE WHEN k.explicit THEN CASE WHEN k.encoded THEN 'Y' ELSE 'N' END ELSE 'Y, AUTO(ENCODE)' END AS encoded,
       CASE a.diststyle WHEN 'KEY' THEN format('KEY(%s)', k.distkey) WHEN 'EVEN' THEN 'EVEN' WHEN 'ALL' THEN 'ALL'
            ELSE 'AUTO(ALL)' END AS diststyle,
       CASE a.sortstyle WHEN 'INTERLEAVED' THEN 'INTERLEAVED' WHEN 'COMPOUND' THEN k.sortkey1 WHEN 'NONE' THEN NULL
            ELSE 'AUTO(SORTKEY)' END
         AS sortkey1,
       k.max_varchar, k.sortkey1_enc::char(32) AS sortkey1_enc, coalesce(cardinality(a.sortkeys), 0) AS sortkey_num,
       ceil(pg_total_relation_size(t.relation) / 1048576.0)::bigint AS size, NULL::numeric(10, 4) AS pct_used,
       0::bigint AS empty, NULL::numeric(5, 2) AS unsorted,
       (CASE WHEN c.reltuples < 0 THEN 100
             ELSE least(100, 100 * abs(r.rows - c.reltuples::numeric) / r.rows) END)::numeric(5, 2) AS stats_off,
       r.rows::numeric(38, 0) AS tbl_rows, NULL::numeric(19, 2) AS skew_sortkey1, 1::numeric(19, 2) AS skew_rows,
       r.rows::numeric(38, 0) AS estimated_visible_rows, NULL::text AS risk_event,
       NULL::numeric(12, 2) AS vacuum_sort_benefit, a.created_at AS create_time
  FROM pg_internal.tables t
  JOIN pg_class c ON c.oid = t.relation
  LEFT JOIN pg_internal.table_attributes a ON a.relation = t.relation
 CROSS JOIN LATERAL (SELECT CASE WHEN pg_relation_size(t.relation) > 0 THEN pg_internal.row_count(t.relation) ELSE 0 END) r(rows)
 CROSS JOIN LATERAL (SELECT coalesce(bool_or(explicitly_encoded), false) AS explicit,
                            coalesce(bool_or(encoding <> 'none'), false) AS encoded,
                            max(column_name) FILTER (WHERE distkey) AS distkey,
                            max(column_name) FILTER (WHERE abs(sortkey) = 1)::text AS sortkey1,
                            max(encoding) FILTER (WHERE abs(sortkey) = 1) AS sortkey1_enc,
                            coalesce(max(atttypmod - 4) FILTER (WHERE atttypid = 1043 AND atttypmod > 0), 0) AS max_varchar
                       FROM pg_internal.columns k WHERE k.relation = t.relation) k
 WHERE t.relkind = 'r' AND t.schema_name NOT IN ('pg_catalog', 'information_schema') AND r.rows > 0;

-- Sessions and locks, which PostgreSQL shows whole only to its own monitors.
CREATE OR REPLACE FUNCTION pg_internal.sessions()
RETURNS TABLE (started timestamp, process integer, user_name text, database_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT backend_start AT TIME ZONE 'UTC', pid, usename::text, datname::text
    FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
   WHERE backend_type = 'client backend' AND NOT rolsuper
$$;
CREATE OR REPLACE VIEW pg_catalog.stv_sessions AS
SELECT started AS starttime, process, user_name::char(50) AS user_name, database_name::char(50) AS db_name,
       0 AS timeout_sec
  FROM pg_internal.sessions();

CREATE OR REPLACE FUNCTION pg_internal.locks()
RETURNS TABLE (owner text, database_name text, xid bigint, pid integer, started timestamp, mode text, type text,
               relation integer, granted boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.usename::text, a.datname::text, t.xid, l.pid, coalesce(t.started, a.xact_start AT TIME ZONE 'UTC'), l.mode,
         l.locktype, l.relation::integer, l.granted
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_roles r ON r.oid = a.usesysid
    LEFT JOIN pg_internal.transactions_now() t ON t.pid = l.pid
   WHERE l.locktype IN ('relation', 'transactionid') AND NOT rolsuper AND a.backend_type = 'client backend'
     AND (l.database IS NULL OR l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
$$;
CREATE OR REPLACE VIEW pg_catalog.svv_transactions AS
SELECT owner AS txn_owner, database_name AS txn_db, xid, pid, started AS txn_start, mode AS lock_mode,
       type AS lockable_object_type, relation, granted
  FROM pg_internal.locks()
 WHERE pg_internal.restricted_reader() IS NULL OR owner = session_user;

GRANT SELECT ON pg_catalog.pg_table_def, pg_catalog.svv_columns, pg_catalog.svv_redshift_columns,
  pg_catalog.svv_all_columns, pg_catalog.svv_tables, pg_catalog.svv_redshift_tables, pg_catalog.svv_all_tables,
  pg_catalog.svv_redshift_schemas, pg_catalog.svv_all_schemas, pg_catalog.svv_external_schemas,
  pg_catalog.svv_external_tables, pg_catalog.svv_external_columns, pg_catalog.svv_table_info, pg_catalog.stv_sessions,
  pg_catalog.svv_transactions TO PUBLIC;
