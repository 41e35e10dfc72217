"""The columns and types of a CSV, every record looked at, by penstock discover and by DuckDB, in turn.

The file lies in memory. penstock's seconds are those of the whole process; DuckDB's only those of the statement, without
Python's start. The types of both are printed beside each other: a faster look at less is none.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wide_csv import COLUMNS, block_of_csv

NAMES = [column.split()[0] for column in COLUMNS.split(", ")]
DUCKDB = """
import duckdb, json, resource, sys, time
duckdb.sql('SET enable_progress_bar = false')
begin = time.perf_counter()
found = duckdb.sql(f"SELECT Columns FROM sniff_csv('{sys.argv[1]}', header=false, sample_size=-1)").fetchall()
seconds = time.perf_counter() - begin
print(json.dumps({"seconds": seconds, "types": [column["type"] for column in found[0][0]],
                  "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def ours(penstock: Path, csv: Path) -> dict:
    begin = time.perf_counter()
    process = subprocess.Popen([penstock, "discover", csv, "--columns", ",".join(NAMES), "--format", "json", "-q"],
                               stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"penstock discover failed: {status}")
    found = json.loads(out)
    return {"seconds": time.perf_counter() - begin, "types": [column["type"] for column in found["columns"]],
            "records": found["records"], "peak_mib": usage.ru_maxrss // 1024}


def duckdb(csv: Path) -> dict:
    out = subprocess.run([sys.executable, "-c", DUCKDB, csv], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1024")))
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-", dir="/dev/shm"))
    try:
        block = block_of_csv()
        csv = folder / "wide.csv"
        blocks = max(1, (given.megabytes << 20) // len(block))
        with csv.open("wb") as file:
            for _ in range(blocks):
                file.write(block)
        ways = {"penstock discover": lambda: ours(given.binaries / "penstock", csv),
                "DuckDB sniff_csv(sample_size=-1)": lambda: duckdb(csv)}
        said: dict[str, list[dict]] = {way: [] for way in ways}
        for _ in range(given.rounds):
            for way, act in ways.items():
                said[way].append(act())
        size = csv.stat().st_size
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    first, second = ([one["types"] for one in runs][0] for runs in said.values())
    print("column: penstock, DuckDB")
    for name, type, other in zip(NAMES, first, second, strict=True):
        print(f"  {name:10} {type:30} {other}")
    medians = {way: statistics.median(one["seconds"] for one in runs) for way, runs in said.items()}
    best = medians["DuckDB sniff_csv(sample_size=-1)"]
    print(f"{size / 1e6:.0f} MB of CSV, {given.rounds} rounds, medians; ratios to DuckDB:")
    for way, runs in said.items():
        seconds = [one["seconds"] for one in runs]
        print(f"  {way:34} {medians[way]:6.2f} s  ({min(seconds):.2f}-{max(seconds):.2f})  ratio {medians[way] / best:.2f}"
              f"  {max(one['peak_mib'] for one in runs):5} MiB")


if __name__ == "__main__":
    main()
