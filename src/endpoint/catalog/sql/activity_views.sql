-- What happens, and what happened, as views of the history and of PostgreSQL's own knowledge.
CREATE OR REPLACE VIEW pg_catalog.svl_qlog AS
SELECT userid, query, xid, pid, starttime, endtime,
       (postgresql_date_part('epoch', endtime - starttime) * 1000000)::bigint AS elapsed, aborted, label,
       substr(querytxt::text, 1, 60)::char(60) AS substring, NULL::integer AS source_query, concurrency_scaling_status
  FROM pg_catalog.stl_query;

-- ALTER DATABASE … ISOLATION LEVEL leaves it in the database's settings.
CREATE OR REPLACE FUNCTION pg_internal.isolation_level() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN EXISTS (
  SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
   WHERE d.datname = current_database() AND s.setrole = 0 AND 'default_transaction_isolation=serializable' = ANY (setconfig)
) THEN 'Serializable' ELSE 'Snapshot Isolation' END;
CREATE OR REPLACE VIEW pg_catalog.stv_db_isolation_level AS
SELECT current_database()::char(128) AS db_name, pg_internal.isolation_level()::char(20) AS isolation_level;

-- A transaction is one that ended: by COMMIT or ROLLBACK, a client's or that of its statement.
CREATE OR REPLACE VIEW pg_catalog.sys_transaction_history AS
SELECT e.user_id, e.transaction_id, pg_internal.isolation_level() AS isolation_level,
       CASE e.query_text WHEN 'COMMIT' THEN 'committed' ELSE 'rolledback' END AS status,
       (SELECT min(q.start_time) FROM pg_catalog.sys_query_history q WHERE q.transaction_id = e.transaction_id)
         AS transaction_start_time,
       CASE e.query_text WHEN 'COMMIT' THEN e.start_time ELSE timestamp '2000-01-01' END AS commit_start_time,
       e.end_time AS commit_end_time, NULL::bigint AS blocks_committed, -1::bigint AS undo_transaction_id
  FROM pg_catalog.sys_query_history e
 WHERE e.query_type = 'UTILITY' AND e.query_text IN ('COMMIT', 'ROLLBACK') AND e.status = 'success';

CREATE OR REPLACE VIEW pg_catalog.stv_recents AS
SELECT userid, status::char(20) AS status, starttime,
       (postgresql_date_part('epoch', clock_timestamp() AT TIME ZONE 'UTC' - starttime) * 1000000)::integer AS duration,
       user_name::char(50) AS user_name, db_name::char(50) AS db_name, query::char(600) AS query, pid
  FROM pg_internal.read_stv_recents()
UNION ALL
SELECT userid, 'Done'::char(20), starttime,
       least(postgresql_date_part('epoch', endtime - starttime) * 1000000, 2147483647)::integer,
       pg_get_userbyid(userid::oid)::char(50), database::char(50), substr(querytxt::text, 1, 600)::char(600), -1
  FROM pg_catalog.stl_query;

DROP FUNCTION IF EXISTS pg_internal.running();

CREATE OR REPLACE VIEW pg_catalog.stv_slices AS SELECT 0 AS node, 0 AS slice, 0 AS localslice, 'D'::char(1) AS type;

CREATE OR REPLACE VIEW pg_catalog.stv_locks AS
SELECT relation::bigint AS table_id, NULL::timestamp AS last_commit, NULL::timestamp AS last_update, xid AS lock_owner,
       pid::bigint AS lock_owner_pid, started AS lock_owner_start_ts, NULL::timestamp AS lock_owner_end_ts,
       (CASE WHEN granted THEN 'Holding write lock' ELSE 'Waiting' END)::char(22) AS lock_status
  FROM pg_internal.locks()
 WHERE type = 'relation' AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
   AND relation >= 16384;

CREATE OR REPLACE VIEW pg_catalog.stv_tbl_perm AS
SELECT 0 AS slice, t.relation::integer AS id, t.table_name::char(72) AS name, r.rows::bigint AS rows,
       NULL::bigint AS sorted_rows, (t.schema_name LIKE 'pg\_temp%')::integer AS temp,
       (SELECT oid::integer FROM pg_database WHERE datname = current_database()) AS db_id, 0 AS insert_pristine,
       0 AS delete_pristine, coalesce(a.backup, true)::integer AS backup,
       CASE a.diststyle WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 9 END AS dist_style,
       ceil(pg_total_relation_size(t.relation) / 1048576.0)::integer AS block_count
  FROM pg_internal.tables t
  LEFT JOIN pg_internal.table_attributes a ON a.relation = t.relation
 CROSS JOIN LATERAL (SELECT pg_internal.row_count(t.relation)) r(rows)
 WHERE t.relkind = 'r' AND t.schema_name NOT IN ('pg_catalog', 'information_schema');

CREATE OR REPLACE VIEW pg_catalog.svv_redshift_databases AS
SELECT datname::varchar(128) AS database_name, datdba::integer AS database_owner, 'local'::varchar(32) AS database_type,
       array_to_string(datacl, '~')::varchar(128) AS database_acl, NULL::varchar(128) AS database_options,
       pg_internal.isolation_level()::varchar(128) AS database_isolation_level
  FROM pg_database WHERE datname = current_database();

-- There are no jobs of COPY, and nothing external.
CREATE OR REPLACE VIEW pg_catalog.sys_copy_job AS
SELECT NULL::bigint AS job_id, NULL::char(128) AS job_name, NULL::char(128) AS iam_role, NULL::char(256) AS job_text,
       NULL::integer AS is_auto, NULL::integer AS on_error_suspend
 WHERE false;
CREATE OR REPLACE VIEW pg_catalog.svv_external_partitions AS
SELECT NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS "values", NULL::text AS location,
       NULL::text AS input_format, NULL::text AS output_format, NULL::text AS serialization_lib,
       NULL::text AS serde_parameters, NULL::integer AS compressed, NULL::text AS parameters
 WHERE false;

GRANT SELECT ON pg_catalog.stv_db_isolation_level, pg_catalog.svl_qlog, pg_catalog.stv_recents, pg_catalog.stv_slices,
  pg_catalog.svv_redshift_databases, pg_catalog.sys_copy_job, pg_catalog.svv_external_partitions TO PUBLIC;

-- What SHOW TABLES, SHOW COLUMNS and SHOW TABLE tell.
CREATE OR REPLACE VIEW pg_catalog.penstock_show_tables AS
SELECT current_database()::varchar(128) AS database_name, t.schema_name::varchar(128) AS schema_name,
       t.table_name::varchar(128) AS table_name,
       (CASE WHEN t.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END)::varchar(128) AS table_type,
       t.remarks::varchar(128) AS remarks, pg_get_userbyid(t.relowner)::varchar(128) AS owner,
       NULL::timestamp AS last_altered_time, NULL::timestamp AS last_modified_time,
       (CASE WHEN t.relkind = 'r' THEN CASE a.diststyle WHEN 'KEY' THEN 'KEY' WHEN 'EVEN' THEN 'EVEN'
                                                        WHEN 'ALL' THEN 'ALL' ELSE 'AUTO(ALL)' END END)::varchar(128)
         AS dist_style,
       (CASE t.relkind WHEN 'v' THEN 'REGULAR VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'REGULAR TABLE' END)
         ::varchar(128) AS table_subtype
  FROM pg_internal.tables t LEFT JOIN pg_internal.table_attributes a ON a.relation = t.relation;

CREATE OR REPLACE VIEW pg_catalog.penstock_show_columns AS
SELECT current_database()::varchar(128) AS database_name, k.schema_name::varchar(128) AS schema_name,
       k.table_name::varchar(128) AS table_name, k.column_name::varchar(128) AS column_name, k.ordinal_position,
       k.default_expression::varchar(4000) AS column_default,
       (CASE WHEN k.not_null THEN 'NO' ELSE 'YES' END)::varchar(3) AS is_nullable, k.data_type::varchar(128) AS data_type,
       information_schema._pg_char_max_length(k.atttypid, k.atttypmod)::integer AS character_maximum_length,
       information_schema._pg_numeric_precision(k.atttypid, k.atttypmod)::integer AS numeric_precision,
       information_schema._pg_numeric_scale(k.atttypid, k.atttypmod)::integer AS numeric_scale,
       k.remarks::varchar(256) AS remarks,
       (CASE WHEN k.sortkey <> 0 THEN a.sortstyle END)::varchar(32) AS sort_key_type, k.sortkey AS sort_key,
       k.distkey::integer AS dist_key, k.encoding::varchar(128) AS encoding, NULL::varchar(128) AS collation
  FROM pg_internal.columns k LEFT JOIN pg_internal.table_attributes a ON a.relation = k.relation;

CREATE OR REPLACE FUNCTION pg_catalog.penstock_table_script(table_id regclass) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  script text;
  keys text;
  attributes record;
BEGIN
  IF NOT has_table_privilege(session_user, table_id, 'SELECT') THEN
    RAISE EXCEPTION 'permission denied for table %', table_id USING ERRCODE = '42501';
  ELSIF (SELECT relkind FROM pg_class WHERE oid = table_id) <> 'r' THEN
    RAISE EXCEPTION '% is not a table', table_id USING ERRCODE = '42809';
  END IF;
  SELECT string_agg(format('    %s %s', quote_ident(column_name), type)
                    || CASE WHEN default_expression LIKE '"identity"(%'
                            THEN format(' identity(%s)', split_part(default_expression, '''', 2))
                            WHEN default_expression LIKE 'default_identity(%'
                            THEN format(' default_identity(%s)', split_part(default_expression, '''', 2))
                            WHEN default_expression IS NOT NULL THEN ' DEFAULT ' || default_expression ELSE '' END
                    || CASE WHEN not_null THEN ' NOT NULL' ELSE '' END
                    || format(' ENCODE %s', CASE encoding WHEN 'none' THEN 'raw' ELSE encoding END)
                    || CASE WHEN distkey THEN ' distkey' ELSE '' END, E',\n' ORDER BY number)
    INTO script FROM pg_internal.columns WHERE relation = table_id;
  SELECT string_agg(E',\n    ' || pg_get_constraintdef(oid), '' ORDER BY contype DESC, conname) INTO keys
    FROM pg_constraint WHERE conrelid = table_id AND contype IN ('p', 'u', 'f');
  SELECT * INTO attributes FROM pg_internal.table_attributes WHERE relation = table_id;
  SELECT format(E'CREATE TABLE %I.%I (\n%s%s\n)\nDISTSTYLE %s', n.nspname, c.relname, script, coalesce(keys, ''),
                coalesce(attributes.diststyle, 'AUTO')) INTO script
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = table_id;
  IF cardinality(attributes.sortkeys) > 0 THEN
    script := script || E'\n' || CASE attributes.sortstyle WHEN 'INTERLEAVED' THEN 'INTERLEAVED ' ELSE '' END
              || (SELECT format('SORTKEY ( %s )', string_agg(quote_ident(attname), ', ' ORDER BY place))
                    FROM unnest(attributes.sortkeys) WITH ORDINALITY k(number, place)
                    JOIN pg_attribute ON attrelid = table_id AND attnum = k.number);
  END IF;
  RETURN script || ';';
END $$;

GRANT SELECT ON pg_catalog.penstock_show_tables, pg_catalog.penstock_show_columns TO PUBLIC;

-- Those of a superuser, who may let others see them.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['stl_tr_conflict', 'stv_locks', 'stv_tbl_perm', 'svv_table_info',
                              'sys_transaction_history'] LOOP
    EXECUTE format('REVOKE ALL ON pg_catalog.%I FROM PUBLIC', name);
    EXECUTE format('GRANT SELECT ON pg_catalog.%I TO "penstock superusers" WITH GRANT OPTION', name);
  END LOOP;
END $$;
