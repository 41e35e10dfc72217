"""What drivers and tools ask the catalog, in the ways of grammar that only Redshift takes."""

import os
import subprocess

import pytest
import redshift_connector


@pytest.fixture(scope="module")
def schema(witness):
    witness.execute("CREATE SCHEMA asked")
    witness.execute("CREATE TABLE asked.facts (id int NOT NULL DISTKEY, name varchar(20) ENCODE zstd, amount numeric(8,2)"
                    " DEFAULT 1.5, made timestamp, n bigint IDENTITY(0,1), PRIMARY KEY (id)) COMPOUND SORTKEY (made, id)")
    witness.execute("CREATE TABLE asked.plain (a int)")
    witness.execute("CREATE VIEW asked.seen AS SELECT id, name FROM asked.facts")
    witness.execute("INSERT INTO asked.facts (id, name) VALUES (1, 'x')")
    return "asked"


@pytest.fixture
def ask(witness, schema):
    def rows(query: str) -> list[tuple]:
        return witness.execute(query.encode()).fetchall()

    return rows


@pytest.fixture
def cursor(local_redshift, schema):
    env = local_redshift.environment
    with redshift_connector.connect(
            host=env["REDSHIFT_HOST"], port=int(env["REDSHIFT_PORT"]), database=env["REDSHIFT_DB"],
            user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"], ssl=False) as connection:
        yield connection.cursor()


def names(cursor) -> list[str]:
    return [column[0].decode() if isinstance(column[0], bytes) else column[0] for column in cursor.description]


# redshift_connector


def test_redshift_connector_lists_the_tables_of_a_schema(cursor):
    tables = {(row[1], row[2], row[3]) for row in cursor.get_tables(schema_pattern="asked")}
    assert tables == {("asked", "facts", "TABLE"), ("asked", "facts_pkey", "INDEX"), ("asked", "plain", "TABLE"),
                      ("asked", "seen", "VIEW")}


def test_redshift_connector_finds_a_table_by_its_name(cursor):
    found = cursor.get_tables(table_name_pattern="facts", types=["TABLE", "VIEW"])
    assert [tuple(row[:4]) for row in found] == [("dev", "asked", "facts", "TABLE")]


def test_redshift_connector_lists_the_columns_of_a_table(cursor):
    found = cursor.get_columns(tablename_pattern="facts")
    at = {name: i for i, name in enumerate(names(cursor))}
    rows = [(r[at["column_name"]], r[at["data_type"]], r[at["type_name"]], r[at["column_size"]], r[at["nullable"]],
             r[at["is_autoincrement"]], r[at["is_generatedcolumn"]]) for r in found]
    assert rows == [("id", 4, "int4", 10, 0, "NO", "NO"), ("name", 12, "varchar", 20, 1, "NO", "NO"),
                    ("amount", 2, "numeric", 8, 1, "NO", "NO"), ("made", 93, "timestamp", 29, 1, "NO", "NO"),
                    ("n", -5, "int8", 19, 0, "YES", "YES")]


def test_redshift_connector_lists_columns_of_a_schema(cursor):
    assert {row[2] for row in cursor.get_columns(schema_pattern="asked")} == {"facts", "facts_pkey", "plain", "seen"}


def test_redshift_connector_lists_keys_schemas_and_procedures(cursor):
    assert [tuple(row[:5]) for row in cursor.get_primary_keys(schema="asked", table="facts")] == [
        ("dev", "asked", "facts", "id", 1)]
    assert "asked" in {row[0] for row in cursor.get_schemas()}
    assert "getdate" in {row[2] for row in cursor.get_procedures()}


# SQLAlchemy: the select list's aliases in WHERE, WHERE 1, UNION with what is external


def test_sqlalchemy_finds_a_table_with_its_distribution(ask):
    found = ask("""
        SELECT c.relkind, n.nspname AS "schema", c.relname,
               CASE c.reldiststyle WHEN 0 THEN 'EVEN' WHEN 1 THEN 'KEY' WHEN 8 THEN 'ALL' END AS "diststyle",
               u.usename AS owner, array_to_string(c.relacl, '
') AS privileges
          FROM pg_catalog.pg_class c
          LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_catalog.pg_user u ON u.usesysid = c.relowner
         WHERE c.relkind IN ('r', 'v') AND n.nspname !~ '^pg_' AND schema = 'asked' AND relname = 'facts'
        UNION
        SELECT 'r' AS "relkind", s.schemaname AS "schema", t.tablename AS "relname", null AS "diststyle",
               u.usename AS owner, null AS privileges
          FROM svv_external_tables t
          JOIN svv_external_schemas s ON s.schemaname = t.schemaname
          JOIN pg_catalog.pg_user u ON u.usesysid = s.esowner
         WHERE 1 AND schema = 'asked' AND relname = 'facts'""")
    assert found == [("r", "asked", "facts", "KEY", "awsuser", None)]


def test_sqlalchemy_reads_encodings_keys_and_defaults_of_columns(ask):
    found = ask("""
        SELECT c.relname AS "table_name", att.attname AS "name", format_encoding(att.attencodingtype::integer) AS encode,
               format_type(att.atttypid, att.atttypmod) AS "type", att.attisdistkey AS distkey,
               att.attsortkeyord AS sortkey, att.attnotnull AS "notnull", adsrc, attnum
          FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_attribute att ON att.attrelid = c.oid
          LEFT JOIN pg_catalog.pg_attrdef ad ON (att.attrelid, att.attnum) = (ad.adrelid, ad.adnum)
         WHERE att.attnum > 0 AND NOT att.attisdropped AND table_name = 'facts'
        UNION
        SELECT view_name AS "table_name", col_name AS "name", null AS "encode", col_type AS "type", null AS "distkey",
               0 AS "sortkey", null AS "notnull", null AS "adsrc", null AS "attnum"
          FROM pg_get_late_binding_view_cols() cols(view_schema name, view_name name, col_name name, col_type varchar,
                                                    col_num int)
         WHERE 1 AND table_name = 'facts'
         ORDER BY attnum""")
    default = found[4][7]
    assert [row[1:7] for row in found] == [
        ("id", "none", "integer", True, 2, True), ("name", "zstd", "character varying(20)", False, 0, False),
        ("amount", "az64", "numeric(8,2)", False, 0, False),
        ("made", "none", "timestamp without time zone", False, 1, False), ("n", "az64", "bigint", False, 0, True)]
    assert found[2][7] == "1.5"
    assert default.startswith('"identity"(') and default.endswith(", 4, '0,1'::text)")


# JDBC: subqueries without an alias, aliases in later items, isnull, regexp_substr, numbers that touch a word


def test_jdbc_lists_tables_by_alias(ask):
    found = ask("SELECT CAST(current_database() AS VARCHAR(124)) AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS"
                " TABLE_NAME, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'v' THEN 'VIEW' END AS TABLE_TYPE,"
                " d.description AS REMARKS FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c LEFT JOIN"
                " pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0) WHERE c.relnamespace = n.oid AND"
                " TABLE_SCHEM LIKE 'asked' AND TABLE_NAME LIKE '%' AND TABLE_TYPE IN ('TABLE', 'VIEW')"
                " ORDER BY TABLE_TYPE,TABLE_SCHEM,TABLE_NAME")
    assert [row[1:4] for row in found] == [("asked", "facts", "TABLE"), ("asked", "plain", "TABLE"),
                                           ("asked", "seen", "VIEW")]


def test_jdbc_unites_columns_of_tables_and_of_views_without_binding(ask):
    found = ask("SELECT * FROM ( SELECT a.attname AS COLUMN_NAME, CASE t.typname WHEN 'int4' THEN 10WHEN 'varchar' THEN"
                " a.atttypmod -4 END AS COLUMN_SIZE, CASE WHEN left(pg_catalog.pg_get_expr(def.adbin, def.adrelid), 16) ="
                " 'default_identity' THEN 'YES' ELSE 'NO' END AS IS_AUTOINCREMENT, IS_AUTOINCREMENT AS IS_GENERATEDCOLUMN"
                " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON (a.attrelid=c.oid) JOIN"
                " pg_catalog.pg_type t ON (a.atttypid = t.oid) LEFT JOIN pg_catalog.pg_attrdef def ON"
                " (a.attrelid=def.adrelid AND a.attnum = def.adnum) WHERE a.attnum > 0 AND c.relname LIKE 'seen'"
                " ORDER BY attnum ) UNION ALL SELECT columnname::varchar(128), isnull(nullif(regexp_substr"
                " (columntype,'[0-9]+',7),''),'0')::INTEGER, 'NO', 'NO' FROM (select lbv_cols.columnname,"
                " REGEXP_REPLACE(REGEXP_REPLACE(lbv_cols.columntype,'\\\\(.*\\\\)'),'^_.+','ARRAY') as columntype from"
                " pg_get_late_binding_view_cols() lbv_cols( schemaname name, tablename name, columnname name, columntype"
                " text, columnnum int)) lbv_columns WHERE true")
    assert found == [("id", 10, "NO", "NO"), ("name", 20, "NO", "NO")]


def test_jdbc_lists_procedures(ask):
    found = ask("SELECT n.nspname AS PROCEDURE_SCHEM, p.proname AS PROCEDURE_NAME, NULL, NULL, NULL, CASE WHEN"
                " p.prokind='f' or p.proargmodes is not null THEN 2 WHEN p.prokind='p' THEN 1 ELSE 0 END AS"
                " PROCEDURE_TYPE, p.proname || '_' || p.prooid AS SPECIFIC_NAME FROM pg_catalog.pg_namespace n,"
                " pg_catalog.pg_proc_info p WHERE p.pronamespace=n.oid AND n.nspname LIKE 'pg_catalog' AND p.proname LIKE"
                " 'getdate' ORDER BY PROCEDURE_SCHEM, PROCEDURE_NAME, p.prooid::text")
    assert [row[:2] for row in found] == [("pg_catalog", "getdate")]


def test_jdbc_lists_the_parameters_of_procedures(ask):
    # What getProcedureColumns() sends is recognised by two of its names and answered as a whole.
    found = ask("SELECT PROCEDURE_NAME, COLUMN_NAME FROM (SELECT CASE WHEN x THEN generate_series(1, 2) END AS"
                " PROBIN_BYTES FROM pg_catalog.pg_proc_info p WHERE n.nspname LIKE 'pg_catalog' AND proname LIKE"
                " 'strtol' AND COLUMN_NAME LIKE '%') AS INPUT_PARAM_TABLE")
    assert [(row[2], row[3], row[4], row[5], row[17]) for row in found] == [
        ("strtol", "", 0, -5, 0), ("strtol", "source", 1, 12, 1), ("strtol", "base", 1, 4, 2)]


# dbt: column types of a relation, the documentation's catalog and statistics


def test_dbt_reads_columns_of_bound_and_unbound_views(ask):
    found = ask("""
        with bound_views as (
          select ordinal_position, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale
            from information_schema."columns" where table_name = 'facts'
        ), unbound_views as (
          select ordinal_position, col_name, case when col_type ilike 'numeric%' then 'numeric' else col_type end,
                 nullif(REGEXP_SUBSTR(col_type, '[0-9]+'), '')::int,
                 nullif(SPLIT_PART(REGEXP_SUBSTR(col_type, '[0-9,]+'), ',', 1), '')::int,
                 nullif(SPLIT_PART(REGEXP_SUBSTR(col_type, '[0-9,]+'), ',', 2), '')::int
            from pg_get_late_binding_view_cols()
            cols(view_schema name, view_name name, col_name name, col_type varchar, ordinal_position int)
        ), external_views as (
          select columnnum, columnname, external_type, null::int, null::int, null::int
            from pg_catalog.svv_external_columns where schemaname = 'None'
        )
        select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale
          from (select * from bound_views union all select * from unbound_views union all select * from external_views)
         order by ordinal_position""")
    assert found[:3] == [("id", "integer", None, 32, 0), ("name", "character varying", 20, None, None),
                         ("amount", "numeric", None, 8, 2)]


def test_dbt_reads_a_tables_statistics(ask):
    found = ask("select \"schema\" as table_schema, \"table\" as table_name, encoded, diststyle, sortkey1,"
                " (sortkey1 is not null) as include, max_varchar, sortkey_num, size * 1000000 > 0, tbl_rows"
                " from svv_table_info where (upper(\"schema\") = upper('asked'))")
    assert found == [("asked", "facts", "Y", "KEY(id)", "made", True, 20, 2, True, 1)]


def test_dbt_finds_what_depends_on_what(ask):
    found = ask("""
        with relation as (
          select pg_class.oid as id, pg_class.relname as name, pg_namespace.nspname as schema_name
            from pg_class join pg_namespace on pg_class.relnamespace = pg_namespace.oid
           where pg_namespace.nspname != 'information_schema' and pg_namespace.nspname not like 'pg\\_%'
        ), dependency as (
          select distinct coalesce(pg_rewrite.ev_class, pg_depend.objid) as dep, pg_depend.refobjid as ref
            from pg_depend left join pg_rewrite on pg_depend.objid = pg_rewrite.oid
           where coalesce(pg_rewrite.ev_class, pg_depend.objid) != pg_depend.refobjid
        )
        select distinct d.name, r.name from dependency join relation r on dependency.ref = r.id
          join relation d on dependency.dep = d.id where r.schema_name = 'asked' and d.name = 'seen'""")
    assert found == [("seen", "facts")]


# psql describes what it finds with the columns of the server's version


@pytest.mark.parametrize("command, says", [
    ("\\d asked.facts", "character varying(20)"), ("\\dt asked.*", "facts"), ("\\dv asked.*", "seen"),
    ("\\df getdate", "timestamp without time zone"), ("\\dn asked", "asked"), ("\\du", "awsuser"), ("\\l", "dev"),
])
def test_psql_describes(schema, local_redshift, command, says):
    env = local_redshift.environment
    said = subprocess.run(
        ["psql", "-X", "-h", env["REDSHIFT_HOST"], "-p", env["REDSHIFT_PORT"], "-U", env["REDSHIFT_USER"], "-d",
         env["REDSHIFT_DB"], "-c", command], capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "PGPASSWORD": env["REDSHIFT_PASSWORD"], "PGSSLMODE": "disable"})
    assert said.returncode == 0, said.stderr
    assert says in said.stdout
    assert "ERROR" not in said.stderr
