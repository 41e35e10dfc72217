"""Bad input: a clear message, the exit code that the design gives, and nothing changed."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from harness.place import EVENTS, Place, events, json_lines

THREE = """
{name}:
  dest: {name}
  columns:
    - {{dest: id, type: int}}
    - {{dest: name, type: varchar(5)}}
    - {{dest: seen, type: timestamp}}
  meta: {{datadatecolumn: seen, schema: {schema}}}
"""


@dataclass
class Case:
    name: str
    prepare: Callable[[Place], object]
    code: int
    says: list[str]  # all of these are in the message; {schema} and {bucket} are filled in
    arguments: list[str] = field(default_factory=list)
    tables: str = "events"
    env: dict[str, str | None] = field(default_factory=dict)


def one_day(place: Place) -> None:
    place.put_events("2024-01-01")


def csv(body: str, suffix: str = "csv", config: str = THREE) -> Callable[[Place], object]:
    return lambda place: place.put("2024-01-01", body, suffix, config=config)


def truncated_gzip(place: Place) -> None:
    whole = gzip.compress(json_lines(events("2024-01-01", count=5000)))
    place.put("2024-01-01", whole[: len(whole) // 2], "json.gz")


def manifest_naming_a_missing_key(place: Place) -> None:
    place.bucket.put("parts/1.json", json_lines(events("2024-01-01")))
    entries = [{"url": place.bucket.uri(k), "mandatory": True} for k in ("parts/1.json", "parts/2.json")]
    place.put("2024-01-01", json.dumps({"entries": entries}), "manifest")


def table_that_drifted(place: Place) -> None:
    place.connection.execute(f"CREATE TABLE {place.schema}.events (id int, name varchar(256), seen date)")
    one_day(place)


def without_its_schema(place: Place) -> None:
    one_day(place)
    place.connection.execute(f"DROP SCHEMA {place.schema}")


def only_a_sibling(place: Place) -> None:
    place.put("2024-01-01", json_lines(events("2024-01-01")), table="pages_daily")


CASES = [
    Case("missing variables are all named", one_day, 2, ["REDSHIFT_HOST", "REDSHIFT_USER", "REDSHIFT_PASSWORD"],
         env={"REDSHIFT_HOST": None, "REDSHIFT_USER": None, "REDSHIFT_PASSWORD": None}),
    Case("all problems of usage come at once", one_day, 2, ["--granularity", "--date", "REDSHIFT_DB"],
         ["--granularity", "week", "--date", "yesterday"], env={"REDSHIFT_DB": None}),
    Case("a wrong password", one_day, 1, ["password authentication failed"], env={"REDSHIFT_PASSWORD": "not-this-one"}),
    Case("no server at that port", one_day, 1, ["refused"], env={"REDSHIFT_PORT": "1"}),
    Case("no such bucket", lambda place: place.bucket.client.delete_bucket(Bucket=place.bucket.name), 1,
         ["{bucket}", "bucket"]),
    Case("no data", lambda place: None, 1, ["{schema}_events_", "{bucket}"]),
    Case("no data for that date", one_day, 1, ["2024-02-02"], ["--date", "2024-02-02T00:00:00Z"]),
    Case("a malformed date", one_day, 2, ["2024-13-01"], ["--date", "2024-13-01T00:00:00Z"]),
    Case("a date without an offset", one_day, 2, ["2024-01-01T00:00:00"], ["--date", "2024-01-01T00:00:00"]),
    Case("an unknown option", one_day, 2, ["--tabels"], ["--tabels=x"]),
    Case("an unknown time zone", one_day, 2, ["Mars/Olympus"], ["--granularity", "day", "--timezone", "Mars/Olympus"]),
    Case("a config that is not YAML", lambda p: p.put("2024-01-01", "{}", config="{{{{ a: ["), 2, [".yml:"]),
    Case("a config without the table", lambda p: p.put("2024-01-01", "{}", config=EVENTS.replace("{name}", "other")), 2,
         ["events", "other", ".yml"]),
    Case("a config that is not there", lambda p: p.put("2024-01-01", "{}", config=None), 1,
         ["config_{schema}_events_"]),
    Case("an unknown type, with its line",
         lambda p: p.put("2024-01-01", "{}", config=EVENTS.replace("bigint", "bigend")), 2, [".yml:5:", "bigend"]),
    Case("all problems of a config come at once",
         lambda p: p.put("2024-01-01", "{}", config=EVENTS.replace("bigint", "bigend").replace("text", "txet")), 2,
         ["bigend", "txet"]),
    Case("drift, all of it", table_that_drifted, 1, ["id", "seen", "bigint", "timestamp"]),
    Case("a schema that is not there", without_its_schema, 1, ["{schema}", "--create-schema"]),
    Case("a CSV row with too many fields", csv("1,a,2024-01-01\n2,b,2024-01-01,x\n"), 1, ["line 2"]),
    Case("text in an int column", csv("1,a,2024-01-01\nxy,b,2024-01-01\n"), 1, ["line 2", "id", "Invalid digit", "xy"]),
    Case("an over-long varchar", csv("1,abcdef,2024-01-01\n"), 1, ["line 1", "name", "length", "abcdef"]),
    Case("a varchar is counted in bytes", csv("1,äöü,2024-01-01\n"), 1, ["line 1", "name", "length"]),
    Case("a JSON record cut off", lambda p: p.put("2024-01-01", b'{"id": 1}\n{"id": 2'), 1, [".json"]),
    Case("NULL in a NOT NULL column", lambda p: p.put("2024-01-01", b'{"name": "x"}\n'), 1, ["id", "not-null"]),
    Case("a truncated gzip", truncated_gzip, 1, [".json.gz"]),
    Case("a gzip that is none", lambda p: p.put("2024-01-01", b"{}", "json.gz"), 1, [".json.gz"]),
    Case("a manifest naming a missing key", manifest_naming_a_missing_key, 1, ["parts/2.json"]),
    Case("a manifest that is not JSON", lambda p: p.put("2024-01-01", "parts/1.json", "manifest"), 1, [".manifest"]),
    Case("pages does not see the files of pages_daily", only_a_sibling, 1, ["{schema}_pages_"], tables="pages"),
    Case("two spellings of one instant",
         lambda p: (p.put_events("2024-01-01"), p.put("2024-01-01T01:00:00+01:00", json_lines([]), "json.gz")), 1,
         ["2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00"]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name.replace(" ", "-"))
def test_bad_input_is_named_and_nothing_changes(place, case):
    case.prepare(place)
    before = place.state() if case.name != "no such bucket" else None
    run = place.program.run(*place.arguments(*case.arguments, tables=case.tables), env=case.env)
    assert run.code == case.code, str(run)
    for text in case.says:
        assert text.format(schema=place.schema, bucket=place.bucket.name).lower() in run.said.lower(), str(run)
    if before is not None:
        assert place.state() == before


def test_more_than_5000_keys_are_all_seen(place, local_redshift):
    """The newest stands behind the first pages, and mostly things that are not data."""
    place.put_events("2024-01-01")
    newest = place.key("2024-06-01", "json")
    place.put("2024-06-01", json_lines(events("2024-06-01", first=100)))
    start = f"{place.schema}_events_2024"
    local_redshift.make_objects(place.bucket.name, [f"{start}-01-01T00:00:00Z.part{i:05}.bak" for i in range(3000)])
    local_redshift.make_objects(place.bucket.name, [f"{start}-02-30T{i:05}.json" for i in range(2100)])
    run = place.load()
    assert run.records[0]["objects"] == [place.bucket.uri(newest)]
    assert place.ids() == [100, 101, 102]


def test_one_table_that_fails_does_not_stop_the_others(place):
    for table in ("a", "c"):
        place.put("2024-01-01", json_lines(events("2024-01-01")), table=table)
    place.put("2024-01-01", b"{broken\n", table="b")
    run = place.load(tables="a,b,c", code=1)
    assert [(r["table"], r["status"]) for r in run.records] == [("a", "loaded"), ("b", "failed"), ("c", "loaded")]
    assert place.ids("a") == place.ids("c") == [1, 2, 3]
