"""Each driver that people use on Redshift does the same job on the local one, unchanged, over TLS and plain."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

CLIENTS = Path(__file__).parent / "clients"
DRIVERS = ["psql", "psycopg2", "psycopg", "redshift_connector", "jdbc", "node"]

ROWS = [[2, "Zürich", "2024-01-02 00:00:00"], [3, None, "2024-01-03 12:30:00"]]
COLUMNS = [["id", "integer", True, 2], ["name", "character varying(20)", False, 0],
           ["seen", "timestamp without time zone", False, 1]]
METADATA = {"redshift_connector": {"metadata": {"tables": [["places", "TABLE"]], "keys": ["id"],
                                                "columns": [["id", "int4"], ["name", "varchar"], ["seen", "timestamp"]]}}}
REFUSAL = ["XX000", "Load into table 'places' failed.  Check 'stl_load_errors' system table for details."]


UNLOADED = [(1, "one", "2024-01-01 00:00:00"), (2, "Zürich", "2024-01-02 00:00:00"), (3, None, "2024-01-03 12:30:00")]


def check_unloaded(bucket) -> None:
    """What the job unloaded, as boto3 finds it and pyarrow reads it."""
    lines = [f"{identity},{name or ''},{seen}\n" for identity, name, seen in UNLOADED]
    assert bucket.get("out/csv_000").decode() == "id,name,seen\n" + "".join(lines)
    manifest = json.loads(bucket.get("out/parquet_manifest"))
    parts = {url: bucket.get(url.removeprefix(bucket.uri(""))) for url in
             (entry["url"] for entry in manifest["entries"])}
    assert sorted(parts) == [bucket.uri(f"out/parquet_000{slice}_part_00.parquet") for slice in (0, 1)]
    tables = [pq.read_table(io.BytesIO(body)) for body in parts.values()]
    assert {entry["url"]: entry["meta"] for entry in manifest["entries"]} == {
        url: {"content_length": len(body), "record_count": table.num_rows}
        for (url, body), table in zip(parts.items(), tables, strict=True)}
    rows = pa.concat_tables(tables).sort_by("id").to_pylist()
    assert [(row["id"], row["name"], str(row["seen"])) for row in rows] == UNLOADED
    assert len(bucket.objects().keys() - {"d/1.csv", "d/2.csv", "bad/1.csv"}) == 4


@pytest.fixture(scope="session")
def java_classes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("classes")
    subprocess.run(["javac", "-d", folder, CLIENTS / "JdbcJob.java"], check=True, timeout=120)
    return folder


class Job:
    """One driver's turn: the data it finds, and the program that runs it."""

    def __init__(self, driver: str, tls: str, place, local_redshift, request) -> None:
        self.driver, self.place, self.request = driver, place, request
        place.bucket.put("d/1.csv", "1,one,2024-01-01\n2,Zürich,2024-01-02T00:00:00\n")
        place.bucket.put("d/2.csv", "3,,2024-01-03 12:30:00\n")
        place.bucket.put("bad/1.csv", "x,one,2024-01-01\n")
        env = local_redshift.environment
        self.env = {**env, "JOB_TLS": tls, "JOB_SCHEMA": place.schema, "JOB_URI": place.bucket.uri("d/"),
                    "JOB_BAD_URI": place.bucket.uri("bad/1.csv"), "JOB_OUT_URI": place.bucket.uri("out/"),
                    "JOB_KEYS": f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}'"
                                f" SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'",
                    "SSL_CERT_FILE": env["PGSSLROOTCERT"], "NODE_PATH": os.environ["CLIENTS_NODE_MODULES"]}

    def command(self) -> list[str]:
        env = self.env
        match self.driver:
            case "psql":
                mode = "verify-full" if env["JOB_TLS"] == "on" else "disable"
                at = (f"host=localhost port={env['REDSHIFT_PORT']} dbname={env['REDSHIFT_DB']}"
                      f" user={env['REDSHIFT_USER']} password={env['REDSHIFT_PASSWORD']} sslmode={mode}")
                return ["psql", at, "--no-psqlrc", "-v", f"schema={env['JOB_SCHEMA']}", "-v", f"uri={env['JOB_URI']}",
                        "-v", f"csv_uri={env['JOB_OUT_URI']}csv_", "-v", f"parquet_uri={env['JOB_OUT_URI']}parquet_",
                        "-v", f"bad_uri={env['JOB_BAD_URI']}", "-v", f"keys={env['JOB_KEYS']}",
                        "-f", str(CLIENTS / "job.sql")]
            case "jdbc":
                jars = f"{self.request.getfixturevalue('java_classes')}:{os.environ['CLIENTS_JDBC_JAR']}"
                return ["java", "-cp", jars, "JdbcJob"]
            case "node":
                return ["node", str(CLIENTS / "node_job.js")]
            case _:
                return [sys.executable, str(CLIENTS / "dbapi_job.py"), self.driver]

    def run(self) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(), env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def seen(self) -> dict:
        run = self.run()
        assert run.returncode == 0, run.stderr
        return by_sections(run.stdout) if self.driver == "psql" else json.loads(run.stdout)


def by_sections(text: str) -> dict[str, list[str]]:
    """psql's output, in which \\echo names each part."""
    names = {"unloaded", "rows", "columns", "tables", "table", "functions", "schemas", "refusal"}
    seen, current = {}, None
    for line in text.splitlines():
        if line in names:
            current = seen[line] = []
        elif current is not None:
            current.append(line)
    return seen


@pytest.fixture(params=["on", "off"], ids=["tls", "plain"])
def tls(request) -> str:
    return request.param


@pytest.fixture
def job(request, tls, place, local_redshift):
    return lambda driver: Job(driver, tls, place, local_redshift, request)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg", "redshift_connector", "node"])
def test_a_driver_creates_copies_queries_unloads_and_reflects(driver, job, tls, place):
    assert job(driver).seen() == {"encrypted": tls == "on", "loaded": 3, "unloaded": [3, 3], "rows": ROWS, "count": 5,
                                  "columns": COLUMNS, "refusal": REFUSAL, "codes": [1207], **METADATA.get(driver, {})}
    check_unloaded(place.bucket)


def test_psql_creates_copies_queries_unloads_and_reflects(job, place):
    seen = job("psql").seen()
    assert seen["unloaded"] == ["3", "3"]
    assert seen["rows"] == ["2,Zürich,2024-01-02 00:00:00", "3,,2024-01-03 12:30:00"]
    assert seen["columns"] == ["id,integer,t,2", "name,character varying(20),f,0",
                               "seen,timestamp without time zone,f,1"]
    assert [line.split(",")[1] for line in seen["tables"]] == ["places"]
    assert "id,integer,,not null," in seen["table"]
    assert any("getdate" in line for line in seen["functions"])
    assert any(line.startswith(f"{place.schema},") for line in seen["schemas"])
    assert seen["refusal"] == [" ".join(REFUSAL), "1207"]
    check_unloaded(place.bucket)


def test_jdbc_creates_copies_queries_unloads_and_reflects(job, place):
    seen = job("jdbc").seen()
    assert (seen["loaded"], seen["unloaded"], seen["count"]) == (3, [3, 3], 5)
    assert seen["rows"] == [[2, "Zürich", "2024-01-02 00:00:00.0"], [3, None, "2024-01-03 12:30:00.0"]]
    assert seen["product"] == "Redshift 8.0.2"
    assert seen["schemas"] == [[place.schema]]
    assert seen["tables"] == [[place.schema, "places", "TABLE"]]
    assert seen["columns"] == [["id", "int4", 10, 0], ["name", "varchar", 20, 1], ["seen", "timestamp", 29, 1]]
    assert seen["keys"] == [["id"]]
    assert seen["refusal"][0] == REFUSAL[0]
    assert REFUSAL[1] in seen["refusal"][1]
    assert seen["codes"] == [1207]
    check_unloaded(place.bucket)


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_does_not_talk_to_a_stranger(driver, place, local_redshift, request, tmp_path):
    """Nothing above proves that a driver verifies, if it would take any certificate."""
    stranger = tmp_path / "root.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=stranger",
                    "-keyout", tmp_path / "key", "-out", stranger], check=True, capture_output=True)
    job = Job(driver, "on", place, local_redshift, request)
    job.env |= {"PGSSLROOTCERT": str(stranger), "SSL_CERT_FILE": str(stranger)}
    run = job.run()
    assert run.returncode != 0
    assert "certif" in run.stderr.lower(), run.stderr
