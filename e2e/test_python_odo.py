"""odo's names: the programs of its page on AWS, and everything that may stand on either side."""

import collections.abc
import datetime
import decimal
import gzip
import os
import subprocess
import sys
from urllib.parse import quote

import duckdb
import pandas
import penstock
import polars
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
from penstock import discover, drop, odo, resource

USERS = "id,name,joined\n1,Ann,2024-01-31\n2,\"Bob, \"\"the\"\" builder\",2024-02-29\n3,,\n4,\"\",2023-12-31\n"
ROWS = [(1, "Ann", datetime.date(2024, 1, 31)), (2, 'Bob, "the" builder', datetime.date(2024, 2, 29)), (3, None, None),
        (4, "", datetime.date(2023, 12, 31))]


@pytest.fixture(autouse=True)
def surroundings(local_redshift, place, monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("AWS_", "REDSHIFT_", "PG", "PENSTOCK_S3")):
            monkeypatch.delenv(name)
    for name, value in local_redshift.environment.items():
        if name.startswith("AWS_") or name in ("PGSSLROOTCERT", "HOME"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("PENSTOCK_S3_BASE_PATH", place.bucket.uri("staging/"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users.csv").write_text(USERS)
    yield
    assert not [key for key in place.bucket.objects() if key.startswith("staging/")], "nothing staged stays"


@pytest.fixture
def uri(local_redshift) -> str:
    env = local_redshift.environment
    return (f"redshift://{quote(env['REDSHIFT_USER'])}:{quote(env['REDSHIFT_PASSWORD'], safe='')}@"
            f"{env['REDSHIFT_HOST']}:{env['REDSHIFT_PORT']}/{env['REDSHIFT_DB']}")


def rows(place, table: str = "users", columns: str = "id, name, joined") -> list[tuple]:
    return sorted(place.query(f"SELECT {columns} FROM {place.schema}.{table}"), key=repr)


def run_program(text: str) -> str:
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_programs_of_the_page(place, uri):
    place.bucket.put("prefix1.csv", "id,name\n1,a\n")
    place.bucket.put("prefix2.csv", "id,name\n2,b\n")
    place.bucket.put("myfile.csv", USERS)
    said = run_program(f"""
from penstock import odo, resource
csvfile = resource({place.bucket.uri('myfile.csv')!r})
csv_glob = resource({place.bucket.uri('prefix*.csv')!r})
db = resource({uri!r})
table = resource({uri + '::' + place.schema + '.users'!r})

table = odo('users.csv', {uri + '::' + place.schema + '.users'!r})

import pandas as pd
df = odo({place.bucket.uri('myfile.csv')!r}, pd.DataFrame)
print(type(df).__module__.split('.')[0], len(df), list(df.columns))
print(sorted(odo(csv_glob, list)), len(odo(csvfile, list)), len(odo(table, pd.DataFrame)))
""")
    assert said.splitlines() == ["pandas 4 ['id', 'name', 'joined']", "[(1, 'a'), (2, 'b')] 4 4"]
    assert rows(place) == sorted(ROWS, key=repr)


def test_its_list_of_things_to_do(place, uri):
    """gzip, and JSON lines to Redshift."""
    place.bucket.put("users.csv.gz", gzip.compress(USERS.encode()))
    assert odo(place.bucket.uri("users.csv.gz"), list) == ROWS
    place.bucket.put("users.json", '{"id": 1, "name": "Ann", "joined": "2024-01-31"}\n')
    odo(place.bucket.uri("users.json"), f"{uri}::{place.schema}.users")
    assert rows(place) == ROWS[:1]


CLASSES = [pandas.DataFrame, polars.DataFrame, polars.LazyFrame, pyarrow.Table, pyarrow.RecordBatchReader,
           duckdb.DuckDBPyRelation, list, set, collections.abc.Iterator]


def as_rows(value) -> list[tuple]:
    if isinstance(value, pandas.DataFrame):
        value = pyarrow.Table.from_pandas(value)
    if isinstance(value, polars.LazyFrame):
        value = value.collect()
    if hasattr(value, "__arrow_c_stream__"):
        table = pyarrow.table(value)
        value = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return sorted(value, key=repr)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: f"{kind.__module__.split('.')[0]}.{kind.__name__}")
def test_a_class_gives_the_rows_and_takes_them(place, uri, kind):
    made = odo("users.csv", kind)
    assert isinstance(made, kind)
    assert as_rows(made) == sorted(ROWS, key=repr)
    made = odo("users.csv", kind)  # what was an iterator is at its end
    columns = {} if hasattr(made, "__arrow_c_stream__") or kind is polars.LazyFrame else {"columns": ["id", "name", "joined"]}
    odo(made, f"{uri}::{place.schema}.users", **columns)
    assert rows(place) == sorted(ROWS, key=repr)


def test_frames_to_files_and_objects(place, tmp_path):
    frame = pandas.DataFrame({"id": [1, 2], "name": ["a", None]}, index=["x", "y"])
    assert odo(frame, "out.parquet").uri == "out.parquet"
    assert pyarrow.parquet.read_table("out.parquet").to_pylist() == [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
    odo(polars.from_pandas(frame), place.bucket.uri("out.csv"))
    assert place.bucket.get("out.csv") == b"id,name\n1,a\n2,\n"
    with pytest.raises(penstock.RefusedError):
        odo(frame, "out.parquet")
    odo(frame[:1], "out.parquet", replace=True)
    assert pyarrow.parquet.read_table("out.parquet").num_rows == 1


def test_rows_to_anywhere(place, uri):
    table = f"{uri}::{place.schema}.people"
    odo(({"id": n, "name": f"n{n}", "at": datetime.datetime(2024, 1, n)} for n in (1, 2)), table)
    odo([(3, "n3", datetime.datetime(2024, 1, 3))], table)  # the table has names, and so need not be told
    assert rows(place, "people", "id, name, at") == [(n, f"n{n}", datetime.datetime(2024, 1, n)) for n in (1, 2, 3)]
    odo([(1, decimal.Decimal("1.50"), True), (2, None, False)], "t.csv", columns=["id", "price", "ok"])
    assert open("t.csv").read() == "id,price,ok\n1,1.50,true\n2,,false\n"
    assert odo([(1, "a")], list, columns=["id", "name"]) == [(1, "a")]
    there = [(0, None, None)]
    assert odo("users.csv", there) is there and len(there) == 5


def test_rows_that_are_none(tmp_path):
    for bad, words in [([(1, 2)], "columns="), ([], "no rows"), ([{"a": 1}, {"b": 2}], "row 2 has b"),
                       ([{"a": 1}, {"a": "x"}], "several types"), (7, "no source"), (b"x", "no source")]:
        with pytest.raises(penstock.InvalidError, match=words):
            odo(bad, "bad.csv")
    late = [{"a": 1}] * 20_000 + [{"a": "x"}]
    with pytest.raises(penstock.InvalidError, match="column a: among rows 16385 to 20001"):
        odo(iter(late), "bad.csv")

    def broken():
        yield {"a": 1}
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        odo(broken(), "bad.csv")
    assert not os.path.exists("bad.csv")
    with pytest.raises(penstock.InvalidError, match="no target"):
        odo("users.csv", dict)
    with pytest.raises(penstock.InvalidError, match="can't be added to"):
        odo("users.csv", pandas.DataFrame())
    with pytest.raises(penstock.InvalidError, match="replace"):
        odo("users.csv", list, replace=True)
    with pytest.raises(penstock.NotFoundError, match="nowhere.csv"):
        odo("nowhere.csv", list)


def test_a_resource(place, uri):
    table = resource(f"{uri}::{place.schema}.users")
    assert odo("users.csv", table) is table
    assert uri.split(":")[2].split("@")[0] not in repr(table) and f"::{place.schema}.users" in repr(table)
    assert pyarrow.table(table).num_rows == len(polars.from_arrow(pyarrow.table(table))) == 4
    semicolons = resource("s.csv", delimiter=";", columns=["a", "b"])
    with open("s.csv", "w") as file:
        file.write("1;2\n3;4\n")
    assert odo(semicolons, list) == [(1, 2), (3, 4)]
    assert [column.name for column in discover(semicolons).columns] == ["a", "b"]
    with pytest.raises(penstock.InvalidError):
        resource("")


def test_discover_of_anything(place, uri):
    def types(source, **how) -> list[tuple[str, str]]:
        return [(column.name, column.type) for column in discover(source, **how).columns]

    assert types("users.csv")[::2] == [("id", "integer"), ("joined", "date")]
    table = pyarrow.table({"n": pyarrow.array([1, None], pyarrow.int16()), "t": ["ab", "é"],
                           "d": pyarrow.array([decimal.Decimal("1.50"), None], pyarrow.decimal128(10, 2)),
                           "at": pyarrow.array([0, 1], pyarrow.timestamp("us", "UTC")), "s": [[1], None]})
    found = types(table)
    assert [type for name, type in found if name != "t"] == ["smallint", "numeric(10,2)", "timestamp with time zone", "super"]
    assert dict(types(table, tight=True))["t"] == "character varying(2)"
    for frame in (table.to_pandas()[["n", "t"]], polars.from_arrow(table.select(["n", "t"])), table.select(["n", "t"]).to_batches()[0]):
        assert [name for name, _ in types(frame)] == ["n", "t"]
    outcome = discover(table)
    assert outcome.records == 2 and outcome.columns[0].nulls == 1 and outcome.columns[1].max_bytes == 2
    place.connection.execute(outcome.ddl(schema=place.schema, table="made"))
    odo(table, f"{uri}::{place.schema}.made")
    assert place.query(f"SELECT count(*) FROM {place.schema}.made") == [(2,)]
    assert types([(1, "a")], columns=["x", "y"])[0] == ("x", "bigint")
    with pytest.raises(penstock.RefusedError, match="length"):
        discover(pyarrow.table({"length": pyarrow.array([1], pyarrow.duration("s"))}))
    with pytest.raises(penstock.InvalidError):
        discover(table, delimiter=";")


def test_drop_of_anything(place, uri):
    odo("users.csv", f"{uri}::{place.schema}.users")
    odo("users.csv", place.bucket.uri("a/1.csv"))
    odo("users.csv", place.bucket.uri("a/2.csv"))
    assert drop(resource(f"{uri}::{place.schema}.users"))[0].removed == 1
    assert "users" not in place.tables()
    assert [gone.removed for gone in drop([place.bucket.uri("a/*.csv"), "users.csv"])] == [2, 1]
    assert not [key for key in place.bucket.objects() if key.startswith("a/")] and not os.path.exists("users.csv")
    with pytest.raises(penstock.NotFoundError):
        drop("users.csv")
