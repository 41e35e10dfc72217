"""Views WITH NO SCHEMA BINDING: they outlive what they name, and see what has taken its place."""

import psycopg
import pytest


@pytest.fixture
def s(place):
    yield place.schema
    place.connection.execute(f"DROP SCHEMA {place.schema} CASCADE")  # pg_get_late_binding_view_cols() tells of all


@pytest.fixture
def sql(connect):
    with connect() as session:
        yield session


def error(session, statement: str) -> tuple[str, str]:
    with pytest.raises(psycopg.Error) as e:
        session.execute(statement)
    return e.value.sqlstate, e.value.diag.message_primary


def late(session, name: str, query: str, how: str = "CREATE") -> None:
    session.execute(f"{how} VIEW {name} AS {query} WITH NO SCHEMA BINDING")


COLUMNS = ("SELECT view_name, col_name, col_type, col_num FROM pg_get_late_binding_view_cols() cols(view_schema name,"
           " view_name name, col_name name, col_type varchar, col_num int) WHERE view_schema = '{}' ORDER BY 1, 4")


def test_it_may_name_what_there_is_not_yet(sql, s):
    late(sql, f"{s}.v", f"(SELECT a, 'x;y' AS b FROM {s}.t)")
    assert sql.execute(COLUMNS.format(s)).fetchall() == []
    assert error(sql, f"SELECT * FROM {s}.v") == ("42P01", f'relation "{s}.t" does not exist')
    assert error(sql, f"SELECT count(*) FROM {s}.v") == ("42P01", f'relation "{s}.t" does not exist')
    sql.execute(f"CREATE TABLE {s}.t (a int)")
    sql.execute(f"INSERT INTO {s}.t VALUES (1)")
    assert sql.execute(f"SELECT * FROM {s}.v").fetchall() == [(1, "x;y")]
    assert [row[:2] for row in sql.execute(COLUMNS.format(s)).fetchall()] == [("v", "a"), ("v", "b")]


def test_it_outlives_its_table_and_sees_the_next(sql, s):
    sql.execute(f"CREATE TABLE {s}.t (a int, b varchar(5))")
    late(sql, f"{s}.v", f"SELECT * FROM {s}.t")
    sql.execute(f"DROP TABLE {s}.t")
    assert error(sql, f"SELECT a FROM {s}.v") == ("42P01", f'relation "{s}.t" does not exist')
    sql.execute(f"CREATE TABLE {s}.t AS SELECT 7 AS c, 'z'::varchar(9) AS b")
    assert sql.execute(f"SELECT * FROM {s}.v").fetchall() == [(7, "z")]
    assert sql.execute(COLUMNS.format(s)).fetchall() == [("v", "c", "integer", 1), ("v", "b", "character varying(9)", 2)]
    assert sql.execute(f"SELECT viewname FROM pg_views WHERE schemaname = '{s}'").fetchall() == [("v",)]
    assert sql.execute(f"SELECT relkind FROM pg_class WHERE oid = '{s}.v'::regclass").fetchall() == [("v",)]
    assert sql.execute(f"SELECT * FROM information_schema.columns WHERE table_schema = '{s}' AND table_name = 'v'"
                       ).fetchall() == []


def test_its_tables_change_freely(sql, s):
    sql.execute(f"CREATE TABLE {s}.t (a varchar(3), b int)")
    late(sql, f"{s}.v", f"SELECT a FROM {s}.t")
    sql.execute(f"ALTER TABLE {s}.t ALTER COLUMN a TYPE varchar(30)")
    sql.execute(f"ALTER TABLE {s}.t DROP COLUMN b")
    sql.execute(f"ALTER TABLE {s}.t RENAME TO u")
    assert error(sql, f"SELECT * FROM {s}.v")[0] == "42P01"
    sql.execute(f"ALTER TABLE {s}.u RENAME TO t")
    assert sql.execute(COLUMNS.format(s)).fetchall() == [("v", "a", "character varying(30)", 1)]
    sql.execute(f"ALTER TABLE {s}.t RENAME COLUMN a TO z")
    assert error(sql, f"SELECT * FROM {s}.v")[0] == "42703"


def test_it_is_rolled_back_with_what_it_names(sql, s):
    sql.execute(f"CREATE TABLE {s}.t AS SELECT 1 AS a")
    late(sql, f"{s}.v", f"SELECT a FROM {s}.t")
    sql.execute("BEGIN")
    sql.execute(f"DROP TABLE {s}.t")
    sql.execute("ROLLBACK")
    assert sql.execute(f"SELECT a FROM {s}.v").fetchall() == [(1,)]
    sql.execute("BEGIN")
    sql.execute(f"ALTER TABLE {s}.t RENAME TO old")
    sql.execute(f"CREATE TABLE {s}.t AS SELECT 2 AS a")
    sql.execute(f"DROP TABLE {s}.old")
    sql.execute("COMMIT")
    assert sql.execute(f"SELECT a FROM {s}.v").fetchall() == [(2,)]


def test_views_stand_on_views(sql, s):
    late(sql, f"{s}.upper", f"WITH w AS (SELECT * FROM {s}.lower) SELECT count(*) AS n FROM w")
    late(sql, f"{s}.lower", f"SELECT * FROM {s}.t")
    assert error(sql, f"SELECT * FROM {s}.upper")[0] == "42P01"
    sql.execute(f"CREATE TABLE {s}.t (a int)")
    assert sql.execute(f"SELECT n FROM {s}.upper").fetchall() == [(0,)]
    sql.execute(f"DROP VIEW {s}.lower")
    assert error(sql, f"SELECT * FROM {s}.upper") == ("42P01", f'relation "{s}.lower" does not exist')
    late(sql, f"{s}.lower", f"SELECT 1 AS one FROM {s}.upper")  # in a circle
    assert error(sql, f"SELECT * FROM {s}.lower")[0] in ("42P17", "42P01")


def test_it_is_replaced_and_dropped(sql, s):
    sql.execute(f"CREATE TABLE {s}.t (a int, b int)")
    late(sql, f"{s}.v", f"SELECT a, b FROM {s}.t")
    assert error(sql, f"CREATE VIEW {s}.v AS SELECT 1 AS x FROM {s}.t WITH NO SCHEMA BINDING")[0] == "42P07"
    sql.execute(f"GRANT SELECT ON {s}.v TO PUBLIC")
    late(sql, f"{s}.v (x)", f"SELECT b::varchar(3) FROM {s}.t", "CREATE OR REPLACE")
    assert sql.execute(COLUMNS.format(s)).fetchall() == [("v", "x", "character varying(3)", 1)]
    assert sql.execute("SELECT relacl::text LIKE '%=r/%%' FROM pg_class"
                       f" WHERE oid = '{s}.v'::regclass").fetchall() == [(True,)]
    sql.execute(f"CREATE OR REPLACE VIEW {s}.v AS SELECT 'bound'::varchar(3) AS x FROM {s}.t")
    assert error(sql, f"DROP TABLE {s}.t")[0] == "2BP01"
    sql.execute(f"DROP VIEW {s}.v")
    sql.execute(f"DROP TABLE {s}.t")


def test_a_bound_view_stands_on_one_while_its_columns_stay(sql, s):
    sql.execute(f"CREATE TABLE {s}.t AS SELECT 1 AS a")
    late(sql, f"{s}.v", f"SELECT * FROM {s}.t")
    sql.execute(f"CREATE VIEW {s}.bound AS SELECT a FROM {s}.v")
    for columns, outcome in [("2 AS a", [(2,)]), ("'x'::varchar(3) AS b", None), ("3 AS a", [(3,)])]:
        sql.execute(f"DROP TABLE {s}.t")
        assert error(sql, f"SELECT a FROM {s}.bound") == ("42P01", f'relation "{s}.t" does not exist')
        sql.execute(f"CREATE TABLE {s}.t AS SELECT {columns}")
        if outcome:
            assert sql.execute(f"SELECT a FROM {s}.bound").fetchall() == outcome
        else:
            assert error(sql, f"SELECT a FROM {s}.bound")[0] == "2BP01"


@pytest.mark.parametrize("query", ["SELECT * FROM t", "SELECT 1 AS a FROM {s}.t JOIN u ON true",
                                   "SELECT (SELECT max(a) FROM u) AS m FROM {s}.t"])
def test_names_inside_are_qualified(sql, s, query):
    code, message = error(sql, f"CREATE VIEW {s}.v AS {query.format(s=s)} WITH NO SCHEMA BINDING")
    assert (code, message) == ("0A000", "All the relation names inside should be qualified when creating VIEW WITH NO"
                                        " SCHEMA BINDING.")


def test_it_gives_nobody_more_than_its_owner_has(sql, s, connect):
    sql.execute(f"CREATE TABLE {s}.secret AS SELECT 42 AS a")
    sql.execute("CREATE USER late_eve PASSWORD 'Passw0rd'")
    sql.execute("CREATE SCHEMA late_eve AUTHORIZATION late_eve")
    try:
        with connect(user="late_eve", password="Passw0rd") as eve:
            late(eve, "v", f"SELECT * FROM {s}.secret")
            assert error(eve, "SELECT * FROM v") == ("42501", f"permission denied for schema {s}")
            sql.execute(f"GRANT USAGE ON SCHEMA {s} TO late_eve")
            late(eve, "v", f"SELECT * FROM {s}.secret", "CREATE OR REPLACE")
            assert error(eve, "SELECT * FROM v") == ("42501", "permission denied for relation secret")
            late(eve, "w", "SELECT verifier FROM pg_internal.users")
            assert error(eve, "SELECT * FROM w") == ("42501", "permission denied for schema pg_internal")
            late(eve, "x", "SELECT pg_internal.superusers() AS a FROM pg_catalog.stv_slices")
            assert error(eve, "SELECT * FROM x") == ("42501", "permission denied for schema pg_internal")
            sneaky = """'{"name": "v", "replace": true, "query": "SELECT 1; DROP TABLE x", "names": []}'"""
            assert error(eve, f"SELECT penstock_create_late_view('late_eve', {sneaky})")[0] == "0A000"
            assert error(eve, f"CREATE VIEW {s}.v AS SELECT 1 AS a FROM {s}.secret WITH NO SCHEMA BINDING")[0] == "42501"
    finally:
        for statement in ["DROP SCHEMA late_eve CASCADE", f"REVOKE ALL ON SCHEMA {s} FROM late_eve", "DROP USER late_eve"]:
            sql.execute(statement)
