"""penstock reconcile diff: what it says of a bucket is what really happened to each of its keys.

The histories are made by COPY over psycopg and redshift_connector, and by boto3; what is said is held against them.
"""

import csv
import io
import json
from pathlib import Path

import psycopg
import pyarrow.parquet
import pytest
import redshift_connector
from harness.local_redshift import LocalRedshift
from harness.processes import folder_for_servers
from harness.program import Program, Run

THE_FOUR = ["committed_keys", "keys_in_bucket", "bucket_keys_to_be_committed", "bucket_keys_already_committed"]


class Lake:
    """A bucket, and a table that plain COPYs load into."""

    def __init__(self, place, environment: dict[str, str], *where: str) -> None:
        self.place, self.bucket, self.where = place, place.bucket, where
        self.table = f"{place.schema}.views"
        self.access = (f"ACCESS_KEY_ID '{environment['AWS_ACCESS_KEY_ID']}' "
                       f"SECRET_ACCESS_KEY '{environment['AWS_SECRET_ACCESS_KEY']}'")
        place.connection.execute(f"CREATE TABLE {self.table} (id int, name varchar(100))")

    def copy(self, key: str, table: str = "", options: str = "CSV") -> str:
        return f"COPY {table or self.table} FROM '{self.bucket.uri(key)}' {self.access} {options}"

    def put(self, key: str, body: str = "1,one\n") -> str:
        self.bucket.put(key, body)
        return key

    def load(self, key: str, **how) -> str:
        self.place.connection.execute(self.copy(key, **how))
        return key

    def run(self, source: str, *more: str, code: int = 0, env: dict | None = None) -> Run:
        run = self.place.program.run("reconcile", "diff", self.bucket.uri(source), *more, *self.where, env=env)
        assert run.code == code, str(run)
        if self.where and code == 0:
            self.same_elsewhere(run, source, *more, env=env)
        return run

    def same_elsewhere(self, run: Run, source: str, *more: str, env: dict | None) -> None:
        """The join here says the same, to the byte; and nothing that was staged is left."""
        here = self.place.program.run("reconcile", "diff", self.bucket.uri(source), *more, env=env)
        assert run.out == here.out
        assert not [key for key in self.bucket.objects() if key.startswith("_penstock/staged/")]

    def document(self, source: str = "f", *more: str) -> dict:
        """Each set as keys, without the bucket."""
        found = json.loads(self.run(source, "--json", *more).out)
        return {name: [uri.removeprefix(self.bucket.uri("")) for uri in value] if name in SETS else value
                for name, value in found.items()}

    def keys(self, chosen: str, source: str = "f", *more: str) -> list[str]:
        lines = self.run(source, "--keys", chosen, *more).out.splitlines()
        return [line.removeprefix(self.bucket.uri("")) for line in lines]


SETS = [*THE_FOUR, "committed_outside_window", "overwritten", "rolled_back", "failed", "in_progress", "gone",
        "loaded_more_than_once", "ambiguous"]


@pytest.fixture
def lake(request, place, local_redshift) -> Lake:
    """Of a parameter: where keys and loads are joined."""
    where = getattr(request, "param", "here")
    return Lake(place, local_redshift.environment, *([] if where == "here" else ["--where", where]))


joined_anywhere = pytest.mark.parametrize("lake", ["here", "redshift"], indirect=True)


def sets_of(document: dict, key: str) -> set[str]:
    return {name for name in SETS if key in document[name]}


@joined_anywhere
def test_the_old_readme_s_example_gives_its_four_sets(lake, local_redshift):
    lake.put("myfolder/key1")
    lake.put("myfolder/key2")
    env = local_redshift.environment
    with redshift_connector.connect(host=env["REDSHIFT_HOST"], port=int(env["REDSHIFT_PORT"]), database="dev",
                                    user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"],
                                    ssl=False) as connection:
        connection.cursor().execute(lake.copy("myfolder/key1"))
        connection.commit()
    found = lake.document("myfolder", "--from", "2014-10-20")
    assert {name: found[name] for name in THE_FOUR} == {
        "committed_keys": ["myfolder/key1"],
        "keys_in_bucket": ["myfolder/key1", "myfolder/key2"],
        "bucket_keys_to_be_committed": ["myfolder/key2"],
        "bucket_keys_already_committed": ["myfolder/key1"]}
    assert found["summary"]["keys_in_bucket"] == {"keys": 2, "bytes": 12}
    for name in THE_FOUR:
        assert lake.keys(name, "myfolder") == found[name]
    words = lake.run("myfolder").out
    assert "in the bucket" in words and "2 keys, 12 B" in words
    assert "to be committed" in words and "1 key, 6 B" in words


@joined_anywhere
def test_each_fate_of_a_key_is_told(lake, connect):
    for name in ("never", "committed", "overwritten", "rolled back", "failed", "mended", "gone", "twice", "not loaded"):
        lake.put(f"f/{name}", f"1,{name}\n")
    lake.put("f/failed", "1,one\nx,two\n")
    lake.put("f/mended", "x,one\n")
    for name in ("committed", "overwritten", "gone", "twice", "twice"):
        lake.load(f"f/{name}")
    lake.put("f/overwritten", "2,another\n")
    lake.bucket.delete("f/gone")
    with connect(autocommit=False) as session:
        session.execute(lake.copy("f/rolled back"))
        session.rollback()
    for name in ("failed", "mended"):
        with pytest.raises(psycopg.Error):
            lake.load(f"f/{name}")
    lake.put("f/mended", "1,longer than it was\n")
    lake.place.connection.execute(lake.copy("f/not loaded", options="CSV NOLOAD"))
    found = lake.document()
    there, pending = "keys_in_bucket", "bucket_keys_to_be_committed"
    already = {there, "committed_keys", "bucket_keys_already_committed"}
    assert {name: sets_of(found, f"f/{name}") for name in
            ("never", "committed", "overwritten", "rolled back", "failed", "gone", "twice", "not loaded")} == {
        "never": {there, pending},
        "committed": already,
        "overwritten": {there, pending, "committed_keys", "overwritten"},
        "rolled back": {there, pending, "rolled_back"},
        "failed": {there, pending, "failed"},
        "gone": {"committed_keys", "gone"},
        "twice": already | {"loaded_more_than_once"},
        "not loaded": {there, pending}}
    assert pending in sets_of(found, "f/mended")
    assert "Invalid digit" in found["errors"][lake.bucket.uri("f/failed")]
    assert lake.place.query(f"SELECT count(*) FROM {lake.table} WHERE name = 'twice'") == [(2,)]
    words = lake.run("f").out
    assert "Invalid digit" in words
    assert "f/gone" in words


def test_a_copy_of_a_prefix_loads_all_that_begins_so(lake):
    for key in ("f/day1/a", "f/day1/b", "f/day10/a", "f/day2/a"):
        lake.put(key)
    lake.load("f/day1")
    found = lake.document()
    assert found["bucket_keys_already_committed"] == ["f/day1/a", "f/day1/b", "f/day10/a"]
    assert found["bucket_keys_to_be_committed"] == ["f/day2/a"]
    assert lake.document("f/day1")["keys_in_bucket"] == ["f/day1/a", "f/day1/b"]
    assert lake.document("f/day1*")["keys_in_bucket"] == ["f/day1/a", "f/day1/b", "f/day10/a"]


@joined_anywhere
def test_an_open_transaction_is_in_progress(lake, connect):
    lake.put("f/a")
    lake.put("f/b")
    lake.load("f/b")
    with connect(autocommit=False) as session:
        session.execute(lake.copy("f/"))
        found = lake.document()
        assert sets_of(found, "f/a") == {"keys_in_bucket", "in_progress"}
        assert sets_of(found, "f/b") == {"keys_in_bucket", "committed_keys", "bucket_keys_already_committed"}
        session.commit()
    assert lake.document()["bucket_keys_already_committed"] == ["f/a", "f/b"]


@joined_anywhere
def test_the_window_and_the_table_restrict_which_loads_count(lake):
    lake.put("f/a")
    lake.load("f/a")
    assert lake.document("f", "--to", "2014-10-21")["committed_outside_window"] == ["f/a"]
    assert lake.document("f", "--from", "2099-01-01T00:00:00Z")["committed_outside_window"] == ["f/a"]
    assert lake.document("f", "--from", "2014-10-20", "--to", "2099-01-01")["committed_keys"] == ["f/a"]
    assert lake.document("f", "--table", lake.table)["committed_keys"] == ["f/a"]
    other = lake.document("f", "--table", f"{lake.place.schema}.clicks")
    assert other["bucket_keys_to_be_committed"] == ["f/a"]


@joined_anywhere
def test_loads_of_penstock_are_known_by_the_ledger(lake):
    place = lake.place
    first = place.put_events("2024-01-01")
    second = place.put_events("2024-01-02")
    place.load("--create-schema", "--date", "2024-01-01T00:00:00Z")
    lines = [json.loads(line) for line in lake.run("*", "--json-lines").out.splitlines()]
    assert list(lines[-1]) == ["summary", "notes"]
    by_key = {line["key"]: line for line in lines[:-1]}
    assert set(by_key) == set(place.bucket.objects())
    loaded = by_key[first]
    assert "bucket_keys_already_committed" in loaded["sets"] and loaded["deletable"]
    assert "ledger" in loaded["loads"][-1]["witnesses"]
    assert loaded["object"]["etag"] == place.bucket.objects()[first].strip('"')
    assert loaded["loads"][-1]["table"] == f"{place.schema}.events"
    assert by_key[second]["sets"] == ["keys_in_bucket", "bucket_keys_to_be_committed"]
    place.put_events("2024-01-01", name="other")
    found = lake.document("*")
    assert found["overwritten"] == [first]


NASTY = ["a b", "a+b", "a%20b", "ünï/cödé", "日本", "it's", 'quo"te', "semi;colon", "star*", "back\\slash",
         "x" * 200 + "/" + "y" * 200, "tab\there", "new\nline", "ends in blanks  ", "ends in blanks", "k", "k/b"]


@pytest.fixture(scope="module")
def on_folder(binaries):
    """A local Redshift whose S3 is a folder, which holds any key."""
    with folder_for_servers() as folder:
        server = LocalRedshift(binaries, folder, s3="folder")
        yield server, Program(binaries / "penstock", server.environment, [server.environment["REDSHIFT_PASSWORD"]])
        server.stop()


def move_into(program: Program, folder: Path, key: str, body: str) -> None:
    source = folder / "source.csv"
    source.write_text(body)
    run = program.run("move", str(source), f"s3://nasty/{key}", "--to-format", "csv", "--replace")
    assert run.code == 0, str(run)


def test_names_are_what_they_are(on_folder, tmp_path):
    server, program = on_folder
    env = server.environment
    (Path(env["PENSTOCK_S3_FOLDER"]) / "nasty").mkdir()
    plain = [key for key in NASTY if "*" not in key]  # which move takes for a glob
    for number, key in enumerate(plain):
        move_into(program, tmp_path, f"in/{key}", f"id,name\n{number},n\n")
    session = psycopg.connect(host=env["REDSHIFT_HOST"], port=env["REDSHIFT_PORT"], dbname="dev", autocommit=True,
                              user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"])
    with session:
        session.execute("CREATE TABLE public.nasty (id int, name varchar(100))")
        for key in plain[::2]:
            manifest = json.dumps({"entries": [{"url": f"s3://nasty/in/{key}", "mandatory": True}]})
            (tmp_path / "manifest.json").write_text(manifest)
            run = program.run("move", str(tmp_path / "manifest.json"), "s3://nasty/manifest", "--to-format", "json",
                              "--replace")
            assert run.code == 0, str(run)
            session.execute("COPY public.nasty FROM 's3://nasty/manifest' ACCESS_KEY_ID "
                            f"'{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}' "
                            "CSV IGNOREHEADER 1 MANIFEST")
    run = program.run("reconcile", "diff", "s3://nasty/in", "--json")
    assert run.code == 0, str(run)
    found = json.loads(run.out)
    assert sorted(found["keys_in_bucket"]) == sorted(f"s3://nasty/in/{key}" for key in plain)
    loaded = {f"s3://nasty/in/{key}" for key in plain[::2]}
    assert set(found["bucket_keys_already_committed"]) | set(found["ambiguous"]) >= loaded
    assert set(found["bucket_keys_already_committed"]) <= loaded
    assert not set(found["bucket_keys_to_be_committed"]) & loaded
    assert program.run("reconcile", "diff", "s3://nasty/in", "--json", "--where", "redshift").out == run.out
    words = program.run("reconcile", "diff", "s3://nasty/in").out
    assert program.run("reconcile", "diff", "s3://nasty/in", "--where", "redshift").out == words

    run = program.run("reconcile", "diff", "s3://nasty/in", "--keys", "bucket")
    lines = [json.loads(line) if line.startswith('"') else line for line in run.out.splitlines()]
    assert lines == found["keys_in_bucket"]
    run = program.run("reconcile", "diff", "s3://nasty/in", "--keys", "bucket", "--null")
    assert run.out.split("\0")[:-1] == found["keys_in_bucket"]


def test_fail_on_ends_with_6_and_says_of_what(lake):
    lake.put("f/a")
    run = lake.run("f", "--fail-on", "overwritten,pending", code=6)
    assert "bucket_keys_to_be_committed" in run.err and "1 key" in run.err
    assert "overwritten" not in run.err
    lake.load("f/a")
    lake.run("f", "--fail-on", "overwritten,pending", "--fail-on", "gone")


def test_the_summary_of_keys_goes_to_stderr(lake):
    lake.put("f/a")
    run = lake.run("f", "--keys", "pending")
    assert run.out == lake.bucket.uri("f/a") + "\n"
    assert "to be committed" in run.err


def test_all_wrong_options_are_told_at_once(lake):
    run = lake.run("a*b", "--from", "2014-10-21", "--to", "2014-10-20", "--table", "views", "--keys", "some",
                   "--fail-on", "never", "--json", code=2)
    for word in ("a*b", "2014-10-21T00:00:00Z", "'views'", "--keys 'some'", "--fail-on 'never'", "exclude"):
        assert word in run.err, run.err
    run = lake.run("f", "--from", "yesterday", "--null", code=2)
    assert "'yesterday'" in run.err and "--null" in run.err


def test_what_is_not_there_or_not_allowed_is_said(lake):
    run = lake.place.program.run("reconcile", "diff", "s3://no-such-bucket-here/f")
    assert run.code == 1 and "no-such-bucket-here" in run.err, str(run)
    run = lake.run("f", env={"REDSHIFT_PASSWORD": "wrong-Passw0rd"}, code=1)
    assert "wrong-Passw0rd" not in run.said
    run = lake.run("f", env={"REDSHIFT_PASSWORD": None}, code=2)
    assert "REDSHIFT_PASSWORD" in run.err


def test_a_user_sees_its_own_loads_and_is_told_so(lake):
    lake.put("f/theirs")
    lake.put("f/own")
    lake.load("f/theirs")
    user = f"reader_{lake.place.schema}"
    lake.place.connection.execute(f"CREATE USER {user} PASSWORD 'Passw0rd'")
    lake.place.connection.execute(f"GRANT USAGE ON SCHEMA {lake.place.schema} TO {user}")
    lake.place.connection.execute(f"GRANT INSERT, SELECT ON {lake.table} TO {user}")
    env = {"REDSHIFT_USER": user, "REDSHIFT_PASSWORD": "Passw0rd"}
    settings = lake.place.program.environment
    with psycopg.connect(host=settings["REDSHIFT_HOST"], port=settings["REDSHIFT_PORT"], dbname="dev", user=user,
                         password="Passw0rd", autocommit=True) as session:
        session.execute(lake.copy("f/own"))
    found = json.loads(lake.run("f", "--json", env=env).out)
    assert found["bucket_keys_already_committed"] == [lake.bucket.uri("f/own")]
    assert found["notes"], "that it sees its own loads alone"
    everybody = lake.document()
    assert everybody["bucket_keys_already_committed"] == ["f/own", "f/theirs"]


def read_csv(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_output_has_a_row_a_key(lake, tmp_path):
    for key in ("f/a", "f/b"):
        lake.put(key)
    lake.load("f/a")
    local = tmp_path / "keys.csv"
    lake.run("f", "--output", str(local))
    rows = read_csv(local)
    etags = lake.bucket.objects()
    assert [(row["key"], row["etag"], row["size"]) for row in rows] == [
        (key, etags[key].strip('"'), "6") for key in ("f/a", "f/b")]
    assert rows[0]["sets"].split() == ["committed_keys", "keys_in_bucket", "bucket_keys_already_committed"]
    assert rows[0]["load_table"] == lake.table
    assert int(rows[0]["load_query"]) > 0 and rows[1]["load_query"] == ""
    before = local.read_bytes()
    run = lake.run("f", "--output", str(local), code=4)
    assert str(local) in run.err
    assert local.read_bytes() == before
    lake.run("f", "--output", str(local), "--replace")

    lake.run("f", "--output", lake.bucket.uri("report/keys.parquet"))
    table = pyarrow.parquet.read_table(io.BytesIO(lake.bucket.get("report/keys.parquet")))
    assert table.column("key").to_pylist() == ["f/a", "f/b"]
    assert table.column("loads").to_pylist() == [1, 0]
    assert str(table.schema.field("last_modified").type) == "timestamp[us, tz=UTC]"
    run = lake.run("f", "--output", "keys.tsv", code=2)
    assert "keys.tsv" in run.err
