"""Redshift's DDL and DML on the local Redshift, seen by a driver that we didn't write."""

from decimal import Decimal

import psycopg
import pytest


@pytest.fixture
def sql(place, connect):
    """A session whose search path is the test's own schema."""
    with connect() as connection:
        connection.execute(f"SET search_path TO {place.schema}")
        yield Sql(connection)


class Sql:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def do(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement)

    def rows(self, text: str, parameters=None) -> list[tuple]:
        return self.connection.execute(text, parameters).fetchall()

    def value(self, text: str, parameters=None):
        return self.rows(text, parameters)[0][0]

    def error(self, text: str, parameters=None) -> tuple[str, str, str]:
        """SQLSTATE, message, detail."""
        with pytest.raises(psycopg.Error) as e:
            self.connection.execute(text, parameters)
        return e.value.sqlstate, e.value.diag.message_primary, e.value.diag.message_detail or ""


TOO_LONG = "Value too long for character type"


@pytest.mark.parametrize("statement", [
    "INSERT INTO t VALUES (1, 'ééx')", "INSERT INTO t SELECT 1, 'ééx'", "UPDATE t SET v = v || 'xxxxx'",
    "INSERT INTO t VALUES (1, 'abcd'), (2, 'abcde')",
])
def test_a_text_too_long_in_bytes_is_refused_however_it_comes(sql, statement):
    sql.do("CREATE TABLE t (id int, v varchar(4))", "INSERT INTO t VALUES (0, 'éé'), (9, 'abcd     ')")
    code, message, detail = sql.error(statement)
    assert (code, message) == ("XX000", TOO_LONG)
    assert "code:      8001" in detail
    assert "Value too long for type character varying(4)" in detail
    assert sql.rows("SELECT id, v FROM t ORDER BY 1") == [(0, "éé"), (9, "abcd")]


def test_a_parameter_is_measured_as_a_literal_is(sql):
    sql.do("CREATE TABLE t (v varchar(4))")
    assert sql.error("INSERT INTO t VALUES (%s)", ["ééx"])[1] == TOO_LONG
    assert sql.rows("SELECT %s::varchar(3)", ["ééx"]) == [("é",)]


def test_default_lengths_are_redshifts(sql):
    sql.do("CREATE TABLE t (a varchar, b text, c char, d varchar(max), e decimal, f bpchar, g nvarchar(7))")
    assert [row[0] for row in sql.rows(
        "SELECT type FROM pg_table_def WHERE tablename = 't' AND schemaname = current_schema()")] == [
            "character varying(256)", "character varying(256)", "character(1)", "character varying(65535)",
            "numeric(18,0)", "character(256)", "character varying(7)"]
    sql.do("INSERT INTO t (e) VALUES (1.5)")
    assert sql.value("SELECT e FROM t") == 2
    assert sql.value("SELECT 1.5::decimal") == 2


def test_blanks_at_the_end_mean_nothing_to_a_comparison(sql):
    sql.do("CREATE TABLE t (v varchar(9), c char(5))", "INSERT INTO t VALUES ('a  ', 'a'), ('a', 'b')")
    assert sql.value("SELECT count(*) FROM t WHERE v = 'a '") == 2
    assert sql.value("SELECT count(*) FROM t WHERE v = c") == 1
    assert sql.value("SELECT count(DISTINCT v) FROM t") == 1
    assert sql.rows("SELECT len(v), len(c) FROM t ORDER BY 1") == [(1, 1), (3, 1)]


@pytest.mark.parametrize("value, type_, message", [
    ("1e18", "decimal(18,0)", "Numeric data overflow (result precision)"),
    ("9223372036854775808", "decimal(19,0)", "Numeric data overflow (result precision)"),
    ("9223372036854775808::decimal(38,0)", "bigint",
     "Overflow (Long valid range -9223372036854775808 to 9223372036854775807)"),
])
def test_numbers_out_of_range_fail_in_redshifts_words(sql, value, type_, message):
    assert sql.error(f"SELECT CAST({value} AS {type_})")[:2] == ("XX000", message)


def test_keys_are_shown_and_not_enforced(sql, place):
    sql.do("CREATE TABLE parent (id int PRIMARY KEY, code varchar(3) UNIQUE)",
           "CREATE TABLE child (id int, parent_id int REFERENCES parent (id), code varchar(3),"
           " CONSTRAINT of_code FOREIGN KEY (code) REFERENCES parent (code))",
           "INSERT INTO parent VALUES (1, 'a'), (1, 'a')", "INSERT INTO child VALUES (1, 99, 'z')")
    assert sql.rows(
        "SELECT conname, contype, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'child'::regclass ORDER BY 1") == [
            ("child_parent_id_fkey", "f", "FOREIGN KEY (parent_id) REFERENCES parent(id)"),
            ("of_code", "f", "FOREIGN KEY (code) REFERENCES parent(code)")]
    assert sql.rows(
        "SELECT constraint_name, constraint_type FROM information_schema.table_constraints"
        f" WHERE table_schema = '{place.schema}' AND constraint_type <> 'CHECK' ORDER BY 1") == [
            ("child_parent_id_fkey", "FOREIGN KEY"), ("of_code", "FOREIGN KEY"), ("parent_code_key", "UNIQUE"),
            ("parent_pkey", "PRIMARY KEY")]
    assert sql.error("DROP TABLE parent")[0] == "2BP01"
    sql.do("ALTER TABLE child DROP CONSTRAINT of_code", "DROP TABLE parent CASCADE")
    assert sql.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 'child'::regclass") == 0


def test_a_varchar_grows_outside_of_a_block_only(sql):
    sql.do("CREATE TABLE t (v varchar(4), k varchar(4) PRIMARY KEY, d varchar(4) DEFAULT 'x')",
           "INSERT INTO t VALUES ('abcd', 'k')", "ALTER TABLE t ALTER COLUMN v TYPE varchar(9)",
           "UPDATE t SET v = 'abcdefghi'")
    assert sql.error("ALTER TABLE t ALTER COLUMN v TYPE varchar(5)")[1] == TOO_LONG
    assert "PRIMARY KEY" in sql.error("ALTER TABLE t ALTER COLUMN k TYPE varchar(9)")[1]
    assert sql.error("ALTER TABLE t ALTER COLUMN d TYPE varchar(3)")[1] == (
        "cannot decrease a VARCHAR column size with default value")
    sql.do("BEGIN")
    assert sql.error("ALTER TABLE t ALTER COLUMN v TYPE varchar(20)")[:2] == (
        "25001", "ALTER TABLE ALTER COLUMN cannot run inside a transaction block")
    sql.do("ROLLBACK")


def test_an_identity_takes_no_value(sql):
    sql.do("CREATE TABLE t (id int IDENTITY(1, 1), v int)", "INSERT INTO t (v) VALUES (7)")
    assert sql.error("INSERT INTO t (id, v) VALUES (1, 2)")[:2] == ("42601", "cannot set an identity column to a value")
    assert sql.rows("SELECT id, v FROM t") == [(1, 7)]


def test_keys_that_come_later_are_informational_too(sql):
    sql.do("CREATE TABLE t (a int NOT NULL, b int)", "INSERT INTO t VALUES (1, 1), (1, 1)",
           "ALTER TABLE t ADD CONSTRAINT pk PRIMARY KEY (a)", "ALTER TABLE t ADD UNIQUE (b, a)", "INSERT INTO t VALUES (1, 1)",
           "CREATE TABLE u (a int)", "ALTER TABLE u ADD FOREIGN KEY (a) REFERENCES t")
    assert sql.rows("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                    " WHERE conrelid IN ('t'::regclass, 'u'::regclass) ORDER BY 1") == [
        ("pk", "PRIMARY KEY (a)"), ("t_b_a_key", "UNIQUE (b, a)"), ("u_a_fkey", "FOREIGN KEY (a) REFERENCES t(a)")]
    assert sql.error("ALTER TABLE t ADD PRIMARY KEY (a)")[0] == "42P16"
    sql.do("ALTER TABLE u DROP CONSTRAINT u_a_fkey", "ALTER TABLE t DROP CONSTRAINT pk")
    assert "NOT NULL" in sql.error("ALTER TABLE t ADD PRIMARY KEY (b)")[1]
    sql.do("DROP TABLE t")


def test_key_columns_and_the_last_column_are_not_dropped(sql):
    sql.do("CREATE TABLE t (d int DISTKEY, s int, x int) SORTKEY (s)", "CREATE TABLE u (a int)")
    assert sql.error("ALTER TABLE t DROP COLUMN d")[:2] == ("0A000", 'cannot drop distkey column "d"')
    assert sql.error("ALTER TABLE t DROP COLUMN s")[:2] == ("0A000", 'cannot drop sortkey column "s"')
    assert sql.error("ALTER TABLE u DROP COLUMN a")[0] == "0A000"
    sql.do("ALTER TABLE t DROP COLUMN x", "ALTER TABLE t ALTER SORTKEY NONE", "ALTER TABLE t DROP COLUMN s", "DROP TABLE t")


def test_append_moves_rows(sql):
    sql.do("CREATE TABLE t (a int, b varchar(5) ENCODE zstd, c int DEFAULT 7)",
           "CREATE TABLE s (b varchar(5) ENCODE zstd, a int)", "INSERT INTO s VALUES ('x', 1), ('y', 2)")
    assert 'has no column "c"' in sql.error("ALTER TABLE t APPEND FROM s")[1]
    sql.do("ALTER TABLE t APPEND FROM s FILLTARGET")
    assert sql.rows("SELECT a, b, c FROM t ORDER BY a") == [(1, "x", 7), (2, "y", 7)]
    assert sql.value("SELECT count(*) FROM s") == 0
    assert 'has no column "c"' in sql.error("ALTER TABLE s APPEND FROM t")[1]
    sql.do("ALTER TABLE s APPEND FROM t IGNOREEXTRA")
    assert sql.rows("SELECT a, b FROM s ORDER BY a") == [(1, "x"), (2, "y")]
    sql.do("BEGIN")
    assert sql.error("ALTER TABLE t APPEND FROM s FILLTARGET")[:2] == (
        "25001", "ALTER TABLE APPEND cannot run inside a transaction block")
    sql.do("ROLLBACK")


@pytest.mark.parametrize("definition, problem", [
    ("(a int, b varchar(6))", 'types of column "b" differ'), ("(a int NOT NULL, b varchar(5))", 'column "a" is NOT NULL'),
    ("(a int, b varchar(5) ENCODE zstd)", 'encodings of column "b" differ'),
    ("(a int, b varchar(5)) DISTKEY (a)", "distribution or sort styles differ"),
    ("(a int, b varchar(5)) SORTKEY (a)", "distribution or sort styles differ"),
])
def test_append_wants_tables_that_are_alike(sql, definition, problem):
    sql.do("CREATE TABLE t (a int, b varchar(5))", f"CREATE TABLE s {definition}", "CREATE TEMP TABLE e (a int, b varchar(5))")
    assert problem in sql.error("ALTER TABLE t APPEND FROM s")[1]
    assert "permanent" in sql.error("ALTER TABLE t APPEND FROM e")[1]
    assert "same table" in sql.error("ALTER TABLE t APPEND FROM t")[1]


@pytest.fixture
def merging(sql):
    sql.do("CREATE TABLE target (id int, name varchar(20))", "CREATE TABLE source (id int, name varchar(20))",
           "INSERT INTO target VALUES (30, 'Tony'), (30, 'Daisy'), (11, 'Alice'), (23, 'Bill'), (23, 'Nikki')",
           "INSERT INTO source VALUES (23, 'David'), (22, 'Clarence'), (NULL, 'Nobody')")
    return sql


NAMES = "SELECT id, name FROM target ORDER BY 1, 2"


def test_merge_updates_and_inserts(merging):
    merging.do("MERGE INTO target USING source s ON s.id = target.id WHEN MATCHED THEN UPDATE SET name = s.name"
               " WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name)")
    assert merging.rows(NAMES) == [(11, "Alice"), (22, "Clarence"), (23, "David"), (23, "David"), (30, "Daisy"),
                                   (30, "Tony"), (None, "Nobody")]


def test_merge_removes_duplicates(merging):
    merging.do("DELETE source WHERE id IS NULL",
               "MERGE INTO target USING source ON target.id = source.id REMOVE DUPLICATES")
    assert merging.rows(NAMES) == [(11, "Alice"), (22, "Clarence"), (23, "David"), (30, "Daisy"), (30, "Tony")]
    merging.do("MERGE INTO target USING (SELECT TOP 1 * FROM source ORDER BY id DESC) AS s ON target.id = s.id"
               " REMOVE DUPLICATES")
    assert merging.value("SELECT count(*) FROM target WHERE id = 23") == 1
    assert merging.error("MERGE INTO target USING (SELECT 1 AS id) s ON target.id = s.id REMOVE DUPLICATES")[0] == "42601"


@pytest.mark.parametrize("rest", ["WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1, 'x')",
                                  "REMOVE DUPLICATES"])
def test_a_row_that_matches_twice_fails_the_merge(merging, rest):
    merging.do("INSERT INTO source VALUES (23, 'Again')")
    assert merging.error(f"MERGE INTO target USING source ON target.id = source.id {rest}")[:2] == (
        "XX000", "Found multiple matches to update the same tuple.")
    assert merging.value("SELECT count(*) FROM target") == 5


def test_top_is_a_limit(merging):
    assert merging.rows("SELECT TOP 2 id FROM target ORDER BY id") == [(11,), (23,)]
    merging.do("CREATE TABLE first AS (SELECT DISTINCT TOP 1 id FROM target ORDER BY id DESC) DISTSTYLE ALL",
               "INSERT INTO first SELECT TOP 1 id FROM target ORDER BY id -- the smallest")
    assert merging.rows("SELECT id FROM first MINUS SELECT 11") == [(30,)]


def test_a_name_with_a_hash_is_temporary(sql, connect, place):
    sql.do("CREATE TABLE #made (a int)", "SELECT 1 AS a INTO #selected", "INSERT INTO #made SELECT a FROM #selected",
           "CREATE TABLE #copy (LIKE #made)", "CREATE TEMP TABLE worded (a) AS SELECT 7")
    assert sql.rows("SELECT a FROM #made") == [(1,)]
    with connect() as other:
        assert other.execute("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
                             f" WHERE nspname = '{place.schema}'").fetchone() == (0,)
        with pytest.raises(psycopg.errors.UndefinedTable):
            other.execute("SELECT a FROM #selected")


def test_super_holds_documents_and_scalars(sql):
    sql.do("CREATE TABLE t (id int, s super)",
           """INSERT INTO t VALUES (1, JSON_PARSE('{"b": [1, 2.50, "x  y"],  "a": null}'))""",
           "INSERT INTO t SELECT 2, 'abc'::varchar", "INSERT INTO t VALUES (3, NULL), (4, NULL)",
           "UPDATE t SET s = 5 WHERE id = 3", "UPDATE t SET s = true WHERE id = 4")
    cursor = sql.connection.execute("SELECT s FROM t ORDER BY id")
    assert cursor.description[0].type_code == 4000
    assert [row[0] for row in cursor.fetchall()] == ['{"b":[1,2.50,"x  y"],"a":null}', '"abc"', "5", "true"]
    assert sql.rows("SELECT s::varchar, s::int, JSON_SERIALIZE(s) FROM t ORDER BY id") == [
        (None, None, '{"b":[1,2.50,"x  y"],"a":null}'), ("abc", None, '"abc"'), ("5", 5, "5"), ("true", 1, "true")]
    sql.do("CREATE TABLE u AS SELECT s FROM t WHERE s::int = 5", "CREATE TABLE v (LIKE t)", "INSERT INTO v SELECT * FROM t")
    assert sql.rows("SELECT type FROM pg_table_def WHERE tablename = 'u' AND schemaname = current_schema()") == [("super",)]
    assert sql.value("SELECT JSON_PARSE(%s)", ["[10001, 10002]"]) == "[10001,10002]"


def test_super_refuses_what_it_cannot_take_right(sql):
    sql.do("CREATE TABLE t (s super)")
    code, message, detail = sql.error("SELECT JSON_PARSE('{')")
    assert (code, message) == ("XX000", "Invalid input")
    assert "JSON_PARSE() error" in detail
    assert sql.error("CREATE TABLE u (s super DISTKEY)")[0] == "0A000"
    assert sql.error("CREATE TABLE u (a int, s super) SORTKEY (a, s)")[0] == "0A000"


def test_the_databases_isolation_can_be_chosen(sql, connect):
    def level() -> str:
        with connect() as other:
            return other.execute("SHOW transaction_isolation").fetchone()[0]

    assert level() == "repeatable read"
    sql.do("ALTER DATABASE dev ISOLATION LEVEL SERIALIZABLE")
    try:
        assert level() == "serializable"
    finally:
        sql.do("ALTER DATABASE dev ISOLATION LEVEL SNAPSHOT")
    assert level() == "repeatable read"


def test_write_skew_fails_under_serializable_and_passes_under_snapshot(sql, connect, place):
    sql.do("CREATE TABLE a (n int)", "CREATE TABLE b (n int)")

    def both_write() -> None:
        with connect() as one, connect() as two:
            for session in (one, two):
                session.execute(f"SET search_path TO {place.schema}")
                session.execute("BEGIN")
            one.execute("INSERT INTO a SELECT count(*) FROM b")
            two.execute("INSERT INTO b SELECT count(*) FROM a")
            one.execute("COMMIT")
            two.execute("COMMIT")

    both_write()
    sql.do("ALTER DATABASE dev ISOLATION LEVEL SERIALIZABLE")
    try:
        with pytest.raises(psycopg.Error) as e:
            both_write()
    finally:
        sql.do("ALTER DATABASE dev ISOLATION LEVEL SNAPSHOT")
    assert (e.value.sqlstate, e.value.diag.message_primary) == ("XX000", "1023")
    assert e.value.diag.message_detail.startswith("Serializable isolation violation on table - ")


def test_a_materialized_view_is_refreshed_when_told(sql):
    sql.do("CREATE TABLE t (a int)", "CREATE MATERIALIZED VIEW mv BACKUP NO DISTSTYLE ALL AUTO REFRESH NO AS SELECT a FROM t",
           "INSERT INTO t VALUES (1)")
    assert sql.rows("SELECT a FROM mv") == []
    sql.do("REFRESH MATERIALIZED VIEW mv")
    assert sql.rows("SELECT a FROM mv") == [(1,)]


@pytest.mark.parametrize("statement, named", [
    ("CREATE SCHEMA q QUOTA 5 GB", "CREATE SCHEMA … QUOTA"), ("SELECT * EXCLUDE (a) FROM t", "SELECT * EXCLUDE"),
])
def test_what_is_not_here_is_named(sql, statement, named):
    code, message, _ = sql.error(statement)
    assert code == "0A000"
    assert named in message


def test_a_lock_outside_of_a_block_locks_nothing(sql):
    sql.do("CREATE TABLE t (a int)", "LOCK t", "LOCK TABLE t")
    assert sql.value("SELECT count(*) FROM svv_transactions WHERE pid = pg_backend_pid()"
                     " AND relation = 't'::regclass::oid") == 0
    assert sql.error("LOCK nothing")[0] == "42P01"


def test_one_cursor_is_open_at_a_time(sql):
    sql.do("BEGIN", "DECLARE c CURSOR FOR SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 3 ORDER BY 1")
    assert sql.rows("FETCH NEXT FROM c") == [(1,)]
    assert sql.rows("FETCH FORWARD 1 FROM c") == [(2,)]
    assert sql.rows("FETCH ALL FROM c") == [(3,)]
    sql.do("CLOSE c", "DECLARE d CURSOR WITHOUT HOLD FOR SELECT 1")
    assert sql.error("DECLARE e CURSOR FOR SELECT 2")[:2] == (
        "0A000", 'only one cursor can be open in a session: close cursor "d" first')
    sql.do("ROLLBACK")
    for refused in ["DECLARE c SCROLL CURSOR FOR SELECT 1", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH 5 FROM c",
                    "FETCH PRIOR FROM c", "FETCH ABSOLUTE 1 FROM c", "FETCH c"]:
        assert sql.error(refused)[0] == "42601", refused


def test_a_procedures_statements_are_redshifts(sql):
    sql.do("CREATE TABLE t (a int, d timestamp)", "CREATE TABLE u (a int)", "INSERT INTO u VALUES (9)")
    sql.do("""CREATE OR REPLACE PROCEDURE p(n int, what varchar(max), INOUT result decimal(12,2)) AS $$
DECLARE
  name varchar(256) := 'it''s';
  day date := dateadd(day, 1, '2020-01-01');
  r RECORD;
BEGIN
  CREATE TEMP TABLE staged DISTSTYLE ALL SORTKEY (a) AS SELECT n AS a, dateadd(month, 1, day) AS d;
  IF n > 1 THEN
    INSERT INTO t SELECT TOP 1 a, d FROM staged;
  ELSE
    TRUNCATE u;
  END IF;
  FOR r IN SELECT nvl2(a, 7, 8) AS x FROM t LOOP
    result := r.x;
  END LOOP;
  DELETE u WHERE a = 1;
  DROP TABLE staged;
END;
$$ LANGUAGE plpgsql""")
    assert sql.value("CALL p(5, 'x', 0)") == Decimal(7)
    assert sql.rows("SELECT a, d::varchar FROM t") == [(5, "2020-02-02 00:00:00")]
    assert sql.value("SELECT count(*) FROM u") == 1
    sql.do("CALL p(1, 'x', 0)")
    assert sql.value("SELECT count(*) FROM u") == 0
    for statement, named in [("COPY t FROM 's3://b/k' IAM_ROLE default", "COPY inside of a stored procedure"),
                             ("UNLOAD ('select 1') TO 's3://b/k' IAM_ROLE default", "UNLOAD inside of a stored procedure"),
                             ("VACUUM t", "VACUUM inside of a stored procedure"),
                             ("CREATE INDEX i ON t (a)", "CREATE INDEX is not supported by Redshift")]:
        code, message, _ = sql.error(f"CREATE PROCEDURE q() AS $$ BEGIN {statement}; END $$ LANGUAGE plpgsql")
        assert code == "0A000" and named in message


def test_functions_of_the_leader_are_refused_with_tables(sql):
    sql.do("CREATE TABLE t (a int)")
    for function in ["now()", "current_schema()", "version()", "current_timestamp", "age(getdate())"]:
        code, message, detail = sql.error(f"SELECT a, {function} FROM t")
        assert (code, message) == ("0A000", "Specified types or functions (one per INFO message) not supported on Redshift"
                                            " tables.")
        assert detail == f'Function "{function.split("(")[0]}()" not supported.'
        sql.rows(f"SELECT {function}")
        sql.rows(f"WITH x AS (SELECT 1 AS a) SELECT {function} FROM x")
        sql.rows(f"SELECT {function} FROM pg_class LIMIT 1")


def test_texts_are_varchar_to_drivers(sql):
    sql.do("CREATE TABLE t (v varchar(10))", "CREATE VIEW w AS SELECT v || 'x' AS x FROM t")
    described = sql.connection.execute("SELECT 'a', v || 'b', upper(v), v, (SELECT 'x') FROM t").description
    assert [column.type_code for column in described] == [1043] * 5
    assert sql.connection.execute("SELECT x FROM w").description[0].type_code == 1043
    assert sql.connection.execute("SELECT %s::varchar || 'a'", ("x",)).description[0].type_code == 1043
    assert sql.connection.execute("SELECT description FROM pg_description LIMIT 1").description[0].type_code == 25


def test_an_alias_is_used_further_on_in_its_list(sql):
    sql.do("CREATE TABLE t (a int, c int)", "INSERT INTO t VALUES (1, 10), (2, 20)")
    assert sql.rows("SELECT a + 1 AS b, b * 2 AS d, d + b e FROM t WHERE d > 4 ORDER BY e") == [(3, 6, 9)]
    assert sql.rows("SELECT a + 1 AS c, c * 2 AS d FROM t ORDER BY 1") == [(2, 20), (3, 40)], "a column goes before it"
    assert sql.rows("SELECT sum(a) AS s, s + 1 AS n, c / 20 AS g FROM t GROUP BY g ORDER BY g") == [(1, 2, 0), (2, 3, 1)]
    assert sql.rows("WITH x AS (SELECT a AS k, k + 1 AS m FROM t) SELECT k AS n, n + m AS o FROM x ORDER BY o") == [
        (1, 3), (2, 5)]
    assert sql.rows("SELECT a AS b, row_number() OVER (ORDER BY a DESC) AS rn FROM t QUALIFY rn = 1") == [(2, 1)]
    assert sql.rows("SELECT a + 1 AS b FROM t QUALIFY b = 2 AND row_number() OVER (ORDER BY a) = 1") == [(2,)]
    assert sql.rows("SELECT a + %s AS b, b * 2 AS d FROM t ORDER BY 1", (5,)) == [(6, 12), (7, 14)]


def test_an_alias_is_used_in_what_is_made_of_a_query(sql):
    sql.do("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)",
           "CREATE TABLE u DISTKEY (b) AS SELECT a + 1 AS b, b * 2 AS d FROM t",
           "CREATE VIEW v AS SELECT a + 1 AS b, b * 2 AS d FROM t", "INSERT INTO u SELECT a AS b, b + 7 FROM t")
    assert sql.rows("SELECT b, d FROM u ORDER BY b") == [(1, 8), (2, 4)]
    assert sql.rows("SELECT b, d FROM v") == [(2, 4)]
    # of a table that an earlier statement of the same string makes
    sql.do("CREATE TABLE w (a int); INSERT INTO w VALUES (4); CREATE TABLE x AS SELECT a AS b, b + 1 AS d FROM w")
    assert sql.rows("SELECT b, d FROM x") == [(4, 5)]
    sql.do("BEGIN")
    assert sql.rows("SELECT a AS b, b + 1 FROM t") == [(1, 2)]
    assert sql.error("SELECT a AS b, b + nothing FROM t")[:2] == ("42703", 'column "nothing" does not exist')
    sql.do("ROLLBACK")


def test_an_index_into_an_array_of_the_catalog_is_no_navigation(sql):
    sql.do("CREATE TABLE keyed (a int PRIMARY KEY)")
    assert sql.value("SELECT conkey[1] FROM pg_constraint WHERE conrelid = 'keyed'::regclass") == 1


def test_qualify_keeps_the_rows_of_its_windows(merging):
    merging.do("CREATE TABLE kept AS SELECT * FROM target AS tt QUALIFY row_number() OVER (PARTITION BY id ORDER BY name) = 1")
    assert merging.rows("SELECT id, name FROM kept ORDER BY id") == [(11, "Alice"), (23, "Bill"), (30, "Daisy")]
    assert merging.rows("SELECT id, count(*) AS n FROM target GROUP BY id QUALIFY rank() OVER (ORDER BY count(*) DESC) = 1"
                        " ORDER BY id DESC LIMIT 1") == [(30, 2)]
