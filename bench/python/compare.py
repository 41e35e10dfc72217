"""A data frame into a table, by penstock and by awswrangler, in turn: seconds, and the most memory beside the frame.

The table is empty before each, and what it holds is compared before any time is believed. to_sql, which sends rows as
INSERT statements, gets a thousandth of the rows, and its time is as it is.
"""

import argparse
import json
import os
import statistics
import subprocess
from pathlib import Path

from local_redshift import LocalRedshift, local_redshift

HERE = Path(__file__).parent
WAYS = {"penstock.upsert": ("penstock", 1), "awswrangler copy": ("copy", 1), "awswrangler to_sql": ("to_sql", 1000)}
IMPORTS = ["penstock", "penstock; penstock.upsert", "pyarrow", "pandas", "awswrangler"]


class Comparison:
    def __init__(self, redshift: LocalRedshift, build: Path, rows: int, rounds: int) -> None:
        self.redshift, self.rows, self.rounds = redshift, rows, rounds
        self.environment = {**redshift.environment, "PENSTOCK_S3_BASE_PATH": "s3://bench/penstock/",
                            "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1",
                            "AWS_DEFAULT_REGION": "us-east-1"}
        self.package = str((build / "python").absolute())

    def python(self, way: str) -> tuple[str, dict[str, str]]:
        if way in ("penstock", "pyarrow", "pandas"):
            return os.environ["TEST_PYTHON"], {**self.environment, "PYTHONPATH": self.package}
        return os.environ["TOOLS_PYTHON"], self.environment

    def write(self, way: str, rows: int) -> dict[str, float]:
        python, environment = self.python(way)
        printed = subprocess.run([python, HERE / "write.py", way, str(rows)], env=environment, check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
        return json.loads(printed.splitlines()[-1])

    def run(self) -> None:
        took: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
        expected: dict[int, str] = {}
        for _ in range(self.rounds):
            for name, (way, fraction) in WAYS.items():
                self.redshift.postgres("TRUNCATE public.target")
                self.redshift.postgres("CHECKPOINT")
                took[name].append(self.write(way, self.rows // fraction))
                found = self.redshift.postgres("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM public.target t")
                if expected.setdefault(fraction, found) != found:
                    raise SystemExit(f"the tables differ, so the times mean nothing: {name}: {found}, not {expected[fraction]}")
        print(f"{self.rows} rows of a frame of pandas, {self.rounds} rounds, medians:")
        ours = statistics.median(one["seconds"] for one in took["penstock.upsert"])
        for name, each in took.items():
            seconds, beside = (statistics.median(one[what] for one in each) for what in ("seconds", "beside"))
            rows = self.rows // WAYS[name][1]
            print(f"  {name:20} {rows:9} rows {seconds:7.2f} s  {seconds / rows / (ours / self.rows):6.2f} of penstock's time a row  "
                  f"{beside:6.0f} MiB beside the frame")
        self.imports()

    def imports(self) -> None:
        print("imports, medians of 7, the interpreter's own start taken off:")
        empty = self.started("pass", "penstock")
        for what in IMPORTS:
            way = what.partition(";")[0]
            print(f"  import {what:28} {(self.started(f'import {what}', way) - empty) * 1000:5.0f} ms")

    def started(self, statement: str, way: str) -> float:
        python, environment = self.python(way)
        code = ("import subprocess, sys, time\nt = time.monotonic()\nsubprocess.run([sys.executable, '-c', sys.argv[1]], check=True)\n"
                "print(time.monotonic() - t)")
        times = [float(subprocess.run([python, "-c", code, statement], env=environment, check=True, stdout=subprocess.PIPE,
                                      text=True).stdout) for _ in range(7)]
        return statistics.median(times)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", type=Path, required=True)
    given = arguments.parse_args()
    rows = int(float(os.environ.get("MILLIONS", "10")) * 1_000_000)
    with local_redshift(given.build / "bin", s3="versitygw") as redshift:
        subprocess.run([os.environ["TEST_PYTHON"], "-c", "import boto3, os\n"
                        "boto3.client('s3', endpoint_url=os.environ['AWS_ENDPOINT_URL_S3']).create_bucket(Bucket='bench')"],
                       env={**redshift.environment, "AWS_DEFAULT_REGION": "us-east-1"}, check=True)
        columns = next(line for line in (HERE / "write.py").read_text().splitlines() if line.startswith("COLUMNS"))
        redshift.client(f"CREATE TABLE public.target ({columns.partition(chr(34))[2].rstrip(chr(34))})")
        Comparison(redshift, given.build, rows, int(os.environ.get("ROUNDS", "3"))).run()


if __name__ == "__main__":
    main()
