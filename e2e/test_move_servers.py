"""penstock move from and into PostgreSQL and Redshift: appended, replaced, made; and what is left where it fails."""

import datetime
import decimal
import gzip
import io
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from harness.place import Place
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers, wait_until
from harness.program import Run

USERS = pa.table({
    "id": pa.array([1, 2, 3], pa.int32()),
    "name": ["Zoë, \"the\"\n\\N one", "", None],
    "price": pa.array([decimal.Decimal("123456789012345678901234567890123456.78"), decimal.Decimal("-0.01"), None]),
    "seen": pa.array([datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, datetime.UTC), None,
                      datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)], pa.timestamp("us", "UTC")),
    "tags": [["a", "b\\"], [], None],
    "raw": [b"\x00\xff", b"", None],
})
SEEN = [(1, "Zoë, \"the\"\n\\N one", decimal.Decimal("123456789012345678901234567890123456.78"),
         datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, datetime.UTC), ["a", "b\\"], b"\x00\xff"),
        (2, "", decimal.Decimal("-0.01"), None, [], b""),
        (3, None, None, datetime.datetime(1, 1, 1, tzinfo=datetime.UTC), None, None)]


@dataclass
class Bed:
    place: Place
    tmp: object
    connection: psycopg.Connection  # to the PostgreSQL
    port: int

    @property
    def postgres(self) -> str:
        return f"postgresql://awsuser@127.0.0.1:{self.port}/postgres"

    def table(self, name: str) -> str:
        return f"{self.postgres}::{self.place.schema}.{name}"

    def redshift(self, name: str) -> str:
        return f"redshift://::{self.place.schema}.{name}"

    def file(self, table: pa.Table, name: str = "users.parquet") -> str:
        pq.write_table(table, self.tmp / name)
        return str(self.tmp / name)

    @property
    def env(self) -> dict[str, str]:
        return {"PENSTOCK_S3_BASE_PATH": self.place.bucket.uri("staging/")}

    def move(self, *arguments: str, code: int = 0, **env: str) -> Run:
        run = self.place.program.run("move", *arguments, env={**self.env, **env})
        assert run.code == code, str(run)
        return run

    def start(self, *arguments: str):
        return self.place.program.start("move", *arguments, env=self.env)

    def rows(self, name: str, order: str = "id") -> list[tuple]:
        return self.connection.execute(f"SELECT * FROM {name} ORDER BY {order}").fetchall()

    def types(self, name: str) -> dict[str, str]:
        return dict(self.connection.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND attrelid = %s::regclass",
            (f"{self.place.schema}.{name}",)).fetchall())

    def exists(self, name: str) -> bool:
        return self.connection.execute("SELECT to_regclass(%s)", (f"{self.place.schema}.{name}",)).fetchone()[0] is not None

    def wait_for(self, mark: str) -> None:
        wait_until(lambda: self.pids(mark), f"{mark} runs")

    def pids(self, mark: str) -> list[int]:
        return [pid for (pid,) in self.connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE %s AND state <> 'idle' AND pid <> pg_backend_pid()",
            (f"{mark}%",)).fetchall()]

    def end(self, mark: str) -> None:
        for pid in self.pids(mark):
            self.connection.execute("SELECT pg_terminate_backend(%s)", (pid,))

    def make_slow(self, name: str, when: str = "BEFORE INSERT") -> None:
        self.connection.execute(
            f"CREATE OR REPLACE FUNCTION {name}_slowly() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(60); RETURN new; END $$")
        kind, options = ("CONSTRAINT TRIGGER", "DEFERRABLE INITIALLY DEFERRED") if "AFTER" in when else ("TRIGGER", "")
        self.connection.execute(f"CREATE {kind} slow {when} ON {name} {options} FOR EACH ROW EXECUTE FUNCTION {name}_slowly()")

    def nothing_is_staged(self) -> bool:
        return not [key for key in self.place.bucket.objects() if key.startswith("staging/")]


@pytest.fixture(scope="session")
def plain_postgres() -> Iterator[PlainPostgres]:
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "postgres")
        yield server
        server.stop()


@pytest.fixture
def bed(plain_postgres, place, tmp_path) -> Iterator[Bed]:
    with psycopg.connect(host="127.0.0.1", port=plain_postgres.port, user="awsuser", dbname="postgres",
                         autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {place.schema}")
        connection.execute(f"SET search_path TO {place.schema}")
        connection.execute("SET timezone TO 'UTC'")
        yield Bed(place, tmp_path, connection, plain_postgres.port)


# Into PostgreSQL.


def test_a_table_is_made_appended_to_and_replaced(bed):
    file = bed.file(USERS)
    bed.move(file, bed.table("users"))
    assert bed.rows("users") == SEEN
    assert bed.types("users") == {"id": "integer", "name": "text", "price": "numeric(38,2)",
                                  "seen": "timestamp with time zone", "tags": "jsonb", "raw": "bytea"}
    bed.move(file, bed.table("users"))
    assert len(bed.rows("users")) == 6
    bed.connection.execute("CREATE VIEW kept AS SELECT count(*) FROM users")
    [record] = bed.move(file, bed.table("users"), "--replace", "--json").records
    assert record["rows"] == 3 and bed.rows("users") == SEEN
    assert bed.connection.execute("SELECT * FROM kept").fetchone() == (3,)


def test_columns_go_by_their_names(bed):
    bed.connection.execute("CREATE TABLE users (at timestamptz DEFAULT now(), \"Name\" varchar(30), id bigint NOT NULL)")
    bed.move(bed.file(USERS.select(["name", "id"])), bed.table("users"))
    assert [row[1:] for row in bed.rows("users")] == [(seen[1], seen[0]) for seen in SEEN]
    said = bed.move(bed.file(USERS.select(["name", "price", "raw"])), bed.table("users"), code=1).said
    for part in ("price, raw can't be written", "has at, Name, id", "id may not be NULL", "nothing was written"):
        assert part in said
    said = bed.move(bed.file(USERS.select(["id"])), bed.table("users"), "--replace", code=1).said
    assert "Name would be NULL in all rows" in said and len(bed.rows("users")) == 3
    bed.connection.execute("CREATE TABLE ints (id integer, name inet, tags integer[])")
    said = bed.move(bed.file(USERS.select(["id", "tags", "raw"]).rename_columns(["id", "tags", "name"])), bed.table("ints"),
                    code=1).said
    assert "does not go into integer[]" in said and "does not go into inet" in said


def test_what_the_server_refuses_is_said_with_its_row_and_nothing_is_written(bed):
    bed.connection.execute("CREATE TABLE picky (id int, name varchar(5), CHECK (id <> 3))")
    rows = pa.table({"id": pa.array(range(1, 50_001), pa.int64()), "name": ["x\ny"] * 40_000 + ["toolong"] * 10_000})
    said = bed.move(bed.file(pa.concat_tables([rows.slice(0, 2), rows.slice(3)])), bed.table("picky"), code=1).said
    assert "line 40000, column name" in said and "nothing was written" in said
    assert "picky_id_check" in bed.move(bed.file(rows.slice(0, 5)), bed.table("picky"), code=1).said
    assert bed.rows("picky") == []
    nanos = pa.table({"id": [1, 2], "t": pa.array([1000, 1], pa.timestamp("ns"))})
    said = bed.move(bed.file(nanos), bed.table("nanos"), code=1).said
    assert "row 2, column t" in said and "nanoseconds" in said and not bed.exists("nanos")


def test_a_dry_run_changes_nothing(bed):
    said = bed.move(bed.file(USERS), bed.table("users"), "--dry-run").said
    assert "CREATE TABLE" in said and "COPY" in said and not bed.exists("users")


def broken_off(bed, running, how):
    """While the server copies: its connection is lost, or somebody types Ctrl-C."""
    bed.wait_for("COPY")
    if how == "lost":
        bed.end("COPY")
    else:
        running.process.send_signal(signal.SIGINT)
    run = running.wait()
    assert run.code == (1 if how == "lost" else 130), str(run)
    return run


@pytest.mark.parametrize("how", ["lost", "stopped"])
def test_what_breaks_off_in_the_middle_leaves_nothing(bed, how):
    bed.connection.execute("CREATE TABLE users (id int)")
    bed.connection.execute("INSERT INTO users VALUES (7)")
    bed.make_slow("users")
    running = bed.start(bed.file(USERS.select(["id"])), bed.table("users"), "--replace")
    run = broken_off(bed, running, how)
    assert "nothing was written" in run.said
    wait_until(lambda: not bed.pids("COPY"), "the server has given up")
    assert bed.rows("users") == [(7,)]


def test_a_connection_that_is_lost_in_the_commit_is_asked_after(bed):
    bed.connection.execute("CREATE TABLE users (id int)")
    bed.make_slow("users", "AFTER INSERT")
    running = bed.start(bed.file(USERS.select(["id"])), bed.table("users"))
    bed.wait_for("COMMIT")
    bed.end("COMMIT")
    run = running.wait()
    assert run.code == 1 and "the server rolled back" in run.said and "nothing was written" in run.said, str(run)
    assert bed.rows("users") == []


def test_a_lock_that_another_holds_lets_readers_read(bed):
    bed.connection.execute("CREATE TABLE users (id int)")
    bed.connection.execute("INSERT INTO users VALUES (7)")
    bed.make_slow("users")
    running = bed.start(bed.file(USERS.select(["id"])), bed.table("users"), "--replace")
    bed.wait_for("COPY")
    assert bed.rows("users") == [(7,)], "a reader sees what was there before"
    running.process.send_signal(signal.SIGTERM)
    assert running.wait().code == 128 + signal.SIGTERM


def test_servers_that_are_not_there_or_refuse_say_so(bed):
    file = bed.file(USERS)
    bed.connection.execute("DROP ROLE IF EXISTS poor")
    bed.connection.execute("CREATE ROLE poor LOGIN")
    poor = bed.table("users").replace("awsuser", "poor")
    said = bed.move(file, poor, code=1).said
    assert "permission denied" in said and not bed.exists("users")
    said = bed.move(file, f"postgresql://awsuser@127.0.0.1:1/postgres::{bed.place.schema}.users", code=1).said
    assert "127.0.0.1" in said
    said = bed.move(file, bed.redshift("users").replace("://", "://awsuser:canary-7@"), code=1).said
    assert "password authentication failed" in said and "canary-7" not in said
    said = bed.move(file, bed.redshift("users").replace(bed.place.schema, "nowhere"), code=1).said
    assert "there is no schema nowhere" in said and bed.nothing_is_staged()


# Into Redshift.


def test_redshift_gets_a_file_made_appended_and_replaced(bed):
    table = f"{bed.place.schema}.users"
    file = bed.file(USERS.drop_columns(["raw"]))

    def rows() -> list[tuple]:
        return bed.place.connection.execute(
            f"SELECT id, name, price, seen, JSON_SERIALIZE(tags) FROM {table} ORDER BY id").fetchall()

    tags = ['["a","b\\\\"]', "[]", None]
    want = [(*seen[:4], tag) for seen, tag in zip(SEEN, tags)]
    [record] = bed.move(file, bed.redshift("users"), "--json").records
    assert record["rows"] == 3 and rows() == want
    bed.move(file, bed.redshift("users"))
    assert rows() == sorted(want * 2, key=lambda row: row[0])
    bed.move(file, bed.redshift("users"), "--replace")
    assert rows() == want
    bed.place.bucket.put("x/users.parquet", (bed.tmp / "users.parquet").read_bytes())
    bed.move(bed.place.bucket.uri("x/users.parquet"), bed.redshift("from_s3"))
    assert bed.place.connection.execute(f"SELECT count(*), count(name) FROM {bed.place.schema}.from_s3").fetchone() == (3, 2)
    more = USERS.drop_columns(["raw"]).append_column("more", [[1, 2, 3]])
    assert "has no column more" in bed.move(bed.file(more), bed.redshift("users"), code=1).said
    assert rows() == want and bed.nothing_is_staged()


# From servers.


NASTY = """(VALUES (1, NULL, 1.10::numeric(38,2), true, '2024-02-29 23:59:59.999999+00'::timestamptz, E'\\\\xff00'::bytea),
                   (2, '', NULL, NULL, NULL, ''), (3, E'a,"b"\\n\\\\N', -0.01, false, '0001-01-01 00:00:00+00', NULL))
           AS t (id, name, price, flag, seen, raw)"""
COLUMNS = ["id", "name", "price", "flag", "seen", "raw"]
WANT = [(1, None, decimal.Decimal("1.10"), True, datetime.datetime(2024, 2, 29, 23, 59, 59, 999999, datetime.UTC),
         b"\xff\x00"),
        (2, "", None, None, None, b""),
        (3, "a,\"b\"\n\\N", decimal.Decimal("-0.01"), False, datetime.datetime(1, 1, 1, tzinfo=datetime.UTC), None)]
CSV = ("id,name,price,flag,seen,raw\n1,,1.10,true,2024-02-29 23:59:59.999999+00,ff00\n2,\"\",,,,\"\"\n"
       "3,\"a,\"\"b\"\"\n\\N\",-0.01,false,0001-01-01 00:00:00+00,\n")


def parquet_rows(data: bytes, columns: int = len(COLUMNS)) -> list[tuple]:
    table = pq.read_table(io.BytesIO(data))
    assert table.column_names == COLUMNS[:columns]
    return sorted(zip(*(column.to_pylist() for column in table.columns)))


def test_postgresql_is_read_into_files_and_objects(bed):
    bed.connection.execute(f"CREATE TABLE users AS SELECT id, name, price::numeric(38,2), flag, seen, raw FROM {NASTY}")
    [record] = bed.move(bed.table("users"), bed.place.bucket.uri("out/users.parquet"), "--json").records
    assert record["rows"] == 3 and parquet_rows(bed.place.bucket.get("out/users.parquet")) == WANT
    bed.move(bed.postgres, str(bed.tmp / "out.csv"), "--query", f"SELECT * FROM {bed.place.schema}.users ORDER BY id; -- all\n;/* ; */")
    assert (bed.tmp / "out.csv").read_text() == CSV
    bed.move(bed.table("users"), bed.place.bucket.uri("out/users.csv.gz"))
    assert gzip.decompress(bed.place.bucket.get("out/users.csv.gz")).decode() == CSV
    assert "--replace" in bed.move(bed.table("users"), str(bed.tmp / "out.csv"), code=1).said


def test_what_nothing_holds_is_refused_by_its_column(bed):
    bed.connection.execute("CREATE TABLE odd (id int, n numeric, d date, x numeric)")
    said = bed.move(bed.table("odd"), str(bed.tmp / "odd.parquet"), code=1).said
    assert "n is numeric" in said and "x is numeric" in said and not (bed.tmp / "odd.parquet").exists()
    bed.connection.execute("CREATE TABLE endless (id int, d date)")
    bed.connection.execute("INSERT INTO endless VALUES (1, '2024-01-01'), (2, 'infinity')")
    said = bed.move(bed.table("endless"), str(bed.tmp / "odd.parquet"), code=1).said
    assert "infinity" in said and "column d" in said and not list(bed.tmp.iterdir())
    assert "no such table" in bed.move(bed.table("nowhere"), str(bed.tmp / "odd.parquet"), code=1).said
    twice = f"{bed.postgres}?query=SELECT 1 AS a, 2 AS a"
    assert "two columns a" in bed.move(twice, str(bed.tmp / "odd.parquet"), code=1).said


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
@pytest.mark.parametrize("how", ["lost", "stopped"])
def test_a_read_that_breaks_off_leaves_no_file(bed, how, name):
    query = "SELECT i AS id, 'slow' || pg_sleep(0.001) AS t FROM generate_series(1, 100000) i"
    running = bed.start(bed.postgres, str(bed.tmp / name), "--query", query)
    broken_off(bed, running, how)
    assert list(bed.tmp.iterdir()) == []
    wait_until(lambda: not bed.pids("COPY"), "the server has given up")


def test_from_server_to_server(bed):
    bed.connection.execute(f"CREATE TABLE users AS SELECT id, name, price::numeric(38,2), flag, seen, raw FROM {NASTY}")
    bed.connection.execute("ALTER TABLE users ADD doc jsonb DEFAULT '{\"a\": [1.50, null]}'")
    bed.move(bed.table("users"), bed.table("copied"))
    assert bed.rows("copied") == bed.rows("users")
    bed.connection.execute("ALTER TABLE users DROP raw")
    bed.move(bed.table("users"), bed.redshift("users"))
    bed.place.connection.execute(f"INSERT INTO {bed.place.schema}.users (id) VALUES (4)")
    bed.move(bed.redshift("users"), bed.table("back"))
    assert bed.rows("back") == [*bed.rows("users"), (4, *[None] * 5)]
    assert bed.types("back") == {"id": "integer", "name": "text", "price": "numeric(38,2)", "flag": "boolean",
                                 "seen": "timestamp with time zone", "doc": "jsonb"}
    bed.move(bed.redshift("users"), bed.redshift("copied"))
    assert bed.place.connection.execute(f"SELECT count(*), count(name) FROM {bed.place.schema}.copied").fetchone() == (4, 2)
    assert bed.nothing_is_staged()


def test_redshift_is_read_into_files_and_objects(bed):
    table = f"{bed.place.schema}.users"
    bed.place.connection.execute(f"CREATE TABLE {table} (id int, name varchar(20), price numeric(38,2), flag boolean, "
                                 "seen timestamptz)")
    bed.place.connection.execute(
        f"INSERT INTO {table} VALUES (1, NULL, 1.10, true, '2024-02-29 23:59:59.999999+00'),"
        f"(2, '', NULL, NULL, NULL), (3, %s, -0.01, false, '0001-01-01 00:00:00+00')",
        ("a,\"b\"\n\\N",))
    bed.move(bed.redshift("users"), str(bed.tmp / "out.parquet"))
    want = [row[:5] for row in WANT]
    assert parquet_rows((bed.tmp / "out.parquet").read_bytes(), 5) == want
    bed.move(bed.redshift("users"), bed.place.bucket.uri("parts/"), "--to-format", "parquet")
    parts = [key for key in bed.place.bucket.objects() if key.startswith("parts/")]
    assert sorted(row for key in parts for row in parquet_rows(bed.place.bucket.get(key), 5)) == want
    query = f"redshift://?query=SELECT count(*) AS n, sum(id)::numeric(9,2) AS s FROM {table}; -- it"
    bed.move(query, str(bed.tmp / "sum.csv"))
    assert (bed.tmp / "sum.csv").read_text() == "n,s\n3,6.00\n"
    bed.move(f"redshift://?query=SELECT id FROM {table} WHERE id > 9", str(bed.tmp / "none.csv"))
    assert (bed.tmp / "none.csv").read_text() == "id\n"
    said = bed.move(f"redshift://?query=SELECT 1, id AS a, id AS a FROM {table}", str(bed.tmp / "x.csv"), code=1).said
    assert "column 1 has no name" in said and "a is there twice" in said
    assert "nowhere" in bed.move(bed.redshift("nowhere"), str(bed.tmp / "x.csv"), code=1).said
    assert bed.nothing_is_staged() and not (bed.tmp / "x.csv").exists()
