"""aws_etl_tools' names: what its README does, and what became of its sharp corners. psycopg looks at the rows."""

import csv
import datetime
import decimal
import gzip
import json
import os
import resource
import subprocess
import sys
import textwrap
import uuid
from pathlib import Path

import duckdb
import pandas
import penstock
import polars
import psycopg
import pyarrow
import pytest
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers
from penstock import (AuditedUpsert, BasicUpsert, PostgresDatabase, RedshiftDatabase, RedshiftTable, S3File,
                      S3RelativeFilePath, config, from_dataframe, from_in_memory, from_local_file, from_manifest,
                      from_postgres_query, from_s3_file, from_s3_path, s3_to_redshift)

CANDIES = [(5, "skittles"), (6, "eminems"), (7, "snickers")]


@pytest.fixture(autouse=True)
def surroundings(local_redshift, place, monkeypatch):
    """What a user's shell has: no connection of penstock's, and the bucket."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "REDSHIFT_", "PG", "PENSTOCK_S3")):
            monkeypatch.delenv(name)
    for name, value in local_redshift.environment.items():
        if name.startswith("AWS_") or name in ("PGSSLROOTCERT", "HOME"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ETL_TOOLS_S3_BASE_PATH", place.bucket.uri("this/is/where/we/work"))
    yield
    assert [key for key in place.bucket.objects() if key.startswith("this/is")] in ([], KEPT), "nothing of ours stays"
    KEPT.clear()


KEPT: list[str] = []  # below the base path, by the test that runs


@pytest.fixture
def creds(local_redshift) -> dict:
    env = local_redshift.environment
    return {"database_name": env["REDSHIFT_DB"], "username": env["REDSHIFT_USER"], "password": env["REDSHIFT_PASSWORD"],
            "host": env["REDSHIFT_HOST"], "port": int(env["REDSHIFT_PORT"])}


@pytest.fixture
def db(creds) -> RedshiftDatabase:
    return RedshiftDatabase(creds)


@pytest.fixture
def destination(place, db) -> RedshiftTable:
    place.connection.execute(f"CREATE TABLE {place.schema}.v1_candy_names (id integer, name varchar(20))")
    return RedshiftTable(database=db, target_table=f"{place.schema}.v1_candy_names", upsert_uniqueness_key=("id",))


def rows(place, table: str = "v1_candy_names", columns: str = "id, name") -> list[tuple]:
    return sorted(place.query(f"SELECT {columns} FROM {place.schema}.{table}"), key=repr)


PROGRAM = """
import os
os.environ['AWS_ETL_TOOLS_S3_BASE_PATH'] = {base!r}
from penstock import RedshiftDatabase, RedshiftTable, from_in_memory

creds = {creds!r}
my_db = RedshiftDatabase(creds)

class MyDatabase(RedshiftDatabase):
    def __init__(self, environment):
        self.credentials = dict(creds, database_name={{'staging': creds['database_name']}}[environment])

source_data = [(5, 'skittles'), (6, 'eminems'), (7, 'snickers')]
for my_subclassed_database_object in (my_db, MyDatabase('staging')):
    destination = RedshiftTable(
        database=my_subclassed_database_object,
        target_table={table!r},
        upsert_uniqueness_key=('id',)
    )
    from_in_memory(source_data, destination)
    print(my_subclassed_database_object.table_count({table!r}))
"""


def run_program(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_program_of_the_readme(place, creds, destination):
    place.connection.execute(f"INSERT INTO {place.schema}.v1_candy_names VALUES (6, 'old'), (9, 'stays')")
    said = run_program(PROGRAM.format(base=place.bucket.uri("this/is/where/we/work"), creds=creds,
                                      table=destination.target_table))
    assert said.split() == ["4", "4"], "last write wins, whenever it is run"
    assert rows(place) == [*CANDIES, (9, "stays")]


def test_every_source_goes_the_same_way(place, creds, db, destination, tmp_path):
    body = "5,skittles\n6,eminems\n7,snickers\n"
    place.bucket.put("namespaced/here.csv", body)
    place.bucket.put("namespaced/there.csv.gz", gzip.compress(body.encode()))
    s3_path = place.bucket.uri("namespaced/here.csv")
    local = tmp_path / "dump.txt"
    local.write_text(body)
    frame = pandas.DataFrame(CANDIES, columns=["id", "name"], index=["alpha", "beta", "gamma"])
    sources = {
        "memory": lambda: from_in_memory(CANDIES, destination),
        "lists": lambda: from_in_memory([list(row) for row in CANDIES], destination),
        "generator": lambda: from_in_memory((row for row in CANDIES), destination),
        "s3 path": lambda: from_s3_path(s3_path, destination),
        "s3 file": lambda: from_s3_file(S3File(s3_path), destination),
        "gzip": lambda: s3_to_redshift(S3File(place.bucket.uri("namespaced/there.csv.gz")), destination, gzip=True),
        "manifest": lambda: from_manifest({"entries": [{"url": s3_path, "mandatory": True}]}, destination),
        "local file": lambda: from_local_file(str(local), destination),
        "path": lambda: from_local_file(local, destination),
        "pandas": lambda: from_dataframe(frame, destination),
        "by name": lambda: from_dataframe(frame[["name", "id"]], destination),
        "without names": lambda: from_dataframe(pandas.DataFrame(CANDIES), destination),
        "by position": lambda: from_dataframe(frame.set_axis(["one", "two"], axis=1), destination, by_position=True),
        "polars": lambda: from_dataframe(polars.DataFrame(CANDIES, schema=["id", "name"], orient="row"), destination),
        "pyarrow": lambda: from_dataframe(pyarrow.table({"NAME": [n for _, n in CANDIES], "id": [i for i, _ in CANDIES]}),
                                          destination),
        "duckdb": lambda: from_dataframe(
            duckdb.sql("SELECT * FROM (VALUES (5, 'skittles'), (6, 'eminems'), (7, 'snickers')) t(id, name)"), destination),
        "pyarrow by position": lambda: from_dataframe(
            pyarrow.table({"a": [i for i, _ in CANDIES], "b": [n for _, n in CANDIES]}), destination, by_position=True),
    }
    for name, write in sources.items():
        db.execute(f"DELETE FROM {destination.target_table}")
        db.execute(f"INSERT INTO {destination.target_table} VALUES (6, 'old')")
        write()
        assert rows(place) == CANDIES, name
        write()
        assert rows(place) == CANDIES, f"{name}, again"


def test_a_query_of_postgres_goes_by_position(place, destination):
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "pg")
        try:
            source = PostgresDatabase({"database_name": "postgres", "username": "awsuser", "password": "any",
                                       "host": "127.0.0.1", "port": server.port})
            query = "SELECT 5 AS number, 'skittles' AS category UNION SELECT 7, NULL -- and no more\n ;"
            from_postgres_query(source, query, destination)
            assert rows(place) == [(5, "skittles"), (7, None)]
            with pytest.raises(penstock.Error, match="columns"):
                from_postgres_query(source, "SELECT 1", destination)
            assert source.fetch("SELECT 1, 'a', '[1]'::jsonb, '\\x00ff'::bytea") == [(1, "a", [1], b"\0\xff")]
        finally:
            server.stop()


def test_what_was_null_is_null(place, db, destination, tmp_path):
    from_in_memory([(1, None), (2, ""), (3, float("nan")), (4, " ")], destination)
    assert rows(place) == [(1, None), (2, None), (3, None), (4, " ")]
    from_in_memory([(2, "")], destination, empty_as_null=False)
    assert (2, "") in rows(place)
    place.bucket.put("nulls.csv", "1,\n2,x\n")
    from_s3_path(place.bucket.uri("nulls.csv"), destination)
    assert (1, None) in rows(place) and (2, "x") in rows(place)


def test_values_go_as_they_are(place, db):
    place.connection.execute(
        f"CREATE TABLE {place.schema}.v (id int, t varchar(100), d decimal(20,4), f float, day date, at timestamp, b boolean, s super)")
    values = (1, "a,\"b\"\nc\\d'é", decimal.Decimal("1234567890.1234"), 0.1 + 0.2, datetime.date(2024, 2, 29),
              datetime.datetime(2024, 2, 29, 12, 30, 0, 123456), True, {"a": [1, None]})
    from_in_memory([values], RedshiftTable(db, f"{place.schema}.v", ["id"]))
    (found,) = place.query(f"SELECT id, t, d, f, day, at, b, JSON_SERIALIZE(s) FROM {place.schema}.v")
    assert found[:7] == values[:7] and json.loads(found[7]) == values[7]
    assert db.fetch(f"SELECT id, t, d, f, day, at, b FROM {place.schema}.v") == [values[:7]], "and come back so"


def test_rows_that_are_none(place, destination):
    for bad, words in [([(1, "a"), (2,)], "row 2 has 1 values, and there are 2 columns: id, name"),
                       ([(1, "a"), "ab"], "row 2 is of the type str"), ([{"id": 1}], "row 1 is of the type dict")]:
        with pytest.raises(penstock.InvalidError, match=words):
            from_in_memory(bad, destination)
    with pytest.raises(penstock.RefusedError, match="(?s)id.*nothing was changed"):
        from_in_memory([(1, "a"), ("x", "b")], destination)
    with pytest.raises(penstock.NoDataFoundError):
        from_in_memory([], destination)
    assert rows(place) == []


def test_an_iterable_that_raises_in_the_middle(place, destination):
    class Ours(Exception):
        pass

    def broken():
        for number in range(40_000):
            yield number, "x"
        raise Ours("the source went away")

    with pytest.raises(Ours, match="went away"):
        from_in_memory(broken(), destination)
    assert rows(place) == [] and place.loads() == [], "nothing was committed"


def test_a_million_rows_of_a_generator_in_little_memory(place, creds, destination):
    """Of a process of its own: what it needs beyond the same with few rows."""
    text = textwrap.dedent("""
        import resource
        import penstock
        from penstock import RedshiftDatabase, RedshiftTable, from_in_memory
        destination = RedshiftTable(RedshiftDatabase({creds!r}), {table!r}, ("id",))
        from_in_memory(((i, "x" * 20) for i in range({count})), destination, memory=32 << 20, maintenance=False)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    """)
    few, many = (int(run_program(text.format(creds=creds, table=destination.target_table, count=count)))
                 for count in (50_000, 1_000_000))
    assert place.query(f"SELECT count(*), count(DISTINCT id) FROM {destination.target_table}") == [(1_000_000, 1_000_000)]
    assert many < few + 100, f"{many} MiB, and {few} MiB of a twentieth of the rows"  # as Python's objects some 140


def test_several_rows_of_one_key(place, destination):
    twice = [(1, "first"), (2, "b"), (1, "second")]
    with pytest.raises(penstock.RefusedError, match="several records of one key"):
        from_in_memory(twice, destination)
    from_in_memory(twice, destination, duplicates="last")
    assert rows(place) == [(1, "second"), (2, "b")]
    from_in_memory(twice, destination, duplicates="keep")
    assert rows(place) == [(1, "first"), (1, "second"), (2, "b")]
    from_in_memory([(1, "a"), (1, "c"), (1, "b")], destination, order_by="name")
    assert (1, "second") in rows(place), "what is older by order_by loses against the table, too"


def test_a_table_without_a_schema(db):
    for name in ("candies", "a.b.c", ".b", "a."):
        with pytest.raises(penstock.InvalidError, match="is not schema.table"):
            RedshiftTable(database=db, target_table=name, upsert_uniqueness_key=("id",))
    with pytest.raises(penstock.InvalidError, match="upsert_uniqueness_key"):
        RedshiftTable(database=db, target_table="a.b", upsert_uniqueness_key=())


def test_wrong_credentials(place, creds):
    with pytest.raises(penstock.DeniedError) as caught:
        RedshiftDatabase({**creds, "password": "hush-hush"}).fetch("SELECT 1")
    assert "hush" not in str(caught.value)
    with pytest.raises(penstock.InvalidError, match="username is missing; host is missing; usrname is none that is known"):
        RedshiftDatabase({"database_name": "dev", "usrname": "x", "password": "y", "port": 1}).fetch("SELECT 1")
    assert creds["password"] not in repr(RedshiftDatabase(creds))
    place.connection.execute(f"CREATE TABLE {place.schema}.t (id int)")
    wrong = RedshiftTable(RedshiftDatabase({**creds, "password": "hush-hush"}), f"{place.schema}.t", ("id",))
    with pytest.raises(penstock.DeniedError):
        from_in_memory([(1,)], wrong)


def test_where_the_data_lie_on_their_way(place, destination, monkeypatch):
    monkeypatch.delenv("AWS_ETL_TOOLS_S3_BASE_PATH")
    for write in (lambda: from_in_memory(CANDIES, destination), lambda: S3RelativeFilePath("a").s3_path,
                  lambda: from_manifest({"entries": []}, destination), lambda: from_local_file("x", destination)):
        with pytest.raises(penstock.NoS3BasePathError, match="PENSTOCK_S3_BASE_PATH.*AWS_ETL_TOOLS_S3_BASE_PATH"):
            write()
    with pytest.raises(RuntimeError):  # which it was in aws_etl_tools
        from_in_memory(CANDIES, destination)
    assert rows(place) == []
    monkeypatch.setattr(config, "S3_BASE_PATH", place.bucket.uri("this/is"), raising=False)
    from_in_memory(CANDIES, destination)
    monkeypatch.setattr(config, "S3_BASE_PATH", None)
    monkeypatch.setenv("PENSTOCK_S3_BASE_PATH", place.bucket.uri("this"))
    with pytest.raises(penstock.NoS3BasePathError):
        from_in_memory(CANDIES, destination)
    monkeypatch.delattr(config, "S3_BASE_PATH")
    assert S3RelativeFilePath("of/it").s3_path == place.bucket.uri("this/of/it")
    assert rows(place) == CANDIES


AUDIT = "(uuid varchar(36), loaded_at timestamp, schema_name varchar(100), table_name varchar(100), detail varchar(65535))"


def test_an_audited_ingestion(place, creds, destination, monkeypatch):
    place.connection.execute(f"CREATE TABLE {place.schema}.audit {AUDIT}")
    monkeypatch.setattr(config, "REDSHIFT_INGEST_AUDIT_TABLE", f"{place.schema}.audit", raising=False)

    class Audited(RedshiftDatabase):
        ingestion_class = AuditedUpsert

    from_in_memory(CANDIES, RedshiftTable(Audited(creds), destination.target_table, ("id",)))
    ((number, at, schema, table, detail),) = place.query(f"SELECT * FROM {place.schema}.audit")
    assert uuid.UUID(number) and (schema, table) == (place.schema, "v1_candy_names")
    assert abs(datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - at) < datetime.timedelta(minutes=10)
    told = json.loads(detail)
    assert told["lines_scanned"] == told["inserted"] == 3 and told["updated"] == 0
    assert place.query("SELECT copy_query FROM penstock.loads WHERE load_id = %s", told["load_id"]) == [(told["query_id"],)]
    with pytest.raises(penstock.RefusedError):
        from_in_memory([("x", "y")], RedshiftTable(Audited(creds), destination.target_table, ("id",)))
    assert sorted(detail is None for (detail,) in place.query(f"SELECT detail FROM {place.schema}.audit")) == [False, True]


def test_an_ingestion_class_of_ones_own(place, creds, destination):
    called = []

    class Recorder:
        def __init__(self, s3_path, where, **arguments):
            called.append((s3_path, where, arguments))

        def __call__(self):
            called.append("called")

    class Recording(RedshiftDatabase):
        ingestion_class = Recorder

        def __init__(self):
            self.credentials = creds

    where = RedshiftTable(Recording(), destination.target_table, ("id",))
    from_in_memory(CANDIES, where, favourite="snickers")
    (s3_path, seen, arguments), done = called
    assert seen is where and arguments == {"favourite": "snickers"} and done == "called"
    base = place.bucket.uri(f"this/is/where/we/work/recording/{place.schema}/v1_candy_names_")
    assert s3_path.startswith(base) and s3_path.endswith(".csv")
    key = s3_path.removeprefix(place.bucket.uri(""))
    assert place.bucket.get(key) == b"5,skittles\n6,eminems\n7,snickers\n"
    KEPT.append(key)

    called.clear()
    from_manifest({"entries": [{"url": s3_path}]}, where)
    manifest, _, arguments = called[0]
    assert arguments == {"with_manifest": True} and manifest.endswith(".manifest")
    KEPT.append(manifest.removeprefix(place.bucket.uri("")))
    KEPT.sort()


def test_hooks_before_and_after(place, creds, destination):
    told = []

    class Hooked(BasicUpsert):
        def before_ingest(self):
            told.append(("before", self.table_name, self.upsert_keys))

        def after_ingest(self):
            told.append(("after", self.outcome.read))

        def final_cleanup(self):
            told.append("last")

    class Database(RedshiftDatabase):
        ingestion_class = Hooked

    from_in_memory(CANDIES, RedshiftTable(Database(creds), destination.target_table, ("id",)))
    assert told == [("before", "v1_candy_names", ("id",)), ("after", 3), "last"]
    with pytest.raises(penstock.InvalidError, match="overrides _copy_statement, which nothing calls"):
        class Copying(BasicUpsert):
            def _copy_statement(self):
                return "COPY"


def test_options_that_lose_rows_are_refused(place, destination, tmp_path):
    place.bucket.put("bad.csv", "1,a\nx,b\n3,c\n")
    path = place.bucket.uri("bad.csv")
    for options, words in [({"max_errors": 5}, "it loses rows without a word"), ({"jsonpaths": "s3://b/p.json"}, "jsonpaths"),
                           ({"gzip": True}, "does not end in .gz"), ({"nonsense": 1}, "nonsense")]:
        with pytest.raises((penstock.InvalidError, TypeError), match=words):
            from_s3_path(path, destination, **options)
    from_local_file(_written(tmp_path / "bad.csv", "1,a\nx,b\n3,c\n"), destination, rejects=str(tmp_path / "rejects"))
    assert rows(place) == [(1, "a"), (3, "c")] and (tmp_path / "rejects").read_text() == "x,b\n"


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_frames_that_are_refused(place, destination):
    with pytest.raises(penstock.InvalidError, match="the frame has two, which .* has not: it has id, name"):
        from_dataframe(pandas.DataFrame({"id": [1], "two": ["x"]}), destination)
    with pytest.raises(penstock.InvalidError, match="has 1 columns, and .* has 2"):
        from_dataframe(pandas.DataFrame([[1]]), destination)
    with pytest.raises(penstock.InvalidError, match="is no frame"):
        from_dataframe([(1, "a")], destination)
    with pytest.raises(penstock.InvalidError, match="index=True"):
        from_dataframe(pandas.DataFrame({"id": [1]}), destination, index=True)
    assert rows(place) == []


def test_statements_and_rows(place, db, creds):
    table = f"{place.schema}.s"
    db.execute(f"CREATE TABLE {table} (id int, name varchar(50))")
    db.execute(f"INSERT INTO {table} VALUES (%s, %s)", (1, "it's 100%\\"))
    db.execute(f"INSERT INTO {table} VALUES (%(id)s, %(name)s)", {"id": 2, "name": None})
    db.executemany(f"INSERT INTO {table} VALUES (%s, %s)", [(3, "c"), (4, "d")])
    assert db.fetch(f"SELECT * FROM {table} WHERE id IN %s ORDER BY id", [(1, 2)]) == [(1, "it's 100%\\"), (2, None)]
    assert db.fetch(f"SELECT name FROM {table} WHERE name LIKE '%d'") == [("d",)], "without values a % is a %"
    assert (db.table_count(table), db.table_value_max(table, "id"), db.table_value_min(table, "id")) == (4, 4, 1)
    with pytest.raises(penstock.RefusedError):
        db.executemany(f"INSERT INTO {table} VALUES (%s, 'x')", [(5,), ("y",)])
    with pytest.raises(penstock.RefusedError):
        db.execute(f"BEGIN; INSERT INTO {table} VALUES (6, 'x'); SELECT 1/0; COMMIT")
    assert db.table_count(table) == 4, "all of them, or none"
    assert db.fetch(f"DELETE FROM {table} WHERE id = 4; SELECT 'nothing' WHERE false; SELECT count(*) FROM {table}") == [(3,)]
    day = datetime.datetime(2024, 1, 31, 1, 2, 3, 4, tzinfo=datetime.timezone.utc)
    (found,) = db.fetch("SELECT %s, %s, %s, %s, %s, %s, %s", [day, day.date(), decimal.Decimal("-1.50"), 2.5, True, None, "x"])
    assert found == (day, day.date(), decimal.Decimal("-1.50"), 2.5, True, None, "x")
    with pytest.raises(penstock.InvalidError, match="of the type object"):
        db.fetch("SELECT %s", [object()])
    with pytest.raises(penstock.InvalidError, match="a sequence or a mapping"):
        db.fetch("SELECT %s", "x")
    with pytest.raises(penstock.NotFoundError, match="nowhere"):
        db.execute("SELECT * FROM nowhere")
    many = db.fetch_iter("SELECT a.id FROM {0} a, {0} b, {0} c, {0} d, {0} e, {0} f, {0} g, {0} h, {0} i".format(table))
    assert next(many) and sum(1 for _ in many) == 3 ** 9 - 1
    cursor = db.make_new_cursor()
    cursor.execute(f"SELECT count(*) FROM {table}")
    assert cursor.fetchone() == (3,)
    cursor.connection.close()


def test_unload(place, db, destination):
    from_in_memory(CANDIES, destination)
    query = f"SELECT id, name FROM {destination.target_table} WHERE name <> 'it''s' ORDER BY id"
    db.unload(query, place.bucket.uri("out/one_"))
    assert [place.bucket.get(key) for key in place.bucket.objects() if key.startswith("out/one_")] == [
        b"5|skittles\n6|eminems\n7|snickers\n"], "one object, and no manifest"
    with pytest.raises(penstock.Error):
        db.unload(query, place.bucket.uri("out/one_"))
    done = db.unload(query, place.bucket.uri("out/one_"), delimiter=",", allow_overwrite=True, add_quotes=True, header=True)
    assert done.rows == 3
    assert b'"5","skittles"' in place.bucket.get("out/one_000")
    done = db.unload(query, place.bucket.uri("out/many_"), is_parallel_unload=True, compression_type="GZIP",
                     max_file_size="100 MB")
    assert place.bucket.get("out/many_manifest") and all(".gz" in one.uri for one in done.objects)
    with pytest.raises(penstock.InvalidError, match="compression_type.*max_file_size"):
        db.unload(query, place.bucket.uri("x"), compression_type="LZW", max_file_size="big")


def test_files_in_s3(place, tmp_path):
    file = S3File.from_in_memory_data([(1, "a,b"), (2, None)], place.bucket.uri("f/data.csv"))
    assert place.bucket.get("f/data.csv") == b'1,"a,b"\n2,\n'
    assert (file.bucket_name, file.key_name, file.file_name) == (place.bucket.name, "f/data.csv", "data.csv")
    assert file.file_size == len(b'1,"a,b"\n2,\n') and S3File(place.bucket.uri("f/none")).file_size == 0
    file.download(tmp_path / "back.csv")
    with open(tmp_path / "back.csv", newline="") as back:
        assert list(csv.reader(back)) == [["1", "a,b"], ["2", ""]]
    assert list(tmp_path.iterdir()) == [tmp_path / "back.csv"]
    temporary = S3File.from_json_serializable({"foo": [1, False]}, place.bucket.uri("f/c.json")).download_to_temp()
    assert json.loads(Path(temporary).read_text()) == {"foo": [1, False]}
    Path(temporary).unlink()
    (tmp_path / "empty").write_text("")
    with pytest.raises(penstock.NoDataFoundError):
        S3File.from_local_file(tmp_path / "empty", place.bucket.uri("f/empty"))
    with pytest.raises(penstock.NotFoundError):
        S3File(place.bucket.uri("f/none")).download(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    relative = S3File.from_local_file(tmp_path / "back.csv", "results/today.csv")
    assert relative.s3_path == place.bucket.uri("this/is/where/we/work/results/today.csv")
    relative.remove()
    with pytest.raises(penstock.InvalidError):
        S3File("s3://bucket")
