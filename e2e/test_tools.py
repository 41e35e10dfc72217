"""The tools that people use on Redshift do their jobs on the local one, unchanged, over TLS and plain."""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent / "clients"
PYTHON = os.environ["TOOLS_PYTHON"]


class Job:
    """A tool's turn, in an environment of its own."""

    def __init__(self, tls: str, place, local_redshift, folder: Path) -> None:
        self.place, self.folder = place, folder
        env = local_redshift.environment
        self.env = {**env, "JOB_TLS": tls, "JOB_SCHEMA": place.schema, "JOB_BUCKET": place.bucket.name,
                    "JOB_URI": place.bucket.uri("d/"), "JOB_OUT_URI": place.bucket.uri("out/"),
                    "JOB_FOLDER": str(folder), "SSL_CERT_FILE": env["PGSSLROOTCERT"],
                    "AWS_DEFAULT_REGION": env["AWS_REGION"]}

    def run(self, *command: str, **how) -> subprocess.CompletedProcess:
        run = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=300, check=False, **how)
        assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-6000:]
        return run

    def seen(self, program: str) -> dict:
        return json.loads(self.run(PYTHON, str(CLIENTS / program)).stdout.splitlines()[-1])


@pytest.fixture(params=["on", "off"], ids=["tls", "plain"])
def job(request, place, local_redshift, tmp_path) -> Job:
    return Job(request.param, place, local_redshift, tmp_path)


def test_sqlalchemy_creates_copies_queries_unloads_and_reflects(job):
    job.place.bucket.put("d/1.csv", "1,one,2024-01-01\n2,Zürich,2024-01-02T00:00:00\n3,,2024-01-03 12:30:00\n")
    seen = job.seen("sqlalchemy_job.py")
    assert seen["rows"] == [[2, "Zürich", "2024-01-02 00:00:00"], [3, None, "2024-01-03 12:30:00"]]
    assert seen["columns"] == [["id", "INTEGER", False], ["name", "VARCHAR(20)", True], ["seen", "TIMESTAMP", True]]
    assert seen["tables"] == ["frames", "places"]
    assert seen["keys"] == ["id"]
    assert seen["options"] == {"diststyle": "KEY", "distkey": "id", "sortkey": ["seen", "id"]}
    assert seen["frames"] == 4
    bucket = job.place.bucket
    assert gzip.decompress(bucket.get("out/text_000.gz")).decode() == (
        '"1"|"one"|"2024-01-01 00:00:00"\n"2"|"Zürich"|"2024-01-02 00:00:00"\n"3"|"-"|"2024-01-03 12:30:00"\n')
    assert bucket.get("out/csv_000").decode() == (
        "id,name,seen\n1,one,2024-01-01 00:00:00\n2,Zürich,2024-01-02 00:00:00\n3,,2024-01-03 12:30:00\n")
    entries = json.loads(bucket.get("out/csv_manifest"))["entries"]
    assert [entry["url"] for entry in entries] == [bucket.uri("out/csv_000")]


def test_awswrangler_inserts_copies_upserts_and_unloads(job):
    seen = job.seen("awswrangler_job.py")
    assert seen["to_sql"] == [[1, "one", "2024-01-01 00:00:00"], [2, "Zürich", "2024-01-02 00:00:00"],
                              [3, "three", "2024-01-03 00:00:00"]]
    assert seen["copy"] == [[1, "one", "2024-01-01 00:00:00"], [2, "two", "2024-01-02 00:00:00"]]
    upserted = [[1, "one", "2024-01-01 00:00:00"], [2, "zwei", "2024-02-02 00:00:00"],
                [3, "drei", "2024-02-03 00:00:00"]]
    assert seen["upsert"] == upserted
    copied = [*upserted, [7, "seven", "2024-01-07 00:00:00"]]
    assert seen["copy_from_files"] == copied
    assert (seen["unload"], seen["left"]) == (copied, [])
    assert seen["chunks"][0] == copied
    assert sum(seen["chunks"][1]) == 4
    assert seen["partitions"] == copied
    bucket = job.place.bucket
    keys = bucket.objects().keys()
    assert {key for key in keys if key.startswith("partitions/")} == {
        "partitions/manifest", "partitions/id=1/000.parquet", "partitions/id=2/000.parquet",
        "partitions/id=3/0000_part_00.parquet", "partitions/id=7/0000_part_00.parquet"}
    assert bucket.get("csv/000").decode().splitlines()[0] == "1,one,2024-01-01 00:00:00"


def test_dlt_stages_copies_evolves_and_merges(job):
    env = job.env
    job.env |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "PGSSLMODE": "verify-full" if env["JOB_TLS"] == "on" else "disable",
        "DESTINATION__REDSHIFT__CREDENTIALS__HOST": "localhost",
        "DESTINATION__REDSHIFT__CREDENTIALS__PORT": env["REDSHIFT_PORT"],
        "DESTINATION__REDSHIFT__CREDENTIALS__DATABASE": env["REDSHIFT_DB"],
        "DESTINATION__REDSHIFT__CREDENTIALS__USERNAME": env["REDSHIFT_USER"],
        "DESTINATION__REDSHIFT__CREDENTIALS__PASSWORD": env["REDSHIFT_PASSWORD"],
        "DESTINATION__FILESYSTEM__BUCKET_URL": f"s3://{env['JOB_BUCKET']}/staging",
        "DESTINATION__FILESYSTEM__CREDENTIALS__AWS_ACCESS_KEY_ID": env["AWS_ACCESS_KEY_ID"],
        "DESTINATION__FILESYSTEM__CREDENTIALS__AWS_SECRET_ACCESS_KEY": env["AWS_SECRET_ACCESS_KEY"],
        "DESTINATION__FILESYSTEM__CREDENTIALS__ENDPOINT_URL": env["AWS_ENDPOINT_URL_S3"],
        "DESTINATION__FILESYSTEM__CREDENTIALS__REGION_NAME": env["AWS_REGION"]}
    seen = job.seen("dlt_job.py")
    assert seen["rows"] == [[1, "one", None], [2, "zwei", 0.5], [3, None, None]]
    assert seen["tags"] == ["a", "b"]
    assert seen["loads"] == 2


def test_dbt_seeds_builds_merges_and_snapshots(job):
    project = job.folder / "project"
    shutil.copytree(CLIENTS / "dbt", project)

    def dbt(*arguments: str) -> None:
        job.run(PYTHON, "-m", "dbt.cli.main", "--no-use-colors", *arguments, "--profiles-dir", ".", cwd=project)

    dbt("build")
    dbt("build", "--vars", json.dumps({"mark": "!"}), "--exclude", "places_table")
    schema = job.place.schema
    assert job.place.query(f"SELECT id, name FROM {schema}.places_merged ORDER BY id") == [
        (1, "one"), (2, "Zürich!"), (3, None), (4, "four")]
    assert job.place.query(f"SELECT places FROM {schema}.places_view") == [(4,)]
    assert job.place.query(f"SELECT places FROM {schema}.places_late") == [(4,)]
    job.place.connection.execute(f"DROP TABLE {schema}.places_merged CASCADE")  # the view is not bound to it
    job.place.connection.execute(f"CREATE TABLE {schema}.places_merged AS SELECT 1 AS id")
    assert job.place.query(f"SELECT places FROM {schema}.places_late") == [(1,)]
    history = job.place.query(f"SELECT id, name, dbt_valid_to IS NULL FROM {schema}.places_snapshot ORDER BY 1, 2, 3")
    assert history == [(1, "one", True), (2, "Zürich", False), (2, "Zürich!", True), (3, None, True), (4, "four", True)]
