"""reconciler's names: its README's example, and what it did that it should not have. boto3 looks at the bucket."""

import datetime
import json
import os
import subprocess
import sys

import penstock
import pytest
from penstock import ActResult, Reconciler

YEARS = ("2014-10-20", "2100-01-01")


@pytest.fixture(autouse=True)
def surroundings(local_redshift, monkeypatch, tmp_path):
    """The old tool's environment: PG*, and boto's."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "REDSHIFT_", "PG", "PENSTOCK_S3")):
            monkeypatch.delenv(name)
    env = local_redshift.environment
    for name, value in env.items():
        if name.startswith("AWS_") or name in ("PGSSLROOTCERT", "HOME"):
            monkeypatch.setenv(name, value)
    for name, of in (("PGDATABASE", "DB"), ("PGUSER", "USER"), ("PGPASSWORD", "PASSWORD"), ("PGHOST", "HOST"),
                     ("PGPORT", "PORT")):
        monkeypatch.setenv(name, env[f"REDSHIFT_{of}"])
    monkeypatch.chdir(tmp_path)


class Lake:
    def __init__(self, place, env) -> None:
        self.bucket = place.bucket
        self.connection = place.connection
        self.table = f"{place.schema}.views"
        self.access = f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"
        place.connection.execute(f"CREATE TABLE {self.table} (id int, name varchar(100))")

    def put(self, *keys: str, body: str = "1,one\n") -> None:
        for key in keys:
            self.bucket.put(key, body)

    def load(self, *keys: str) -> None:
        for key in keys:
            self.connection.execute(f"COPY {self.table} FROM '{self.bucket.uri(key)}' {self.access} CSV")

    def uris(self, *keys: str) -> set[str]:
        return {self.bucket.uri(key) for key in keys}

    def left(self, prefix: str = "myfolder/") -> set[str]:
        return {key for key in self.bucket.objects() if key.startswith(prefix)}


@pytest.fixture
def lake(place, local_redshift) -> Lake:
    lake = Lake(place, local_redshift.environment)
    lake.put("myfolder/key1", "myfolder/key2")
    lake.load("myfolder/key1")
    return lake


PROGRAM = """
from penstock import Reconciler

rec = Reconciler()
result = rec.diff_redshift_and_bucket('2014-10-20', '2100-01-01', {folder!r})
print({{name: sorted(keys) for name, keys in result.items()}})
rec.copy_committed_keys(result, 'mynewfolder')
rec.delete_committed_keys(result)
"""


def test_the_program_of_the_readme(lake):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(folder=f"{lake.bucket.name}/myfolder")],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    key1, key2 = lake.bucket.uri("myfolder/key1"), lake.bucket.uri("myfolder/key2")
    assert done.stdout.strip() == str({"committed_keys": [key1], "keys_in_bucket": [key1, key2],
                                       "bucket_keys_to_be_committed": [key2], "bucket_keys_already_committed": [key1]})
    assert set(lake.bucket.objects()) == {"mynewfolder/key1", "myfolder/key2"}


def test_the_result_reads_like_its_dict(lake):
    lake.put("myfolder/key3")
    lake.load("myfolder/key3")
    lake.put("myfolder/key3", body="2,newer\n")
    result = Reconciler().diff_redshift_and_bucket(*YEARS, f"s3://{lake.bucket.name}/myfolder/")
    key1, key2, key3 = (lake.uris(f"myfolder/key{n}") for n in (1, 2, 3))
    assert list(result) == ["committed_keys", "keys_in_bucket", "bucket_keys_to_be_committed",
                            "bucket_keys_already_committed"]
    assert dict(result) == {"committed_keys": key1 | key3, "keys_in_bucket": key1 | key2 | key3,
                            "bucket_keys_to_be_committed": key2 | key3, "bucket_keys_already_committed": key1}
    assert result["comitted_keys"] == result["committed_keys"] == key1 | key3
    assert result["overwritten"] == key3 and result["gone"] == set()
    found = result["keys_in_bucket"]
    assert len(found) == 3 and next(iter(key1)) in found and "s3://elsewhere/key" not in found and None not in found
    assert found - key1 == found.difference(key1) == key2 | key3 and key1 | found == found and found.issuperset(key2)
    assert repr(result["bucket_keys_already_committed"]) == repr(key1) and repr(result["gone"]) == "set()"
    assert repr(result).startswith("{'committed_keys': {'s3://")
    with pytest.raises(KeyError):
        result["nonsense"]
    assert result.summary.of(penstock.KeySet.in_bucket).keys == 3


def test_a_large_result_lies_on_disk(place, lake, local_redshift):
    keys = sorted([f"many/{n:05}" for n in range(3000)] + [r"many/a\nb", r"many/\\", "many/é", "many/ x"], key=str.encode)
    local_redshift.make_objects(lake.bucket.name, [])
    (local_redshift.data / "versitygw/objects" / lake.bucket.name / "many").mkdir()
    local_redshift.make_objects(lake.bucket.name, keys)
    result = Reconciler().diff_redshift_and_bucket(*YEARS, f"{lake.bucket.name}/many")
    found = result["keys_in_bucket"]
    assert list(found) == [lake.bucket.uri(key) for key in keys], "in the order of their bytes"
    assert all(lake.bucket.uri(key) in found for key in keys) and len(found) == len(keys)
    assert lake.bucket.uri("many/0") not in found and lake.bucket.uri("many/zzz") not in found
    assert "2984 more" in repr(found)
    first, second = iter(found), iter(found)
    assert next(first) == next(second), "as often as one likes, and side by side"
    assert Reconciler().get_all_keys(f"{lake.bucket.name}/many") == found


def test_the_folder_is_a_folder(lake):
    lake.put("myfolder2/key1")
    rec, name = Reconciler(), lake.bucket.name
    assert rec.get_all_keys(f"{name}/myfolder") == lake.uris("myfolder/key1", "myfolder/key2")
    assert rec.get_all_keys(f"{name}/myfolder*") == lake.uris("myfolder/key1", "myfolder/key2", "myfolder2/key1")
    assert rec.get_all_keys(name) == lake.uris("myfolder/key1", "myfolder/key2", "myfolder2/key1")


def test_what_was_committed_when(lake):
    rec, name = Reconciler(), lake.bucket.name
    key1 = lake.uris("myfolder/key1")
    assert key1 <= rec.get_committed_keys(*YEARS), "of all buckets"
    assert rec.get_committed_keys(*YEARS, f"{name}/myfolder") == key1
    assert rec.get_committed_keys("2014-10-20", "2014-10-21", name) == set()
    lake.bucket.delete("myfolder/key1")
    assert rec.get_committed_keys(*YEARS, name) == key1, "in the bucket or not"
    assert rec.get_committed_keys(datetime.date(2014, 10, 20), datetime.datetime.now(datetime.timezone.utc), name) == key1
    with pytest.raises(penstock.InvalidError, match="start_date='yesterday'.*end_date=3"):
        rec.get_committed_keys("yesterday", 3)
    with pytest.raises(penstock.InvalidError, match="names no bucket"):
        rec.get_all_keys("s3://")


def test_rolled_back_is_not_committed(lake, connect):
    lake.put("myfolder/back")
    with connect(autocommit=False) as other:
        other.execute(f"COPY {lake.table} FROM '{lake.bucket.uri('myfolder/back')}' {lake.access} CSV")
        other.rollback()
    result = Reconciler().diff_redshift_and_bucket(*YEARS, f"{lake.bucket.name}/myfolder")
    assert result["rolled_back"] == lake.uris("myfolder/back")
    assert result["bucket_keys_to_be_committed"] == lake.uris("myfolder/back", "myfolder/key2")


def test_two_keys_of_one_name_are_two_copies(lake):
    lake.put("myfolder/a/same", "myfolder/b/same")
    lake.load("myfolder/a/same", "myfolder/b/same")
    rec = Reconciler()
    result = rec.diff_redshift_and_bucket(*YEARS, f"{lake.bucket.name}/myfolder")
    assert rec.copy_committed_keys(result, "new/folder", dry_run=True).of(ActResult.planned).keys == 3
    assert lake.left("new") == set()
    assert rec.copy_committed_keys(result, "new/folder").of(ActResult.copied).keys == 3
    assert lake.left("new") == {"new/folder/a/same", "new/folder/b/same", "new/folder/key1"}
    assert rec.copy_committed_keys(result, f"s3://{lake.bucket.name}/new/folder").of(ActResult.there_already).keys == 3


def test_only_what_was_seen_and_is_unchanged_goes(lake, tmp_path):
    lake.put("myfolder/later", "myfolder/changed")
    lake.load("myfolder/changed")
    rec = Reconciler()
    result = rec.diff_redshift_and_bucket(*YEARS, f"{lake.bucket.name}/myfolder")
    lake.load("myfolder/later")
    lake.put("myfolder/changed", body="2,newer\n")
    assert rec.delete_committed_keys(result, dry_run=True).of(ActResult.planned).keys == 1
    assert lake.left() == {"myfolder/key1", "myfolder/key2", "myfolder/later", "myfolder/changed"}
    summary = rec.delete_committed_keys(result, only_copied_to="nowhere", journal=tmp_path / "j.jsonl")
    assert summary.of(ActResult.deleted).keys == 0 and summary.of(ActResult.not_copied).keys == 1
    summary = rec.delete_committed_keys(result, journal=tmp_path / "j.jsonl")
    assert summary.of(ActResult.deleted).keys == 1 and summary.of(ActResult.not_agreed).keys == 1
    assert lake.left() == {"myfolder/key2", "myfolder/later", "myfolder/changed"}
    told = [json.loads(line) for line in (tmp_path / "j.jsonl").read_text().splitlines()]
    assert {line["uri"] for line in told} == lake.uris("myfolder/key1")
    with pytest.raises(penstock.InvalidError, match="a dict does not"):
        rec.delete_committed_keys({"bucket_keys_already_committed": set(result["bucket_keys_already_committed"])})


def test_where_redshift_is(local_redshift, lake, monkeypatch):
    env = local_redshift.environment
    given = Reconciler(database=env["REDSHIFT_DB"], user=env["REDSHIFT_USER"], host=env["REDSHIFT_HOST"],
                       aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert len(given.get_all_keys(lake.bucket.name)) == 2
    assert env["REDSHIFT_PASSWORD"] not in repr(given)
    with pytest.raises(penstock.DeniedError):
        Reconciler(password="hush-hush").get_committed_keys(*YEARS)
    for name in ("PGDATABASE", "PGUSER", "PGPASSWORD", "PGHOST", "PGPORT"):
        monkeypatch.delenv(name)
    with pytest.raises(penstock.InvalidError, match="database.*user.*password.*host"):
        Reconciler()
    with pytest.raises(penstock.InvalidError, match="go together"):
        Reconciler(**dict(database="d", user="u", password="p", host="h"), aws_access_key_id="x")
    for name in ("DB", "USER", "PASSWORD", "HOST", "PORT"):
        monkeypatch.setenv(f"REDSHIFT_{name}", env[f"REDSHIFT_{name}"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", env["AWS_ACCESS_KEY_ID"])
    assert Reconciler().get_committed_keys(*YEARS, f"{lake.bucket.name}/myfolder") == lake.uris("myfolder/key1")
