"""A table of PostgreSQL into compressed parts in S3: by penstock's pipeline, over one session and over two side by side on one
snapshot; and by psql, a codec and s5cmd.

The S3 server keeps its objects in memory. Whole-process wall seconds. What the parts hold is read back and compared with
the table before any time is believed. The measure of it all is psql's COPY of the table to nowhere.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from harness.plain_servers import PlainPostgres
from local_redshift import timed
from s3_lab import S3Lab

TABLE = """
CREATE TABLE wide AS SELECT i::bigint AS id, 'name ' || i AS name, (i * 7919::bigint % 10000000)::numeric / 100 AS amount,
  (i * 31 % 1000)::int AS quantity, sqrt(i) AS price, i % 3 = 0 AS active, date '2000-01-01' + i % 9000 AS day,
  timestamp '2000-01-01' + i * interval '7 seconds' AS at,
  CASE i % 12 WHEN 0 THEN 'quoted, "' || i || E'" \u00e9\\nand a line' WHEN 5 THEN NULL ELSE repeat('n', 20 + i % 40) END AS note,
  'c' || i % 1000 AS code
FROM generate_series(1, {rows}) i
"""


class Lab(S3Lab):
    def __init__(self, binaries: Path, folder: Path, rows: int) -> None:
        super().__init__(folder)
        self.stage, self.rows = binaries / "stage_query", rows
        self.postgres = PlainPostgres(folder / "postgres")
        self.uri = f"postgresql://awsuser@127.0.0.1:{self.postgres.port}/postgres"
        with psycopg.connect(self.uri, autocommit=True) as connection:
            connection.execute(TABLE.format(rows=rows))
            connection.execute("VACUUM ANALYZE wide")
            self.expected = connection.execute(
                "SELECT count(*), sum(id), sum(octet_length(note)), count(*) - count(note) FROM wide").fetchone()

    def ours(self, streams: int) -> dict:
        out = subprocess.run([self.stage, f"{self.uri}::wide", str(streams), "bench", "parts/"], check=True,
                             env=self.environment, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(out)

    def contents(self, delimiter: str, null: str) -> tuple[int, ...]:
        """Of all parts: rows, the sum of the first column, bytes of notes, and how many of those are NULL."""
        totals = [0, 0, 0, 0]
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket="bench"):
            for found in page.get("Contents", []):
                path = self.folder / "read"
                self.s3.download_file("bench", found["Key"], str(path))
                packed = {"gz": "gzip", "zst": "zstd"}[found["Key"].rsplit(".", 1)[-1]]
                with pa.input_stream(str(path), compression=packed) as stream:
                    table = pyarrow.csv.read_csv(
                        stream, read_options=pyarrow.csv.ReadOptions(autogenerate_column_names=True),
                        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, delimiter=delimiter),
                        convert_options=pyarrow.csv.ConvertOptions(
                            null_values=[null], strings_can_be_null=True, column_types={"f8": pa.string()}))
                notes = table["f8"]
                for i, value in enumerate((table.num_rows, pc.sum(table["f0"]).as_py(),
                                           pc.sum(pc.binary_length(notes)).as_py() or 0, notes.null_count)):
                    totals[i] += value
                path.unlink()
        return tuple(totals)

    def psql(self, sql: str) -> str:
        return f"psql -X -q {self.uri} -c \"{sql}\""


def compare(lab: Lab, rounds: int) -> None:
    said: dict[int, dict] = {}
    measure = "psql COPY to nowhere"
    to_s3 = f"{os.environ['S5CMD']} --log error pipe s3://bench/parts/one.csv"
    ways: dict[str, Callable[[], object]] = {
        measure: lambda: lab.shell(lab.psql("COPY (SELECT * FROM wide) TO STDOUT") + " > /dev/null"),
        "penstock, one session": lambda: said.update({1: lab.ours(1)}),
        "penstock, two sessions": lambda: said.update({2: lab.ours(2)}),
        "psql, igzip -1, s5cmd pipe": lambda: lab.shell(
            lab.psql("COPY wide TO STDOUT (FORMAT csv)") + f" | igzip -1 -c | {to_s3}.gz"),
        "psql, zstd -1, s5cmd pipe": lambda: lab.shell(
            lab.psql("COPY wide TO STDOUT (FORMAT csv)") + f" | zstd -q -1 -c | {to_s3}.zst"),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds):
        for way, act in ways.items():
            lab.forget()
            seconds[way].append(timed(act))
            if turn > 0 or way == measure:
                continue
            found = lab.contents(*(("\t", "\x1a") if way.startswith("penstock") else (",", "")))
            if found != lab.expected:
                raise SystemExit(f"not the same work: {way}: {found}; the table holds {lab.expected}")
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    print(f"{lab.rows} rows, {said[1]['bytes'] / 1e6:.0f} MB as text, {rounds} rounds, medians:")
    for way, times in seconds.items():
        print(f"  {way:28} {medians[way]:6.2f} s  ({min(times):.2f}-{max(times):.2f})  "
              f"ratio {medians[way] / medians[measure]:.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--rows", type=int, default=int(os.environ.get("ROWS", "3000000")))
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-", dir="/dev/shm"))
    folder.chmod(0o755)  # PostgreSQL's user must get to its files
    try:
        lab = Lab(given.binaries.absolute(), folder, given.rows)
        try:
            compare(lab, given.rounds)
        finally:
            lab.postgres.stop()
            lab.server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
