"""Every route of penstock move between two places, in turn, against the cost that --explain gives it.

A local Redshift and an S3 server of its own, all in memory. Each pair is moved at a size and at a hundredth of it: of both
come seconds for any source and for each GB. What comes out by each route is compared (rows of a table, bytes unpacked of
files, rows of Parquet) before any time is believed.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq
from local_redshift import LocalRedshift, timed
from wide_csv import block_of_csv

NAMES = "id,name,amount,quantity,price,active,day,at,note,code\n"
SMALL = 100  # a hundredth


@dataclass
class Pair:
    name: str
    source: str
    destination: str
    more: tuple[str, ...] = ()


PAIRS = [
    Pair("csv in S3 into a table", "s3://bench/in/SIZE.csv", "redshift://::public.out"),
    Pair("parquet in S3 into a table", "s3://bench/in/SIZE.parquet", "redshift://::public.out"),
    Pair("csv file into a table", "FOLDER/SIZE.csv", "redshift://::public.out"),
    Pair("table into parquet files", "redshift://::public.unmixed_SIZE", "FOLDER/out/", ("--to-format", "parquet")),
    Pair("table into a csv file", "redshift://::public.table_SIZE", "FOLDER/out.csv"),
    Pair("table into csv in S3", "redshift://::public.table_SIZE", "s3://bench/out/", ("--to-format", "csv")),
    Pair("object to object", "s3://bench/in/SIZE.csv", "s3://bench/out/a.csv"),
    Pair("file to object", "FOLDER/SIZE.csv", "s3://bench/out/a.csv"),
    Pair("object to file", "s3://bench/in/SIZE.csv", "FOLDER/out.csv"),
    Pair("csv to csv.gz", "FOLDER/SIZE.csv", "FOLDER/out.csv.gz"),
    Pair("csv to parquet", "FOLDER/SIZE.csv", "FOLDER/out.parquet"),
    Pair("parquet to csv", "FOLDER/SIZE.parquet", "FOLDER/out.csv"),
]


class Lab:
    def __init__(self, redshift: LocalRedshift, folder: Path, megabytes: int) -> None:
        self.folder, self.redshift = folder, redshift
        env = redshift.environment
        self.env = {**env, "PENSTOCK_S3_BASE_PATH": "s3://bench/staging/"}
        self.s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], region_name="us-east-1",
                               aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                               aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
        self.s3.create_bucket(Bucket="bench")
        block = block_of_csv()
        self.sizes = {"large": megabytes * 1_000_000, "small": megabytes * 1_000_000 // SMALL}
        for size, wanted in self.sizes.items():
            self.make(size, wanted, block)

    def make(self, size: str, wanted: int, block: bytes) -> None:
        csv = self.folder / f"{size}.csv"
        with csv.open("wb") as file:
            file.write(NAMES.encode())
            for _ in range(wanted // len(block)):
                file.write(block)
            rest = block[:wanted % len(block)]
            end = rest.rfind(b",c0\n")  # a record's end, and none inside a note
            file.write(rest[:end + 4] if end >= 0 else b"")
        types = {"id": pa.int64(), "amount": pa.decimal128(12, 2), "quantity": pa.int32(), "active": pa.bool_(),
                 "at": pa.timestamp("us")}
        table = pyarrow.csv.read_csv(
            csv, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(column_types=types, true_values=["t"], false_values=["f"]))
        pq.write_table(table, self.folder / f"{size}.parquet")
        for suffix in ("csv", "parquet"):
            self.s3.upload_file(str(self.folder / f"{size}.{suffix}"), "bench", f"in/{size}.{suffix}")
        self.redshift.client(
            f"CREATE TABLE table_{size} (id bigint, name varchar(64), amount numeric(12,2), quantity int, price float8, "
            f"active bool, day date, at timestamp, note varchar(256), code varchar(16));"
            f"COPY table_{size} FROM 's3://bench/in/{size}.parquet' {self.redshift.keys} FORMAT PARQUET;"
            f"CREATE TABLE unmixed_{size} AS SELECT id, name, amount, quantity, price, active, day, note, code FROM table_{size}")

    def text(self, pair: Pair, size: str) -> tuple[str, str]:
        return tuple(uri.replace("FOLDER", str(self.folder)).replace("SIZE", size) for uri in (pair.source, pair.destination))

    def penstock(self, *arguments: str) -> str:
        run = subprocess.run([self.redshift.penstock, "move", *arguments], env=self.env, text=True, capture_output=True)
        assert run.returncode == 0, f"{arguments}: {run.stderr}"
        return run.stdout

    def clear(self) -> None:
        if self.redshift.client("SELECT 1 FROM pg_tables WHERE tablename = 'out'").strip():
            self.redshift.client("DROP TABLE out")
        shutil.rmtree(self.folder / "out", ignore_errors=True)
        for path in self.folder.glob("out.*"):
            path.unlink()
        for found in self.s3.list_objects_v2(Bucket="bench", Prefix="out/").get("Contents", []):
            self.s3.delete_object(Bucket="bench", Key=found["Key"])

    def result(self) -> str:
        """Of what lies at the destination, in whatever order and parts: how many rows, and their sums."""
        found = []
        for path in [*self.folder.glob("out.*"), *(self.folder / "out").glob("*")]:
            found.append(self.rows_of(path))
        for entry in self.s3.list_objects_v2(Bucket="bench", Prefix="out/").get("Contents", []):
            path = self.folder / "read.csv"
            self.s3.download_file("bench", entry["Key"], str(path))
            found.append(self.rows_of(path))
            path.unlink()
        if found:
            return str([sum(values) for values in zip(*found)])
        return self.redshift.client("SELECT count(*), sum(id), sum(amount), sum(length(note)), max(at) FROM out").strip()

    @staticmethod
    def rows_of(path: Path) -> tuple[int, int, int]:
        if path.suffix == ".parquet":
            table = pq.read_table(path)
        else:
            table = pyarrow.csv.read_csv(path, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True))
        return table.num_rows, pa.compute.sum(table["id"]).as_py(), pa.compute.sum(pa.compute.binary_length(table["note"])).as_py()

    def seconds(self, pair: Pair, size: str, route: int, rounds: int, expected: str) -> tuple[float, str]:
        source, destination = self.text(pair, size)
        taken = []
        for _ in range(rounds):
            self.clear()
            taken.append(timed(lambda: self.penstock(source, destination, *pair.more, "--route", str(route))))
            found = self.result()
            if (expected := expected or found) != found:
                raise SystemExit(f"{pair.name}, route {route}: {found}, where the others give {expected}")
        return statistics.median(taken), expected

    def compare(self, pair: Pair, rounds: int) -> None:
        plans = {size: json.loads(self.penstock(*self.text(pair, size), *pair.more, "--explain", "--json")) for size in self.sizes}
        ways = [[step["how"] for step in route["steps"]] for route in plans["large"]["routes"]]
        assert sorted(map(str, ways)) == sorted(str([s["how"] for s in r["steps"]]) for r in plans["small"]["routes"])
        print(f"{pair.name}: {self.sizes['large'] // 1_000_000} MB, and a hundredth of it")
        expected = dict.fromkeys(self.sizes, "")
        large = []
        for way in ways:
            measured, said = {}, {}
            for size, plan in plans.items():
                number = [[s["how"] for s in r["steps"]] for r in plan["routes"]].index(way)
                measured[size], expected[size] = self.seconds(pair, size, number + 1, rounds, expected[size])
                said[size] = plan["routes"][number]["seconds"]
            large.append(measured["large"])
            gigabytes = (self.sizes["large"] - self.sizes["small"]) / 1e9
            per_gb = (measured["large"] - measured["small"]) / gigabytes
            fixed = measured["small"] - per_gb * self.sizes["small"] / 1e9
            print(f"  {' + '.join(way)}\n    measured {measured['large']:.2f} s and {measured['small']:.2f} s: {fixed:.2f} s and "
                  f"{per_gb:.1f} s a GB; --explain said {said['large']:.2f} s and {said['small']:.2f} s")
        best = min(large)
        print(f"  the one that is taken: {large[0] / best:.2f} of the fastest", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", nargs="*", help="numbers, from 1 on; all by default")
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    parser.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "400")))
    parser.add_argument("--folder", default="/dev/shm", help="of memory, best")
    given = parser.parse_args()
    chosen = [PAIRS[int(number) - 1] for number in given.pairs] or PAIRS
    folder = Path(tempfile.mkdtemp(dir=given.folder, prefix="penstock-bench-"))
    folder.chmod(0o755)  # PostgreSQL's user must get to its files
    try:
        redshift = LocalRedshift(given.binaries.absolute(), folder, s3="versitygw")
        try:
            lab = Lab(redshift, folder, given.megabytes)
            for pair in chosen:
                lab.compare(pair, given.rounds)
        finally:
            redshift.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
