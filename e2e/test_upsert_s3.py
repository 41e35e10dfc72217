"""penstock upsert of what lies in S3 already: COPY reads it there, exactly what was looked at."""

import bz2
import gzip
import io
import json

import pyarrow
import pyarrow.parquet
import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Phase
from harness.through import Through
from harness.upsert_table import CANDIES, CHANGED, FIRST, SECOND, as_csv, as_json, counts


def as_parquet(rows: list[dict]) -> bytes:
    out = io.BytesIO()
    types = pyarrow.schema([("candy", pyarrow.string()), ("id", pyarrow.int32())])
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows, types), out)
    return out.getvalue()


FIRST_ROWS = [{"id": int(number), "candy": candy} for number, candy in FIRST]


@pytest.fixture
def put(table):
    def put(key: str, body: bytes | str) -> str:
        table.place.bucket.put(key, body)
        return table.place.bucket.uri(key)

    return put


@pytest.fixture
def candies(table):
    table.create("id int, candy varchar(100)")
    return table


@pytest.mark.parametrize("suffix, made", [
    ("csv", as_csv), ("csv.gz", lambda rows: gzip.compress(as_csv(rows).encode())),
    ("tsv", lambda rows: "id\tcandy\n" + "".join(f"{row['id']}\t{row['candy']}\n" for row in rows)),
    ("jsonl.bz2", lambda rows: bz2.compress(as_json(rows).encode())), ("parquet", as_parquet)])
def test_the_candies_twice_from_a_key(candies, put, suffix, made):
    assert counts(candies.upsert(put(f"first.{suffix}", made(FIRST_ROWS)), "--key", "id")) == (3, 3, 0, 0)
    assert candies.rows() == FIRST
    second = candies.upsert(put(f"second.{suffix}", made(CHANGED)), "--key", "id")
    assert counts(second) == (2, 1, 1, 0)
    assert second["bytes_staged"] == 0
    assert candies.rows() == SECOND


def manifest(*uris: str, **more) -> str:
    return json.dumps({"entries": [{"url": uri, "mandatory": True, **more} for uri in uris]})


@pytest.mark.parametrize("local", [True, False], ids=["local", "in-s3"])
def test_the_candies_twice_from_a_manifest(candies, put, local):
    def named(body: str) -> str:
        return candies.file(body, "manifest") if local else put("lists/candies.manifest", body)

    first = [put(f"part/{i}.csv", as_csv([row])) for i, row in enumerate(FIRST_ROWS)]
    put("part/9.csv", "id,candy\n9,not named\n")
    assert counts(candies.upsert(named(manifest(*first)), "--key", "id")) == (3, 3, 0, 0)
    assert candies.rows() == FIRST
    second = put("part/changed.csv.gz", gzip.compress(as_csv(CHANGED).encode()))
    assert counts(candies.upsert(named(manifest(second)), "--key", "id")) == (2, 1, 1, 0)
    assert candies.rows() == SECOND
    said = candies.upsert(named(manifest(second, meta={"content_length": 3})), "--key", "id", code=1)["said"]
    assert "says that" in said and "has 3 bytes" in said
    said = candies.upsert(named(manifest(second, candies.place.bucket.uri("part/gone.csv"))), "--key", "id", code=1)
    assert "names objects that are not there" in said["said"] and "gone.csv" in said["said"]


def test_a_folder_a_glob_and_several_keys_are_exactly_their_objects(candies, put):
    folder = candies.place.bucket.uri("in/")
    for i in range(4):
        put(f"in/{i}/c.csv", f"id,candy\n{i},c{i}\n")
    for passed_over in ("in/_SUCCESS", "in/_temporary/9.csv", "in/.hidden.csv", "in/1/_started", "inner.csv"):
        put(passed_over, "no, header\nof ours\n")
    assert counts(candies.upsert(folder, "--key", "id"))[0] == 4
    assert counts(candies.upsert(candies.place.bucket.uri("i*/c.csv"), "--key", "id")) == (4, 0, 4, 0)
    uris = [candies.place.bucket.uri(f"in/{i}/c.csv") for i in (1, 2)]
    assert counts(candies.upsert(*uris, "--replace")) == (2, 2, 0, 0)
    assert candies.rows() == [("1", "c1"), ("2", "c2")]
    assert "is named twice" in candies.upsert(uris[0], uris[0], "--key", "id", code=1)["said"]


def test_an_empty_field_of_text_is_empty_text_unless_told(candies, put):
    uri = put("empty.csv", 'id,candy\n1,\n2,""\n3,NA\n')
    candies.upsert(uri, "--key", "id")
    assert candies.rows() == [("1", ""), ("2", ""), ("3", "NA")]
    candies.upsert(uri, "--key", "id", "--empty-as-null", "--null-as", "NA")
    assert candies.rows() == [("1", None), ("2", None), ("3", None)]


def test_csv_without_a_header_and_in_a_dialect(candies, put):
    candies.upsert(put("data", "'x|y'|1\n"), "--key", "id", "--format", "csv", "--columns", "candy,id", "--delimiter",
                   "|", "--quote", "'")
    assert candies.rows() == [("1", "x|y")]
    said = candies.upsert(put("bom.csv", "\ufeff1,x\n"), "--key", "id", "--columns", "id,candy", code=1)["said"]
    assert "byte order mark" in said
    candies.upsert(put("bom2.csv", "\ufeffid,candy\n2,y\n"), "--key", "id")
    assert candies.rows() == [("1", "x|y"), ("2", "y")]


def test_the_newest_by_its_order_wins_where_there_is_no_position(table, put):
    table.create("id int, candy varchar(100), at int")
    uri = put("twice.csv", "id,candy,at\n1,old,1\n1,new,2\n2,only,1\n")
    said = table.upsert(uri, "--key", "id", code=1)["said"]
    assert "several records of one key (id)" in said
    said = table.upsert(uri, "--key", "id", "--duplicates", "last", code=2)["said"]
    assert "--duplicates last needs --order-by" in said
    assert counts(table.upsert(uri, "--key", "id", "--order-by", "at")) == (3, 2, 0, 1)
    assert table.rows() == [("1", "new", "2"), ("2", "only", "1")]


REFUSED = [
    # objects, what is upserted, more arguments, exit code, what is said
    ({}, "gone.csv", [], 1, "there is no s3://"),
    ({}, "no/such/folder/", [], 1, "there is no such object"),
    ({}, "no*.csv", [], 1, "there is no such object"),
    ({"a/1.csv": "id,candy\n", "a/2.jsonl": "{}\n"}, "a/", [], 2, "of different formats"),
    ({"a/1.csv": "id,candy\n", "a/2.csv.gz": b""}, "a/", [], 2, "compressed differently"),
    ({"a/1.csv": "id,candy\n1,x\n", "a/2.csv": "candy,id\nx,1\n"}, "a/", [], 1, "have different headers"),
    ({"a/1.csv": ""}, "a/1.csv", [], 1, "has no header"),
    ({"a/1.csv": "id,sweets\n1,x\n"}, "a/1.csv", [], 1, "has no column sweets"),
    ({"a/1.txt": "id,candy\n1,x\n"}, "a/1.txt", [], 2, "--format does"),
    ({"a/1.csv": "id,candy\nx,y\n"}, "a/1.csv", [], 1, "line 2, column id"),
    ({"a/1.parquet": "no Parquet"}, "a/1.parquet", [], 1, "a/1.parquet"),
    ({"a/1.jsonl": "{}"}, "a/1.jsonl", ["--delimiter", ";", "--null-as", "x"], 2, "--null-as means nothing for JSON"),
    ({"a/1.csv": "id,candy\n1,x\n"}, "a/1.csv", ["--escape", "\\"], 2, "--escape can't be used"),
    ({"a.manifest": "{}"}, "a.manifest", [], 1, "has no \"entries\""),
]


@pytest.mark.parametrize("objects, source, more, code, said", REFUSED, ids=[r[4] for r in REFUSED])
def test_what_is_wrong_is_said_and_nothing_changes(candies, put, objects, source, more, code, said):
    candies.upsert(candies.file(CANDIES), "--key", "id")
    for key, body in objects.items():
        put(key, body)
    refused = candies.upsert(candies.place.bucket.uri(source), "--key", "id", *more, code=code)["said"]
    assert said in refused
    assert "Traceback" not in refused
    assert candies.rows() == FIRST


def test_a_bucket_that_is_not_there(candies):
    assert "no-such-bucket-of-ours" in candies.upsert("s3://no-such-bucket-of-ours/a/", "--key", "id", code=1)["said"]
    assert "no-such-bucket-of-ours" in candies.upsert("s3://no-such-bucket-of-ours/a.csv", "--key", "id", code=1)["said"]


def test_an_object_that_changes_while_it_is_read_is_exit_4(candies, put, local_redshift):
    candies.upsert(candies.file(CANDIES), "--key", "id")
    uri = put("in.csv", as_csv(CHANGED))
    with Through(local_redshift) as through:
        through.plan.faults.append(Fault(Channel.SQL, Phase.AFTER, actions.meanwhile(
            lambda: put("in.csv", "id,candy\n7,swapped\n")), match="^COPY"))
        run = through.run(candies.place.program, *candies.arguments(uri, "--key", "id"), env=candies.environment)
        assert through.plan.struck, "the fault never struck"
    assert run.code == 4, str(run)
    assert "in.csv was overwritten or removed while it was read" in run.said
    assert "nothing was changed" in run.said
    assert candies.rows() == FIRST
    assert candies.staged() == []
    assert counts(candies.upsert(uri, "--key", "id")) == (1, 1, 0, 0), "what it is now may be upserted"


def test_without_a_place_to_stage_at_the_manifest_goes_beside_the_data(candies, put):
    uri = put("in.csv", CANDIES)
    run = candies.place.program.run(*candies.arguments(uri, "--key", "id"))
    assert run.code == 0, str(run)
    assert list(candies.place.bucket.objects()) == ["in.csv"]
    dry = candies.place.program.run(*candies.arguments(uri, "--key", "id", "--dry-run"))
    assert candies.place.bucket.uri("_penstock/staged/") in dry.records[0]["plan"][0]


def test_history_shows_what_was_read(candies, put):
    uri = put("in.csv", CANDIES)
    candies.upsert(uri, "--key", "id")
    candies.upsert(uri, "--key", "id")
    shown = candies.place.program.run("history", "--schema", candies.place.schema, "--json").records
    assert [r["objects"][0]["uri"] for r in shown] == [uri, uri], "again is done again, and recorded again"
    assert shown[0]["objects"][0]["etag"] == candies.place.bucket.objects()["in.csv"].strip('"')
