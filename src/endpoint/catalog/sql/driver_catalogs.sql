-- PostgreSQL's catalogs with the columns that Redshift's have besides, which drivers and tools ask for. The endpoint
-- writes redshift_pg_class where a client writes pg_class.
CREATE OR REPLACE VIEW pg_catalog.redshift_pg_class AS
SELECT c.tableoid, c.ctid, c.xmin, c.*, false AS relhasoids,
       (CASE t.diststyle WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8
                         ELSE CASE WHEN c.relkind = 'r' THEN 9 ELSE 0 END END)::smallint AS reldiststyle
  FROM pg_class c LEFT JOIN pg_internal.table_attributes t ON t.relation = c.oid
 WHERE c.relkind <> 'S';  -- those of identity columns, which Redshift has none of

-- An encoding is the number of its place here.
CREATE OR REPLACE FUNCTION pg_internal.encodings() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['none', 'az64', 'bytedict', 'delta', 'delta32k', 'lzo', 'mostly8', 'mostly16', 'mostly32', 'runlength',
             'text255', 'text32k', 'zstd'];
CREATE OR REPLACE FUNCTION pg_catalog.format_encoding(encoding integer) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN (pg_internal.encodings())[encoding + 1];

CREATE OR REPLACE VIEW pg_catalog.redshift_pg_attribute AS
SELECT a.tableoid, a.ctid, a.xmin, a.*, coalesce(a.attnum = t.distkey, false) AS attisdistkey,
       (coalesce(array_position(t.sortkeys, a.attnum), 0)
        * CASE WHEN t.sortstyle = 'INTERLEAVED' AND array_position(t.sortkeys, a.attnum) % 2 = 1 THEN -1 ELSE 1 END)
         AS attsortkeyord,
       CASE WHEN t.relation IS NULL OR a.attnum < 1 THEN 0
            ELSE array_position(pg_internal.encodings(),
                                coalesce(k.encoding,
                                         pg_internal.default_encoding(a.atttypid,
                                                                      coalesce(a.attnum = ANY (t.sortkeys), false)))) - 1
            END AS attencodingtype
  FROM pg_attribute a
  LEFT JOIN pg_internal.table_attributes t ON t.relation = a.attrelid
  LEFT JOIN pg_internal.column_attributes k ON k.relation = a.attrelid AND k.number = a.attnum
 WHERE NOT EXISTS (SELECT FROM pg_internal.late_views l WHERE l.view = a.attrelid);

-- An identity is a default, of a function that there is not.
CREATE OR REPLACE VIEW pg_catalog.redshift_pg_attrdef AS
SELECT d.tableoid, d.ctid, d.xmin, d.*, pg_get_expr(d.adbin, d.adrelid) AS adsrc FROM pg_attrdef d
UNION ALL
SELECT NULL, NULL, NULL, NULL, attrelid, attnum, NULL, pg_internal.identity_default(attrelid, attnum)
  FROM pg_attribute WHERE attidentity <> '';

CREATE OR REPLACE VIEW pg_catalog.redshift_pg_proc AS
SELECT p.tableoid, p.ctid, p.xmin, p.*, p.prokind = 'a' AS proisagg, p.prokind = 'w' AS proiswindow FROM pg_proc p;

CREATE OR REPLACE VIEW pg_catalog.pg_proc_info AS
SELECT oid AS prooid, proname, pronamespace, proowner, prolang, prokind = 'a' AS proisagg, prosecdef, proisstrict,
       proretset, provolatile, pronargs, prorettype, proargtypes, proargnames, prosrc, probin, proacl, proallargtypes,
       proargmodes, prokind
  FROM pg_proc;

CREATE OR REPLACE VIEW pg_catalog.pg_class_info AS
SELECT c.oid AS reloid, c.relname, c.relnamespace, c.reltype, c.relowner, c.relam, c.relfilenode, c.reltablespace,
       c.relpages, c.reltuples, c.reltoastrelid, c.relhasindex, c.relisshared, c.relkind, c.relnatts, c.relchecks,
       c.relhasrules, c.relhastriggers, c.relhassubclass, c.relacl, c.reldiststyle, t.created_at AS relcreationtime,
       (CASE WHEN c.reldiststyle = 9 THEN 10 ELSE c.reldiststyle END)::integer AS releffectivediststyle
  FROM pg_catalog.redshift_pg_class c LEFT JOIN pg_internal.table_attributes t ON t.relation = c.oid;
CREATE OR REPLACE VIEW pg_catalog.pg_attribute_info AS SELECT * FROM pg_catalog.redshift_pg_attribute;

CREATE OR REPLACE VIEW pg_catalog.pg_database_info AS SELECT * FROM pg_database;

CREATE OR REPLACE FUNCTION pg_catalog.pg_get_cols(relation text) RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN QUERY
  SELECT n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)::varchar, a.attnum::integer
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.oid = relation::pg_catalog.regclass
   ORDER BY a.attnum;
END $$;

GRANT SELECT ON pg_catalog.redshift_pg_class, pg_catalog.redshift_pg_attribute, pg_catalog.redshift_pg_attrdef,
  pg_catalog.redshift_pg_proc, pg_catalog.pg_proc_info, pg_catalog.pg_class_info, pg_catalog.pg_attribute_info,
  pg_catalog.pg_database_info TO PUBLIC;

-- What JDBC's getProcedureColumns() asks for, in a way that only Redshift takes: a row for each result and parameter.
CREATE OR REPLACE FUNCTION pg_internal.jdbc_type(type_name text) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE type_name
  WHEN 'text' THEN 12 WHEN 'character varying' THEN 12 WHEN 'name' THEN 12 WHEN 'character' THEN 1 WHEN '"char"' THEN 1
  WHEN 'boolean' THEN -7 WHEN 'smallint' THEN 5 WHEN 'integer' THEN 4 WHEN 'bigint' THEN -5 WHEN 'oid' THEN -5
  WHEN 'real' THEN 7 WHEN 'double precision' THEN 6 WHEN 'numeric' THEN 2 WHEN 'date' THEN 91
  WHEN 'time without time zone' THEN 92 WHEN 'time with time zone' THEN 2013
  WHEN 'timestamp without time zone' THEN 93 WHEN 'timestamp with time zone' THEN 2014 WHEN 'bytea' THEN -2
  ELSE CASE WHEN type_name LIKE '%[]' THEN 2003 ELSE 1111 END END::smallint;
CREATE OR REPLACE VIEW pg_catalog.penstock_procedure_columns AS
SELECT current_database() AS procedure_cat, n.nspname AS procedure_schem, p.proname AS procedure_name,
       coalesce(a.name, '')::varchar(256) AS column_name,
       (CASE WHEN a.place = 0 THEN CASE WHEN p.proretset THEN 3 ELSE 0 END
             ELSE CASE a.mode WHEN 'b' THEN 2 WHEN 'o' THEN 4 WHEN 't' THEN 3 ELSE 1 END END)::smallint AS column_type,
       pg_internal.jdbc_type(format_type(a.type, NULL)) AS data_type, format_type(a.type, NULL) AS type_name,
       CASE a.type WHEN 16 THEN 1 WHEN 20 THEN 19 WHEN 21 THEN 5 WHEN 23 THEN 10 WHEN 700 THEN 24 WHEN 701 THEN 53
                   WHEN 1082 THEN 10 WHEN 1700 THEN 38 WHEN 1114 THEN 6 WHEN 1184 THEN 35 ELSE 2147483647 END AS "precision",
       CASE a.type WHEN 16 THEN 1 WHEN 20 THEN 20 WHEN 21 THEN 2 WHEN 23 THEN 4 WHEN 700 THEN 4 WHEN 701 THEN 8
                   WHEN 1082 THEN 6 WHEN 1700 THEN 8 WHEN 1114 THEN 6 WHEN 1184 THEN 6 END AS length,
       (CASE a.type WHEN 700 THEN 8 WHEN 701 THEN 17 WHEN 1114 THEN 6 WHEN 1184 THEN 6 WHEN 20 THEN 0 WHEN 21 THEN 0
                    WHEN 23 THEN 0 END)::smallint AS scale,
       10 AS radix, 2::smallint AS nullable, ''::varchar(256) AS remarks, NULL::text AS column_def,
       pg_internal.jdbc_type(format_type(a.type, NULL)) AS sql_data_type, NULL::smallint AS sql_datetime_sub,
       NULL::smallint AS char_octet_length, a.place::smallint AS ordinal_position, ''::varchar(256) AS is_nullable,
       p.proname || '_' || p.oid AS specific_name
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
 CROSS JOIN LATERAL (
       SELECT 0 AS place, NULL::text AS name, NULL::"char" AS mode, p.prorettype AS type
        WHERE p.prorettype <> 'void'::regtype
       UNION ALL
       SELECT t.place, p.proargnames[t.place], p.proargmodes[t.place], t.type
         FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY t(type, place)) a;
GRANT SELECT ON pg_catalog.penstock_procedure_columns TO PUBLIC;
