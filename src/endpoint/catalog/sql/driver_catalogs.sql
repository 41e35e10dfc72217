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
  LEFT JOIN pg_internal.column_attributes k ON k.relation = a.attrelid AND k.number = a.attnum;

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

-- usecatupd was PostgreSQL's, too, when Redshift began.
CREATE OR REPLACE VIEW pg_catalog.pg_user AS
SELECT rolname AS usename, oid AS usesysid, rolcreatedb AS usecreatedb, rolsuper AS usesuper,
       rolreplication AS userepl, rolbypassrls AS usebypassrls, '********'::text AS passwd, rolvaliduntil AS valuntil,
       rolconfig AS useconfig, rolsuper AS usecatupd
  FROM pg_roles WHERE rolcanlogin;
CREATE OR REPLACE VIEW pg_catalog.pg_user_info AS
SELECT usename, usesysid, usecreatedb, usesuper, usecatupd, passwd, valuntil, useconfig FROM pg_user;
CREATE OR REPLACE VIEW pg_catalog.pg_database_info AS SELECT * FROM pg_database;

-- Views without schema binding are bound here: there are none to tell of.
CREATE OR REPLACE FUNCTION pg_catalog.pg_get_late_binding_view_cols() RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  RETURN;
END $$;
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
  pg_catalog.pg_user_info, pg_catalog.pg_database_info TO PUBLIC;
