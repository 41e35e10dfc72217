"""`penstock load --catch-up` over many small files, in turn with its own statements, replayed by one psql.

The statements are those of a first run, read off the wire: LOCK, ledger, watermark, catalog, COPY, counts, ledger rows,
COMMIT for each file. What psql does not do is what is measured: listing, HEAD requests, manifests, decisions.
"""

import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import boto3
import psycopg

from harness.fault_plan import Channel, FaultPlan
from harness.sql_proxy import SqlProxy

FILES = int(os.environ.get("FILES", "1000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
ROWS = 20  # of a file
BUCKET, SCHEMA, TABLE = "bench", "bench", "events"
CONFIG = f"""
{TABLE}:
  dest: {TABLE}
  columns:
    - {{dest: id, type: bigint, notnull: true}}
    - {{dest: name, type: text}}
    - {{dest: seen, type: timestamp, sortord: 1}}
  meta: {{datadatecolumn: seen, schema: {SCHEMA}}}
"""


class Bench:
    def __init__(self, binaries: Path, folder: Path) -> None:
        self.penstock = binaries / "penstock"
        self.folder = folder
        self.local = [str(self.penstock), "local", "--data", str(folder / "local")]
        s3 = os.environ.get("S3", "versitygw")
        subprocess.run([self.penstock, "local", "up", "--data", folder / "local", "--s3", s3, "--detach", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        printed = subprocess.run([self.penstock, "local", "env", "--data", folder / "local"], check=True,
                                 capture_output=True, text=True).stdout
        exports = dict(w.split("=", 1) for w in shlex.split(printed, comments=True) if "=" in w)
        exports.pop("PENSTOCK_S3_BASE_PATH", None)
        self.env = {**os.environ, **exports}
        self.sql = psycopg.connect(host=exports["REDSHIFT_HOST"], port=exports["REDSHIFT_PORT"],
                                   dbname=exports["REDSHIFT_DB"], user=exports["REDSHIFT_USER"],
                                   password=exports["REDSHIFT_PASSWORD"], autocommit=True)
        (folder / "config.yml").write_text(CONFIG)

    def put(self, key: str, body: bytes) -> None:
        if "AWS_ENDPOINT_URL_S3" in self.env:
            self._s3().put_object(Bucket=BUCKET, Key=key, Body=body)
            return
        path = Path(self.env["PENSTOCK_S3_FOLDER"]) / BUCKET / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def _s3(self):
        if not hasattr(self, "_client"):
            self._client = boto3.client("s3", endpoint_url=self.env["AWS_ENDPOINT_URL_S3"],
                                        region_name=self.env["AWS_REGION"],
                                        aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                                        aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])
            self._client.create_bucket(Bucket=BUCKET)
        return self._client

    def produce(self) -> list[str]:
        """The data files, and for psql a manifest for each, as penstock writes them."""
        manifests = []
        start = 1_700_000_000
        for i in range(FILES):
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start + 60 * i))
            rows = "".join(json.dumps({"id": i * ROWS + r, "name": f"event {r}", "seen": at.replace("T", " ")[:-1]}) + "\n"
                           for r in range(ROWS))
            key = f"{SCHEMA}_{TABLE}_{at}.json"
            self.put(key, rows.encode())
            manifest = {"entries": [{"url": f"s3://{BUCKET}/{key}", "mandatory": True}]}
            self.put(f"manifests/{i}.manifest", json.dumps(manifest).encode())
            manifests.append(f"s3://{BUCKET}/manifests/{i}.manifest")
        return manifests

    def forget(self) -> None:
        """The target, its ledger and its loads are as before the first load."""
        self.sql.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        for (name,) in self.sql.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'penstock'"
                                        " AND (table_name LIKE 'ledger%' OR table_name = 'loads')").fetchall():
            self.sql.execute(f'DELETE FROM penstock."{name}"')
            self.sql.execute(f'VACUUM penstock."{name}"')

    def load(self, env: dict[str, str]) -> None:
        done = subprocess.run([self.penstock, "load", "--schema", SCHEMA, "--tables", TABLE, "--bucket", BUCKET,
                               "--config", self.folder / "config.yml", "--catch-up", "--create-schema",
                               "--no-maintenance", "--quiet"], env=env, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"penstock load: exit {done.returncode}\n{done.stdout}{done.stderr}")

    def statements(self, manifests: list[str]) -> str:
        """Those of one run, each COPY with a manifest that stays."""
        plan = FaultPlan()
        with SqlProxy(int(self.env["REDSHIFT_PORT"]), plan) as proxy:
            self.load({**self.env, "REDSHIFT_PORT": str(proxy.port)})
        left = iter(manifests)
        script, transaction = [], []
        for text in (m.text for m in plan.seen if m.channel is Channel.SQL):
            if text == "BEGIN":
                transaction = []
            if text.startswith("COPY "):
                text = re.sub(r"\nFROM '[^']*'", lambda _: f"\nFROM '{next(left)}'", text, count=1)
            transaction.append(text + ";\n")
            # making the ledger's tables, once, is not what a load costs
            if text == "COMMIT" and len(transaction) > 1 and transaction[1].startswith("LOCK "):
                script += transaction
        return "".join(script)

    def replay(self, script: Path) -> None:
        env = {**self.env, "PGPASSWORD": self.env["REDSHIFT_PASSWORD"], "PGOPTIONS": ""}
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", script,
                               "-h", env["REDSHIFT_HOST"], "-p", env["REDSHIFT_PORT"], "-U", env["REDSHIFT_USER"],
                               "-d", env["REDSHIFT_DB"]], env=env, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"psql: exit {done.returncode}\n{done.stderr[-2000:]}")

    def answer(self) -> tuple:
        found = self.sql.execute(f"SELECT count(*), sum(id), count(distinct seen) FROM {SCHEMA}.{TABLE}").fetchone()
        loads = self.sql.execute("SELECT count(*) FROM penstock.loads").fetchone()
        return (*found, *loads)

    def close(self) -> None:
        self.sql.close()
        subprocess.run([self.penstock, "local", "down", "--data", self.folder / "local", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)


def timed(work) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as name:
        Path(name).chmod(0o755)
        bench = Bench(Path(sys.argv[1]).resolve(), Path(name))
        try:
            script = Path(name) / "replay.sql"
            script.write_text(bench.statements(bench.produce()))
            expected = bench.answer()
            assert expected[0] == FILES * ROWS and expected[3] == FILES, expected
            ours, psqls = [], []
            for _ in range(ROUNDS):
                for times, work in ((ours, lambda: bench.load(bench.env)), (psqls, lambda: bench.replay(script))):
                    bench.forget()
                    times.append(timed(work))
                    assert bench.answer() == expected, f"{bench.answer()} is not {expected}"
            a, b = statistics.median(ours), statistics.median(psqls)
            print(f"{FILES} files of {ROWS} rows, {ROUNDS} rounds in turn, medians:")
            print(f"  penstock load --catch-up     {a:7.2f} s  {1000 * a / FILES:6.2f} ms a file")
            print(f"  its statements in one psql   {b:7.2f} s  {1000 * b / FILES:6.2f} ms a file")
            print(f"  ratio                        {a / b:7.2f}")
        finally:
            bench.close()


main()
