"""What penstock move promises whatever the places: whole or not at all, append or --replace, columns by name."""

import fcntl
import gzip
import os
import signal
import struct
import subprocess
import termios
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet
import pytest
from harness.processes import tied, wait_until
from harness.program import Run

ONE = "id,name\n1,Ann\n2,Bob\n"
TWO = "name,id\nCarl,3\n"
ROWS = [("1", "Ann"), ("2", "Bob")]


class Mover:
    def __init__(self, place, tmp: Path, env: dict[str, str]) -> None:
        self.place, self.tmp = place, tmp
        self.server = (f"redshift://{quote(env['REDSHIFT_USER'])}:{quote(env['REDSHIFT_PASSWORD'], safe='')}@"
                       f"{env['REDSHIFT_HOST']}:{env['REDSHIFT_PORT']}/{env['REDSHIFT_DB']}")
        self.environment = {"PENSTOCK_S3_BASE_PATH": place.bucket.uri("staging/")}

    def __call__(self, source: str, destination: str, *more: str, code: int = 0, stdin: str | None = None) -> Run:
        run = self.place.program.run("move", source, destination, *more, env=self.environment, stdin=stdin)
        assert run.code == code, str(run)
        assert self.below("staging/") == {}, "nothing staged stays"
        return run

    def file(self, name: str, text: str | bytes = ONE) -> str:
        path = self.tmp / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    def table(self, name: str = "t") -> str:
        return f"{self.server}::{self.place.schema}.{name}"

    def s3(self, key: str) -> str:
        return self.place.bucket.uri(key)

    def below(self, prefix: str) -> dict[str, str]:
        return {key: etag for key, etag in self.place.bucket.objects().items() if key.startswith(prefix)}

    def files(self) -> dict[str, bytes]:
        """All that there is, hidden ones too."""
        return {str(path.relative_to(self.tmp)): path.read_bytes() for path in self.tmp.rglob("*") if path.is_file()}

    def state(self) -> tuple:
        return (self.files(), self.place.bucket.objects(), self.uploads(),
                {name: self.place.rows(name) for name in self.place.tables()})

    def uploads(self) -> list:
        found = self.place.bucket.client.list_multipart_uploads(Bucket=self.place.bucket.name)
        return [upload["Key"] for upload in found.get("Uploads", [])]


@pytest.fixture
def move(place, tmp_path, local_redshift) -> Mover:
    return Mover(place, tmp_path, local_redshift.environment)


# --- append, replace

@pytest.mark.parametrize("target", ["out.csv", "out.parquet", "out.jsonl.gz", "s3:out.csv", "s3:out.csv.zst", "s3:out.parquet"])
def test_a_file_that_is_there_gives_way_to_replace_only(move, target):
    source = move.file("one.csv")
    into = move.s3(target[3:]) if target.startswith("s3:") else str(move.tmp / target)
    move(source, into)
    before = move.state()
    said = move(move.file("one.csv", TWO), into, code=1).err
    move.file("one.csv")
    assert "--replace" in said and target.removeprefix("s3:") in said, said
    assert move.state() == before
    move(move.file("one.csv", TWO), into, "--replace")
    move(into, str(move.tmp / "read.csv"))
    assert sorted((move.tmp / "read.csv").read_text().splitlines()) == ["Carl,3", "name,id"]


def test_a_folder_is_as_its_files_are(move):
    move(move.file("one.csv"), move.s3("folder/"))
    assert list(move.below("folder/")) == ["folder/one.csv"], "what is a file stays one"
    before = move.state()[1:]
    again = move.file("again/one.csv", TWO)
    assert "--replace" in move(again, move.s3("folder/"), code=1).err
    assert move.state()[1:] == before
    move(again, move.s3("folder/"), "--replace")
    assert [move.place.bucket.get(key).decode() for key in move.below("folder/")] == [TWO]
    move(again, str(move.tmp / "one.parquet"))
    move(str(move.tmp / "one.parquet"), move.s3("parts/"), "--to-format", "csv.gz")
    assert list(move.below("parts/")) == ["parts/part-00001.csv.gz"]
    assert "--replace" in move(str(move.tmp / "one.parquet"), move.s3("parts/"), "--to-format", "csv.gz", code=1).err
    assert gzip.decompress(move.place.bucket.get("parts/part-00001.csv.gz")).decode() == TWO


def test_a_table_is_appended_to_or_replaced_and_columns_go_by_their_names(move):
    move(move.file("one.csv"), move.table())
    move(move.file("two.csv", TWO), move.table())
    assert move.place.rows("t") == [*ROWS, ("3", "Carl")]
    assert move.place.columns("t") == ["id", "name"]
    move(move.file("two.csv", TWO), move.table(), "--replace")
    assert move.place.rows("t") == [("3", "Carl")]


def test_a_column_that_the_table_has_not_is_refused(move):
    move(move.file("one.csv"), move.table())
    before = move.state()[1:]
    said = move(move.file("more.csv", "id,name,shoe\n4,Dan,44\n"), move.table(), code=1).err
    assert "shoe" in said and move.state()[1:] == before, said


@pytest.mark.parametrize("where", ["local", "s3"])
def test_what_is_moved_onto_itself_stays(move, where):
    """--replace must not take the source away before it is read."""
    if where == "s3":
        move.place.bucket.put("one.csv", ONE)
        uri = move.s3("one.csv")
    else:
        uri = move.file("one.csv")
    run = move.place.program.run("move", uri, uri, "--replace", env=move.environment)
    assert run.code in (0, 1, 2), str(run)
    left = move.place.bucket.get("one.csv").decode() if where == "s3" else Path(uri).read_text()
    assert left == ONE, str(run)


# --- whole or not at all

BROKEN = "id,name\n" + "".join(f"{i},name {i}\n" for i in range(50_000)) + "1,\"never closed\n"


@pytest.mark.parametrize("target", ["out.parquet", "out.jsonl", "out.orc", "s3:out.parquet", "s3:out.jsonl.gz", "s3:out/",
                                    "table"])
@pytest.mark.parametrize("source", ["broken.csv", "s3:broken.csv", "cut.csv.gz"])
def test_a_source_that_is_broken_at_its_end_writes_nothing(move, source, target):
    data = gzip.compress(BROKEN.encode())[:-2000] if source == "cut.csv.gz" else BROKEN.encode()
    if source.startswith("s3:"):
        move.place.bucket.put(source[3:], data)
        uri = move.s3(source[3:])
    else:
        uri = move.file(source, data)
    before = move.state()
    into = move.table() if target == "table" else move.s3(target[3:]) if target.startswith("s3:") else str(
        move.tmp / target)
    more = ("--to-format", "jsonl") if target.endswith("/") else ()
    said = move(uri, into, *more, code=1).err
    assert source.removeprefix("s3:") in said, said
    assert ("line 50002" in said) or source == "cut.csv.gz", said
    assert move.state() == before


@pytest.mark.parametrize("target", ["out.csv.gz", "out.parquet", "s3:out.csv", "s3:out.parquet", "table"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_stdin_is_waited_for_leaves_nothing(move, number, target):
    into = move.table() if target == "table" else move.s3(target[3:]) if target.startswith("s3:") else str(
        move.tmp / target)
    before = move.state()
    end, ours = os.pipe()
    process = subprocess.Popen(
        tied([str(move.place.program.path), "move", "-", into, "--from-format", "csv"]), stdin=end,
        env={**move.place.program.environment, **move.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(end)
    with os.fdopen(ours, "w") as typed:
        typed.write(ONE * 3)
        typed.flush()
        wait_until(lambda: pending(typed) == 0, "stdin read")
        process.send_signal(number)
        _out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number, err
    assert move.state() == before


def pending(pipe) -> int:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def test_a_disk_that_is_full_leaves_nothing(move):
    source = move.file("one.csv", BROKEN.replace('"never closed', "end"))
    move.place.bucket.put("one.csv", Path(source).read_bytes())
    before = move.state()
    for uri, into in ((source, "out.jsonl"), (source, "out.parquet"), (move.s3("one.csv"), "copy.csv")):
        done = subprocess.run(
            tied(["prlimit", "--fsize=65536", str(move.place.program.path), "move", uri, str(move.tmp / into)]),
            env={**move.place.program.environment, **move.environment}, capture_output=True, text=True, timeout=90)
        assert done.returncode == 1, done.stderr
        assert "File too large" in done.stderr and into in done.stderr, done.stderr
        assert move.state() == before


# --- what is asked only

def test_explain_and_dry_run_move_nothing(move):
    source = move.file("one.csv")
    before = move.state()
    for into in (move.table(), move.s3("out.parquet"), str(move.tmp / "out.parquet")):
        [route, *_] = move(source, into, "--explain", "--json").records[0]["routes"]
        assert route["steps"] and route["seconds"] > 0
        move(source, into, "--dry-run")
        assert move.state() == before


# --- empty

def test_a_header_alone_is_a_table_without_rows(move):
    source = move.file("empty.csv", "id,name\n")
    move(source, str(move.tmp / "out.parquet"))
    read = pyarrow.parquet.read_table(move.tmp / "out.parquet")
    assert (read.column_names, read.num_rows) == (["id", "name"], 0)
    move(source, move.table())
    assert move.place.columns("t") == ["id", "name"] and move.place.rows("t") == []
    move(move.table(), str(move.tmp / "back.csv"))
    assert (move.tmp / "back.csv").read_text() == "id,name\n"


# --- what is wrong is said, without a secret, before anything is touched

@pytest.mark.parametrize("source, target, code, said", [
    ("{one}", "s3://-x-/x.csv", 2, "bucket"),
    ("{one}", "out.xls", 2, "out.xls"),
    ("{one}", "redshfit://u:hunter2@h/db::t", 2, "redshift"),
    ("{one}", "redshift://u:hunter2@h:port/db::t", 2, "port"),
    ("{one}", "redshift://u:hunter2@h:5439/db", 2, "::"),
    ("{one}", "postgresql://u:hunter2@127.0.0.1:1/db::t", 1, "Connection refused"),
    ("{tmp}/nothing.csv", "out.csv", 1, "nothing.csv"),
    ("{tmp}/no*.csv", "out.csv", 1, "no*.csv"),
    ("s3://{bucket}/nothing.csv", "out.csv", 1, "nothing.csv"),
    ("s3://{bucket}/no*.csv", "out.csv", 1, "no*.csv"),
    ("{one}", "s3:/bucket/x.csv", 2, "s3://"),
    ("{one}", "out.csv.gzip", 2, "out.csv.gz"),
    ("{one}", "out*.csv", 2, "folder"),
    ("{one}", "missing/out.csv", 1, "missing"),
])
def test_what_is_wrong_is_said(move, source, target, code, said):
    one = move.file("one.csv")
    before = move.state()
    run = move(source.format(one=one, tmp=move.tmp, bucket=move.place.bucket.name),
               target if ":/" in target else str(move.tmp / target), code=code, stdin="")
    assert said in run.err and "hunter2" not in run.said, str(run)
    assert move.state() == before
