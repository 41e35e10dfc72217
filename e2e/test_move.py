"""penstock move between files and S3: what arrives is what was there, whole or not at all."""

import bz2
import csv
import gzip
import io
import random
import signal
import subprocess

import pyarrow
import pyarrow.csv
import pyarrow.json
import pyarrow.orc
import pyarrow.parquet
import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Phase
from harness.processes import tied
from harness.through import Through

CSV = b'id,name,at\n1,"a, b",2024-01-31\n2,"","2024-02-01"\n3,,\n4,"two\nlines ""q""",1999-12-31\n'
ROWS = pyarrow.table({"id": [1, 2, 3], "name": ["x", "", None], "price": pyarrow.array(["1.50", "2.25", None]).cast(
    pyarrow.decimal128(10, 2))})


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.fixture
def bucket(place):
    return place.bucket


@pytest.fixture
def move(program):
    def move(*arguments: str, code: int = 0, **more):
        run = program.run("move", *map(str, arguments), **more)
        assert run.code == code, str(run)
        return run

    return move


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def open_uploads(bucket):
    return bucket.client.list_multipart_uploads(Bucket=bucket.name).get("Uploads", [])


@pytest.mark.parametrize("size", [0, 1, 100_000, 40 << 20])
def test_bytes_go_there_and_back_as_they_are(move, bucket, tmp_path, size):
    (tmp_path / "a.parquet").write_bytes(noise(size))
    up = move(tmp_path / "a.parquet", bucket.uri("x/a.parquet"), "--json").records[0]
    assert up["bytes_read"] == up["bytes_written"] == size
    assert up["written"] == [bucket.uri("x/a.parquet")]
    assert bucket.get("x/a.parquet") == noise(size)
    move(bucket.uri("x/a.parquet"), bucket.uri("y/b.parquet"))
    move(bucket.uri("y/b.parquet"), tmp_path / "b.parquet")
    assert (tmp_path / "b.parquet").read_bytes() == noise(size)
    assert sorted(files_below(tmp_path)) == ["a.parquet", "b.parquet"]


def test_a_copy_within_s3_is_the_servers(local_redshift, program, bucket):
    bucket.put("a.csv", CSV)
    with Through(local_redshift) as through:
        run = through.run(program, "move", bucket.uri("a.csv"), bucket.uri("b.csv"))
    assert run.code == 0, str(run)
    assert bucket.get("b.csv") == CSV
    assert not [m.text for m in through.seen(Channel.S3) if m.text.startswith("GET /" + bucket.name + "/a.csv")]


def test_folders_and_globs_keep_the_names_below_what_they_share(move, bucket, tmp_path):
    names = {"a.csv": b"n\n1\n", "x/b.csv": b"n\n2\n", "x/y/c.csv": b"n\n3\n"}
    for name, body in names.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(body)
    (tmp_path / "in" / "_tmp.csv").write_bytes(b"half")
    move(tmp_path / "in", bucket.uri("all/"))
    assert sorted(bucket.objects()) == sorted("all/" + name for name in names)
    move(bucket.uri("all/"), f"{tmp_path}/out/")
    assert files_below(tmp_path / "out") == names
    move(bucket.uri("all/x*.csv"), f"{tmp_path}/stars/")
    assert files_below(tmp_path / "stars") == {"x/b.csv": b"n\n2\n", "x/y/c.csv": b"n\n3\n"}
    move(f"{tmp_path}/in/*.csv", bucket.uri("some/"), code=0)
    assert bucket.get("some/a.csv") == b"n\n1\n"
    move(f"{tmp_path}/in/**/*.csv", f"{tmp_path}/more/")
    assert sorted(files_below(tmp_path / "more")) == ["_tmp.csv", "a.csv", "x/b.csv", "x/y/c.csv"]


@pytest.mark.parametrize("end, unpacked", [(".gz", gzip.decompress), (".bz2", bz2.decompress), ("", bytes)])
def test_only_what_packs_the_text_changes(move, bucket, tmp_path, end, unpacked):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV[:20]) + gzip.compress(CSV[20:]))
    move(tmp_path / "a.csv.gz", bucket.uri("a.csv.zst"))
    move(bucket.uri("a.csv.zst"), bucket.uri(f"b.csv{end}"))
    assert unpacked(bucket.get(f"b.csv{end}")) == CSV


def test_a_folder_is_packed_under_new_names(move, bucket, tmp_path):
    bucket.put("in/a.jsonl", '{"a": 1}\n')
    bucket.put("in/b.jsonl", '{"a": 2}\n')
    move(bucket.uri("in/"), f"{tmp_path}/out/", "--to-format", "jsonl.gz")
    assert {name: gzip.decompress(body) for name, body in files_below(tmp_path / "out").items()} == {
        "a.jsonl.gz": b'{"a": 1}\n', "b.jsonl.gz": b'{"a": 2}\n'}


def test_stdin_and_stdout(program, bucket, tmp_path):
    def piped(*arguments, stdin=b""):
        done = subprocess.run(tied([str(program.path), "move", *arguments]), env=program.environment, input=stdin,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done
        return done.stdout

    piped("-", bucket.uri("a.csv"), stdin=CSV)
    assert bucket.get("a.csv") == CSV
    assert piped(bucket.uri("a.csv"), "-") == CSV
    piped("-", bucket.uri("b.csv.gz"), "--from-format", "csv", stdin=CSV)
    assert gzip.decompress(bucket.get("b.csv.gz")) == CSV
    assert piped(bucket.uri("b.csv.gz"), "-") == CSV
    piped(bucket.uri("a.csv"), str(tmp_path / "a.parquet"))
    assert piped(str(tmp_path / "a.parquet"), "-") == CSV.replace(b'"2024-02-01"', b"2024-02-01")


WITNESSES = {"parquet": pyarrow.parquet.read_table, "orc": pyarrow.orc.read_table}


@pytest.mark.parametrize("source", ["parquet", "orc"])
@pytest.mark.parametrize("destination", ["parquet", "orc"])
def test_columns_keep_their_types_from_format_to_format(move, bucket, tmp_path, source, destination):
    out = io.BytesIO()
    {"parquet": pyarrow.parquet.write_table, "orc": pyarrow.orc.write_table}[source](ROWS, out)
    bucket.put(f"a.{source}", out.getvalue())
    made = move(bucket.uri(f"a.{source}"), tmp_path / f"b.{destination}", "--json").records[0]
    assert made["rows"] == (None if source == destination else 3), "bytes as they are have none that are counted"
    assert WITNESSES[destination](tmp_path / f"b.{destination}").to_pydict() == ROWS.to_pydict()


def test_parquet_as_text(move, tmp_path):
    pyarrow.parquet.write_table(ROWS, tmp_path / "a.parquet")
    move(tmp_path / "a.parquet", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b'id,name,price\n1,x,1.50\n2,"",2.25\n3,,\n'
    move(tmp_path / "a.parquet", tmp_path / "a.tsv.gz")
    assert gzip.decompress((tmp_path / "a.tsv.gz").read_bytes()) == b'id\tname\tprice\n1\tx\t1.50\n2\t""\t2.25\n3\t\t\n'


def test_text_becomes_columns_of_the_types_that_its_values_have(move, bucket, tmp_path):
    bucket.put("a.csv.gz", gzip.compress(b'id,price,day,name\n1,1.50,2024-01-31,x\n2,,,""\n3,10.25,1999-12-31,\n'))
    said = move(bucket.uri("a.csv.gz"), tmp_path / "a.parquet", "--why", "--json").records[0]
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert said["rows"] == table.num_rows == 3
    assert [column["name"] for column in said["columns"]] == ["id", "price", "day", "name"]
    assert all(column["why"] for column in said["columns"] if column["type"].startswith("character"))
    assert pyarrow.types.is_integer(table.schema.field("id").type)
    assert pyarrow.types.is_decimal(table.schema.field("price").type)
    assert pyarrow.types.is_date(table.schema.field("day").type)
    assert table["name"].to_pylist() == ["x", "", None]
    (tmp_path / "b.jsonl").write_text('{"a": 1, "b": null}\n{"a": 2, "b": "x", "c": [1, {"d": 2}]}\n')
    move(tmp_path / "b.jsonl", bucket.uri("b.orc"))
    assert pyarrow.orc.read_table(io.BytesIO(bucket.get("b.orc")))["a"].to_pylist() == [1, 2]


def test_types_that_are_asked_for_are_told_wherever_the_text_goes(move, tmp_path):
    (tmp_path / "a.csv").write_bytes(b'id,note\n1,"x"\n2,\n3,""\n')
    for name in ("b.csv", "b.csv.gz", "b.tsv"):
        said = move(tmp_path / "a.csv", tmp_path / name, "--why", "--json").records[0]
        assert [column["name"] for column in said["columns"]] == ["id", "note"], name
    assert (tmp_path / "b.csv").read_bytes() == b'id,note\n1,x\n2,\n3,""\n'


def test_a_value_that_the_sample_did_not_show_is_refused_with_its_line(move, tmp_path):
    (tmp_path / "a.csv").write_text("n\n" + "1\n" * 2_000_000 + "x\n")
    refused = move(tmp_path / "a.csv", tmp_path / "a.parquet", "--sample", "10", code=1)
    assert "line 2000002" in refused.said
    assert sorted(files_below(tmp_path)) == ["a.csv"]
    move(tmp_path / "a.csv", tmp_path / "a.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "a.parquet")["n"].to_pylist()[-1] == "x"


def test_csv_in_another_dialect_keeps_every_field_as_it_is(move, bucket, tmp_path):
    bucket.put("in/1.csv", 'id,name\n007,"a, b"\n1.50,""\n')
    bucket.put("in/2.csv", 'id,name\n3,\n4,"two\nlines"')
    move(bucket.uri("in/*.csv"), tmp_path / "all.tsv")
    assert (tmp_path / "all.tsv").read_bytes() == b'id\tname\n007\ta, b\n1.50\t""\n3\t\n4\t"two\nlines"\n'
    (tmp_path / "b.csv").write_bytes(b"1;NIL\n2;x\n")
    move(tmp_path / "b.csv", tmp_path / "c.csv", "--columns", "id,name", "--delimiter", ";", "--null-as", "NIL")
    assert (tmp_path / "c.csv").read_bytes() == b"id,name\n1,\n2,x\n"


def test_several_files_of_one_kind_become_one(move, bucket, tmp_path):
    for number in (1, 2, 3):
        pyarrow.parquet.write_table(pyarrow.table({"n": [number]}), tmp_path / f"{number}.parquet")
    move(f"{tmp_path}/*.parquet", bucket.uri("all.parquet"))
    table = pyarrow.parquet.read_table(io.BytesIO(bucket.get("all.parquet")))
    assert table.to_pydict() == {"n": [1, 2, 3]}


def test_parts_below_a_folder_and_what_an_earlier_move_left(move, bucket, tmp_path):
    pyarrow.parquet.write_table(ROWS, tmp_path / "a.parquet")
    for number in (1, 2, 3):
        bucket.put(f"out/part-0000{number}.csv", "old")
    bucket.put("out/other.csv", "kept")
    refused = move(tmp_path / "a.parquet", bucket.uri("out/"), "--to-format", "csv", code=1)
    assert "part-00001.csv is there already" in refused.said
    move(tmp_path / "a.parquet", bucket.uri("out/"), "--to-format", "csv", "--replace")
    assert sorted(bucket.objects()) == ["out/other.csv", "out/part-00001.csv"]
    assert bucket.get("out/part-00001.csv").startswith(b"id,name,price\n")


@pytest.mark.parametrize("where", ["local", "s3"])
def test_what_is_there_gives_way_only_if_told(move, bucket, tmp_path, where):
    (tmp_path / "a.csv").write_bytes(CSV)
    (tmp_path / "b.csv").write_bytes(b"old")
    bucket.put("b.csv", "old")
    to = bucket.uri("b.csv") if where == "s3" else tmp_path / "b.csv"
    refused = move(tmp_path / "a.csv", to, code=1)
    assert "--replace" in refused.said and "Nothing was written" in refused.said
    assert bucket.get("b.csv") == b"old" and (tmp_path / "b.csv").read_bytes() == b"old"
    move(tmp_path / "a.csv", to, "--replace")
    assert (bucket.get("b.csv") if where == "s3" else (tmp_path / "b.csv").read_bytes()) == CSV


def test_all_that_is_in_the_way_is_told_before_anything_is_written(move, bucket, tmp_path):
    for name in ("a", "b", "c"):
        bucket.put(f"in/{name}.csv", CSV)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").write_bytes(b"old")
    (tmp_path / "out" / "c.csv").write_bytes(b"old")
    refused = move(bucket.uri("in/"), tmp_path / "out", code=1)
    assert "out/a.csv" in refused.said and "out/c.csv" in refused.said
    assert sorted(files_below(tmp_path / "out")) == ["a.csv", "c.csv"]


@pytest.mark.parametrize("source, destination, words", [
    ("s3:/bucket/a.csv", "b.csv", "did you mean s3://bucket/a.csv?"),
    ("a.jsn", "b.csv", "did you mean a.json?"),
    ("a.csv", "redshift://me:hidden@host/db", "redshift://me@host/db::schema.table"),
    ("a.csv", "postgrsql://me:hidden@host/db::t", "did you mean postgresql://…@host/db::t?"),
    ("a.csv", "mysql://host/db", "no scheme that is known"),
    ("a.csv", "out", "--to-format"),
])
def test_a_wrong_uri_says_what_was_probably_meant(move, source, destination, words):
    run = move(source, destination, code=2)
    assert words in run.said
    assert "hidden" not in run.said


def test_all_that_is_wrong_is_told_at_once(move):
    run = move("a.jsn", "s3:/bucket/b.csv", "--sample", "many", code=2)
    for words in ("a.json?", "s3://bucket/b.csv?", "--sample"):
        assert words in run.said


def test_what_is_not_there(move, bucket, tmp_path):
    assert "no-such.csv" in move(tmp_path / "no-such.csv", bucket.uri("a.csv"), code=1).said
    assert "there is no such object" in move(bucket.uri("no-such.csv"), tmp_path / "a.csv", code=1).said
    assert "there is no such object" in move(bucket.uri("no-such/"), f"{tmp_path}/out/", code=1).said
    assert not (tmp_path / "out").exists()


def test_explain_says_the_routes_and_moves_nothing(move, bucket, tmp_path):
    bucket.put("a.csv", CSV)
    said = move(bucket.uri("a.csv"), bucket.uri("b.csv"), "--explain").out
    assert said.splitlines()[1].startswith("taken:")
    assert "the server copies the objects" in said
    routes = move(bucket.uri("a.csv"), bucket.uri("b.csv"), "--explain", "--json").records[0]["routes"]
    assert [route["seconds"] for route in routes] == sorted(route["seconds"] for route in routes)
    assert routes[0]["steps"][0]["from"] == "S3 csv"
    other = move(bucket.uri("a.csv"), bucket.uri("b.csv"), "--explain", "--route", "2").out
    assert [line[:6] for line in other.splitlines() if not line.startswith(" ")][1:3] == ["or:   ", "taken:"]
    for wrong in ("0", "x"):
        assert "--route" in move(bucket.uri("a.csv"), bucket.uri("b.csv"), "--route", wrong, code=2).said
    assert "are 3 routes" in move(bucket.uri("a.csv"), bucket.uri("b.csv"), "--route", "9", code=2).said
    plan = move(bucket.uri("a.csv"), tmp_path / "b.csv", "--dry-run").out
    assert f"copy {bucket.uri('a.csv')} to {tmp_path}/b.csv" in plan
    assert not (tmp_path / "b.csv").exists()
    assert list(bucket.objects()) == ["a.csv"]
    move(bucket.uri("a.csv"), bucket.uri("b.csv"), "--route", "2")
    fields = [list(csv.reader(io.StringIO(data.decode(), newline=""))) for data in (bucket.get("b.csv"), CSV)]
    assert fields[0] == fields[1] and bucket.get("b.csv") != CSV, "as it was, by way of its fields"


def test_an_object_that_changes_meanwhile_is_not_half_taken(local_redshift, program, bucket, tmp_path):
    bucket.put("a.parquet", noise(30 << 20))

    async def overwrite(_exchange) -> None:
        bucket.put("a.parquet", noise(20 << 20))

    with Through(local_redshift) as through:
        through.plan.faults.append(Fault(Channel.S3, Phase.BEFORE, overwrite, match="^GET .*a.parquet"))
        run = through.run(program, "move", bucket.uri("a.parquet"), str(tmp_path / "b.parquet"))
    assert run.code == 4, str(run)
    assert files_below(tmp_path) == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("way", ["up", "down"])
def test_a_signal_leaves_nothing(local_redshift, program, bucket, tmp_path, number, way):
    (tmp_path / "in").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "in" / f"{name}.parquet").write_bytes(noise(40 << 20))
        if way == "down":
            bucket.put(f"in/{name}.parquet", noise(40 << 20))
    before = bucket.objects()
    source, destination = f"{tmp_path}/in/", bucket.uri("out/")
    if way == "down":
        source, destination = bucket.uri("in/"), f"{tmp_path}/out/"
    with Through(local_redshift) as through:

        async def signal_then_wait(exchange) -> None:
            await through.victim.signal(number)
            await actions.stall(1)(exchange)

        match = "^PUT .*partNumber" if way == "up" else "^GET .*b.parquet"
        through.plan.faults.append(Fault(Channel.S3, Phase.BEFORE, signal_then_wait, match=match))
        run = through.run(program, "move", source, destination)
    assert through.plan.struck, "the run never came there"
    assert run.code == 128 + number, str(run)
    assert bucket.objects() == before
    assert open_uploads(bucket) == []
    assert not (tmp_path / "out").exists()
