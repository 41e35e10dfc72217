"""penstock drop: files, objects and tables, gone; and nothing else."""

import os
import pty
import select
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers, tied


@pytest.fixture
def drop(program):
    def run(*arguments: str, code: int = 0):
        run = program.run("drop", *arguments)
        assert run.code == code, str(run)
        return run
    return run


def outcomes(run) -> list[tuple]:
    return [(line["kind"], line["status"], line["count"], line["bytes"]) for line in run.records]


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


# --- files

def test_a_file(drop, tmp_path):
    make(tmp_path, "a.csv", "b.csv")
    assert outcomes(drop(str(tmp_path / "a.csv"), "--yes", "--json")) == [("files", "dropped", 1, 5)]
    assert files(tmp_path) == ["b.csv"]
    assert "a.csv" in drop(str(tmp_path / "a.csv"), "--yes", code=1).said, "it is not there any more"


def test_a_glob_takes_what_is_like_it(drop, tmp_path):
    make(tmp_path, "a.csv", "b.csv", "c.tsv", "d/e.csv")
    run = drop(f"{tmp_path}/*.csv", "--yes")
    assert "dropped 2 files of 10 bytes" in run.out
    assert files(tmp_path) == ["c.tsv", "d/e.csv"]
    drop(f"{tmp_path}/**/*.csv", "--yes")
    assert files(tmp_path) == ["c.tsv"]


def test_a_folder_goes_with_what_is_in_it_but_for_what_is_hidden(drop, tmp_path):
    make(tmp_path, "data/a.csv", "data/b/c.csv", "data/_tmp/x", "data/b/.y", "other/z")
    drop(f"{tmp_path}/data/", "--yes")
    assert files(tmp_path) == ["data/_tmp/x", "data/b/.y", "other/z"]
    make(tmp_path, "whole/a.csv", "whole/b/c.csv")
    drop(f"{tmp_path}/whole", "--yes")
    assert not (tmp_path / "whole").exists() and (tmp_path / "other").exists()


def test_links_go_and_never_what_they_point_to(drop, tmp_path):
    make(tmp_path, "out/kept.csv", "data/a.csv")
    (tmp_path / "data/link.csv").symlink_to(tmp_path / "out/kept.csv")
    (tmp_path / "data/folder").symlink_to(tmp_path / "out")
    run = drop(f"{tmp_path}/data/", "--dry-run", "--json")
    assert not any("kept.csv" in name for name in run.records[0]["names"])
    drop(f"{tmp_path}/data/", "--yes")
    assert (tmp_path / "out/kept.csv").exists() and not (tmp_path / "data/link.csv").is_symlink()
    make(tmp_path, "more/a.csv")
    (tmp_path / "more/folder").symlink_to(tmp_path / "out")
    drop(f"{tmp_path}/more/**/*.csv", "--yes")
    assert (tmp_path / "out/kept.csv").exists()


def test_what_is_no_file_is_refused(drop, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "is no file" in drop(str(tmp_path / "pipe"), "--yes", code=1).said
    assert (tmp_path / "pipe").exists()


# --- asking

def test_nothing_goes_where_nobody_can_be_asked(drop, tmp_path):
    make(tmp_path, "a.csv")
    said = drop(str(tmp_path / "a.csv"), code=2).said
    assert "--yes drops without asking" in said
    assert "what to drop is missing" in drop("--yes", code=2).said
    said = drop("s3:/b/k", "-", "redshift://h/db", "--yes", code=2).said
    assert "did you mean s3://b/k" in said and "names no table" in said and "- names nothing" in said
    assert files(tmp_path) == ["a.csv"]


def test_a_dry_run_names_all_and_removes_nothing(drop, tmp_path):
    make(tmp_path, *[f"{i:03}.csv" for i in range(50)])
    out = drop(f"{tmp_path}/*.csv", "--dry-run").out
    assert all(f"{i:03}.csv" in out for i in range(50)) and "50 files of 350 bytes" in out
    [plan] = drop(f"{tmp_path}/*.csv", "--dry-run", "--json").records
    assert plan["status"] == "planned" and plan["names"] == [str(tmp_path / f"{i:03}.csv") for i in range(50)]
    assert len(files(tmp_path)) == 50


@pytest.mark.parametrize("answer, code, left", [
    (b"y\n", 0, []), (b"n\n", 0, ["a.csv"]), (b"\n", 0, ["a.csv"]), (b"\x03", 128 + signal.SIGINT, ["a.csv"])])
def test_on_a_terminal_it_asks(program, tmp_path, answer, code, left):
    make(tmp_path, "a.csv")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(tied([str(program.path), "drop", str(tmp_path / "a.csv")]), env=program.environment,
                               stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True)
    said = b""
    while b"[y/N]" not in said:
        assert select.select([ours], [], [], 60)[0], said
        said += os.read(ours, 1000)
    assert b"1 file of 5 bytes" in said
    if answer == b"\x03":
        process.send_signal(signal.SIGINT)
    else:
        os.write(ours, answer)
    assert process.wait(60) == code
    os.close(ours)
    os.close(theirs)
    assert files(tmp_path) == left


# --- objects

def test_objects_by_key_glob_and_prefix(drop, place):
    for key in ("a.csv", "x/1.csv", "x/2.csv", "x/2.csv.gz", "x/y/3.csv", "x/_tmp/4.csv", "xx.csv"):
        place.bucket.put(key, b"12345")
    assert outcomes(drop(place.bucket.uri("a.csv"), "--yes", "--json")) == [("objects", "dropped", 1, 5)]
    [plan] = drop(place.bucket.uri("x/*.csv"), "--dry-run", "--json").records
    assert plan["names"] == [place.bucket.uri(f"x/{n}") for n in ("1.csv", "2.csv", "_tmp/4.csv", "y/3.csv")]
    assert outcomes(drop(place.bucket.uri("x/2*"), "--yes", "--json")) == [("objects", "dropped", 2, 10)]
    drop(place.bucket.uri("x/"), "--yes")
    assert sorted(place.bucket.objects()) == ["x/_tmp/4.csv", "xx.csv"]
    assert "there is no such object" in drop(place.bucket.uri("x/"), "--yes", code=1).said


def test_more_objects_than_one_request_takes(drop, place, local_redshift):
    place.bucket.put("many/first", b"")
    local_redshift.make_objects(place.bucket.name, [f"many/{i:05}" for i in range(1500)])
    [outcome] = drop(place.bucket.uri("many/"), "--yes", "--json").records
    assert outcome["count"] == 1501
    assert [key for key in place.bucket.objects() if key.startswith("many/")] == []


# --- tables

def test_a_table_of_redshift_and_what_its_ledger_knows(drop, place):
    place.put_events("2024-01-01")
    place.load()
    uri = f"redshift://::{place.schema}.events"
    [plan] = drop(uri, "--dry-run", "--json").records
    assert [name.split()[0] for name in plan["names"]] == ["LOCK", "DROP", "DELETE"]
    assert "events" in place.tables()
    assert outcomes(drop(uri, "--yes", "--json")) == [("table", "dropped", 1, 0)]
    assert "events" not in place.tables()
    place.load()
    assert len(place.rows()) == 3, "the file is not taken for one that is in the table"
    assert "there is no table" in drop(f"redshift://::{place.schema}.nobody", "--yes", code=1).said


def test_the_ledger_stays(drop, place):
    place.put_events("2024-01-01")
    place.load()
    assert "penstock's own" in drop("redshift://::penstock.loads", "--yes", code=1).said
    place.connection.execute(f"CREATE VIEW {place.schema}.v AS SELECT 1 AS one")
    assert "a view" in drop(f"redshift://::{place.schema}.v", "--yes", code=1).said
    assert place.loads() != []


def test_a_table_that_others_need_stays(drop, place):
    place.connection.execute(f"CREATE TABLE {place.schema}.t (id int); CREATE VIEW {place.schema}.v AS "
                             f"SELECT id FROM {place.schema}.t")
    run = drop(f"redshift://::{place.schema}.t", "--yes", code=1)
    assert "failed" in run.out and "depend" in run.out
    assert "t" in place.tables()


@pytest.fixture(scope="module")
def postgres():
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "postgres")
        yield server
        server.stop()


def test_a_table_of_postgresql(drop, postgres):
    with psycopg.connect(host="127.0.0.1", port=postgres.port, user="awsuser", dbname="postgres",
                         autocommit=True) as connection:
        connection.execute('CREATE SCHEMA shop; CREATE TABLE shop."Orders" (id int); CREATE TABLE shop.orders (id int)')
        uri = f"postgresql://awsuser@127.0.0.1:{postgres.port}/postgres"
        drop(f"{uri}::shop.Orders", "--dry-run")
        drop(f"{uri}::shop.Orders", "--yes")
        assert connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'shop'::regnamespace").fetchall() == [
            ("orders",)]
        assert "there is no table" in drop(f"{uri}::shop.nobody", "--yes", code=1).said
