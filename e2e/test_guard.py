"""What is loaded, what is stale, what is replaced: the flags of `penstock load`, one file after the other."""

import pytest
from harness.place import events, json_lines


def statuses(run) -> list[str]:
    return [r["status"] for r in run.records]


def test_the_newest_by_its_name_is_loaded_whatever_was_written_last(place):
    place.put_events("2024-01-10", first=10)
    place.put_events("2024-01-09", first=9)
    place.load()
    assert place.ids() == [10, 11, 12]


def test_dates_are_compared_as_instants(place):
    place.put("2024-01-02T01:00:00+05:00", json_lines(events("2024-01-01T20:00:00", first=10)))  # text says later
    place.put("2024-01-01T23:00:00Z", json_lines(events("2024-01-01T23:00:00", first=20)))
    place.load()
    assert place.ids() == [20, 21, 22]


def test_a_second_run_changes_nothing(place):
    place.put_events("2024-01-01")
    place.load()
    before = place.state()
    assert statuses(place.load()) == ["skipped"]
    assert place.state() == before


def test_data_not_newer_than_the_watermark_is_stale(place):
    place.put_events("2024-01-02")
    place.load()
    place.put_events("2024-01-01", first=50)
    run = place.load("--date", "2024-01-01T00:00:00Z")
    assert statuses(run) == ["skipped"]
    assert "2024-01-02" in run.records[0]["reason"]
    assert place.ids() == [1, 2, 3]


def test_newer_data_is_appended(place):
    for day, first in (("2024-01-01", 1), ("2024-01-02", 4)):
        place.put_events(day, first=first)
        place.load()
    assert place.ids() == [1, 2, 3, 4, 5, 6]
    assert len(place.loads()) == len(place.ledger()) == 2


def test_other_bytes_under_a_loaded_key_are_refused_until_told(place):
    key = place.put_events("2024-01-01")
    place.load()
    before = place.state()
    place.put_events("2024-01-01", first=7)
    run = place.load(code=4)
    assert key in run.said and "--force" in run.said
    assert place.state()["tables"] == before["tables"]
    record = place.load("--force").records[0]
    assert (record["rows"], record["replaced"]) == (3, 3)
    assert place.ids() == [7, 8, 9]
    assert len(place.ledger()) == 1, "the ledger row of what was replaced went with it"


def test_force_replaces_the_rows_of_that_date_only(place):
    for day, first in (("2024-01-01", 1), ("2024-01-02", 4)):
        place.put_events(day, first=first)
        place.load()
    place.put_events("2024-01-01", first=20)
    place.load("--force", "--date", "2024-01-01T00:00:00Z")
    assert place.ids() == [4, 5, 6, 20, 21, 22]


def test_force_never_doubles(place):
    place.put_events("2024-01-01")
    for _ in range(3):
        place.load("--force")
    assert place.ids() == [1, 2, 3]


def test_truncate_replaces_all_rows_and_does_not_imply_force(place):
    place.put_events("2024-01-01")
    place.load()
    assert statuses(place.load("--truncate")) == ["skipped"]
    place.put_events("2024-01-02", first=10)
    record = place.load("--truncate").records[0]
    assert (record["rows"], record["replaced"]) == (3, 3)
    assert place.ids() == [10, 11, 12]


@pytest.mark.parametrize("arguments", [["--truncate"], ["--force"], ["--granularity", "day"]], ids=" ".join)
def test_a_copy_that_fails_leaves_the_rows_that_it_was_to_replace(place, arguments):
    place.put("2024-01-01T01:00:00Z", json_lines(events("2024-01-01T01:00:00")))
    place.load("--granularity", "day")
    place.put("2024-01-01T02:00:00Z", b"{broken\n")
    before = place.state()
    place.load(*arguments, code=1)
    assert place.state() == before


def test_catch_up_loads_every_newer_date_in_its_own_transaction(place):
    place.put_events("2024-01-02", first=4)
    place.load()
    for day, first in (("2024-01-01", 1), ("2024-01-04", 10), ("2024-01-03", 7)):
        place.put_events(day, first=first)
    run = place.load("--catch-up")
    assert [(r["status"], r["data_date"][:10]) for r in run.records if r["status"] == "loaded"] == [
        ("loaded", "2024-01-03"), ("loaded", "2024-01-04")]
    assert place.ids() == list(range(4, 13))
    assert len(place.loads()) == 3


def test_catch_up_keeps_what_was_loaded_before_a_bad_date(place):
    place.put_events("2024-01-01", first=1)
    place.put("2024-01-02", b"{broken\n")
    place.put_events("2024-01-03", first=7)
    run = place.load("--catch-up", code=1)
    assert statuses(run)[:2] == ["loaded", "failed"]
    assert place.ids() == [1, 2, 3], "a later date would have made the broken one stale for ever"


def test_an_empty_input_replaces_rows_only_when_allowed(place):
    place.put_events("2024-01-01")
    place.load()
    before = place.state()["tables"]
    place.put("2024-01-02", b"")
    assert "--allow-empty" in place.load("--truncate", code=1).said
    assert place.state()["tables"] == before
    place.load("--truncate", "--allow-empty")
    assert place.ids() == []


def test_a_new_column_in_a_later_config_is_added(place):
    place.put_events("2024-01-01")
    place.load()
    wider = """
{name}:
  dest: {name}
  columns:
    - {{dest: colour, type: text, defaultval: red}}
    - {{dest: id, type: bigint, notnull: true, primarykey: true, sortord: 1, distkey: true}}
    - {{dest: name, type: text}}
    - {{dest: seen, type: timestamp}}
    - {{dest: size, type: int}}
  meta: {{datadatecolumn: seen, schema: {schema}}}
"""
    more = [{**e, "colour": "blue", "size": 3} for e in events("2024-01-02", first=4, count=1)]
    place.put("2024-01-02", json_lines(more), config=wider)
    place.load()
    assert place.columns() == ["id", "name", "seen", "colour", "size"]
    assert place.rows()[-1] == ("4", "n4", "2024-01-02 00:00:00", "blue", "3")
    assert place.rows()[0][3:] in ((None, None), ("red", None))


def test_columns_that_only_the_table_has_are_left_alone(place):
    place.put_events("2024-01-01")
    place.load()
    place.connection.execute(f"ALTER TABLE {place.schema}.events ADD COLUMN mine int")
    place.connection.execute(f"UPDATE {place.schema}.events SET mine = 5")
    place.put_events("2024-01-02", first=4)
    place.load()
    assert [r[3] for r in place.rows()] == ["5"] * 3 + [None] * 3


def test_an_hour_is_replaced_by_newer_data_of_the_same_hour(place):
    steps = [  # data date, rows' instants, ids there after the load
        ("2024-01-01T10:05:00Z", "2024-01-01T10:05:00", [1]),
        ("2024-01-01T10:20:00Z", "2024-01-01T10:20:00", [2]),
        ("2024-01-01T11:00:00Z", "2024-01-01T11:00:00", [2, 3]),
    ]
    for number, (date, seen, ids) in enumerate(steps, 1):
        place.put(date, json_lines(events(seen, first=number, count=1)))
        place.load("--granularity", "hour")
        assert place.ids() == ids, date
    assert len(place.ledger()) == 2


# In Berlin, 31 March 2024 has 23 hours (22:00Z to 22:00Z less one), 27 October 25; Lord Howe moves by half an hour.
@pytest.mark.parametrize("zone, before, inside_first, inside_last, after", [
    ("UTC", "2024-03-30T23:59:00", "2024-03-31T00:00:00", "2024-03-31T23:59:00", "2024-04-01T00:00:00"),
    ("Europe/Berlin", "2024-03-30T22:59:00", "2024-03-30T23:00:00", "2024-03-31T21:59:00", "2024-03-31T22:00:00"),
    ("Europe/Berlin", "2024-10-26T21:59:00", "2024-10-26T22:00:00", "2024-10-27T22:59:00", "2024-10-27T23:00:00"),
    ("America/New_York", "2024-11-03T03:59:00", "2024-11-03T04:00:00", "2024-11-04T04:59:00", "2024-11-04T05:00:00"),
    ("Australia/Lord_Howe", "2024-04-06T12:59:00", "2024-04-06T13:00:00", "2024-04-07T13:29:00", "2024-04-07T13:30:00"),
    ("Asia/Kathmandu", "2024-05-01T18:14:00", "2024-05-01T18:15:00", "2024-05-02T18:14:00", "2024-05-02T18:15:00"),
])
def test_a_day_is_the_zones_own_day(place, zone, before, inside_first, inside_last, after):
    """Rows stand at both edges of the day; a reload of the day takes those inside, and no other."""
    rows = [e for n, seen in enumerate((before, inside_first, inside_last), 1) for e in events(seen, first=n, count=1)]
    place.put(inside_first + "Z", json_lines(rows))
    place.load("--granularity", "day", "--timezone", zone)
    assert place.ids() == [1, 2, 3]
    place.put(inside_last + "Z", json_lines(events(inside_last, first=10, count=1)))
    place.load("--granularity", "day", "--timezone", zone)
    assert place.ids() == [1, 10]
    place.put(after + "Z", json_lines(events(after, first=20, count=1)))
    place.load("--granularity", "day", "--timezone", zone)
    assert place.ids() == [1, 10, 20]
    place.put(before + "Z", json_lines(events(before, first=30, count=1)))
    assert statuses(place.load("--granularity", "day", "--timezone", zone, "--date", before + "Z")) == ["skipped"]


def test_the_hour_that_comes_twice_is_one_period(place):
    """In Berlin, 27 October 2024 has 02:00 twice, at 00:00Z and at 01:00Z: which of them is meant nobody can know."""
    for number, (minute, ids) in enumerate((("2024-10-26T23:59:00", [1]), ("2024-10-27T00:30:00", [1, 2]),
                                            ("2024-10-27T01:30:00", [1, 3]), ("2024-10-27T02:00:00", [1, 3, 4])), 1):
        place.put(minute + "Z", json_lines(events(minute, first=number, count=1)))
        place.load("--granularity", "hour", "--timezone", "Europe/Berlin")
        assert place.ids() == ids, minute


def test_stream_appends_what_is_newer_and_deletes_nothing(place):
    for number, minute in enumerate(("10:05", "10:20", "10:21"), 1):
        place.put(f"2024-01-01T{minute}:00Z", json_lines(events(f"2024-01-01T{minute}:00", first=number, count=1)))
        place.load("--granularity", "stream")
    assert place.ids() == [1, 2, 3]


def test_the_old_single_dash_spelling_works(place):
    place.put_events("2024-01-01")
    run = place.program.run("load", f"-schema={place.schema}", "-tables=events", f"-bucket={place.bucket.name}",
                            "-force=true")
    assert run.code == 0, str(run)
    assert place.ids() == [1, 2, 3]


def test_data_under_a_prefix_and_a_config_of_ones_own(place):
    place.bucket.put("conf/all.yml", place.config())
    place.bucket.put("in/" + place.key("2024-01-01"), json_lines(events("2024-01-01")))
    place.put("2024-01-05", json_lines(events("2024-01-05", first=50)))
    place.load("--prefix", "in/", "--config", place.bucket.uri("conf/all.yml"))
    assert place.ids() == [1, 2, 3]


def test_data_in_folders_by_date(place, tmp_path):
    day = "_data_timestamp_year=2024/_data_timestamp_month=01/_data_timestamp_day=01/"
    place.bucket.put(f"{place.schema}/events/{day}{place.key('2024-01-01')}", json_lines(events("2024-01-01")))
    config = tmp_path / "c.yml"
    config.write_text(place.config())
    place.load("--config", str(config))
    assert place.ids() == [1, 2, 3]


def test_own_objects_go_where_they_are_told_to_and_are_gone_afterwards(place):
    place.put_events("2024-01-01")
    before = place.bucket.objects()
    plan = "\n".join(place.load("--dry-run").records[0]["plan"])
    assert place.bucket.uri("_penstock/") in plan
    elsewhere = {"PENSTOCK_S3_BASE_PATH": place.bucket.uri("some/where/")}
    assert place.bucket.uri("some/where/") in "\n".join(place.load("--dry-run", env=elsewhere).records[0]["plan"])
    place.load(env=elsewhere)
    assert place.bucket.objects() == before
    assert place.ids() == [1, 2, 3]


def test_create_schema_makes_it(place):
    place.put_events("2024-01-01")
    place.connection.execute(f"DROP SCHEMA {place.schema}")
    place.load("--create-schema")
    assert place.ids() == [1, 2, 3]


def test_dry_run_prints_the_plan_and_changes_nothing(place):
    place.put_events("2024-01-01")
    before = place.state()
    (record,) = place.load("--dry-run").records
    assert record["status"] == "planned"
    plan = "\n".join(record["plan"])
    assert "CREATE TABLE" in plan and "COPY" in plan and "***" in plan
    assert place.state() == before


def test_history_knows_every_load_and_the_errors_of_a_failed_one(place):
    place.put_events("2024-01-01")
    place.load()
    place.put("2024-01-02", "1,a,2024-01-02\nxy,b,2024-01-02\n", "csv")
    place.load(code=1)
    run = place.program.run("history", "--schema", place.schema, "--json")
    assert run.code == 0, str(run)
    failed, loaded = run.records
    assert loaded["committed"] and loaded["rows"] == 3
    assert loaded["objects"][0]["uri"] == place.bucket.uri(place.key("2024-01-01", "json.gz"))
    assert not failed["committed"]
    (error,) = failed["errors"]
    assert (error["object"], error["line"], error["column"], error["raw_value"]) == (
        place.bucket.uri(place.key("2024-01-02", "csv")), 2, "id", "xy")
    assert "Invalid digit" in error["reason"]
