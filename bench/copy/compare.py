"""COPY through the local Redshift, and psql's \\copy of the same rows into the same PostgreSQL, in turn.

The CSV is loaded as one plain file and as eight gzip parts. Whole-process wall seconds of psql, which sends the one
statement or the file. What the tables hold is compared before any time is believed. Beside it: what the endpoint
takes of memory for the file and for a tenth of it, and what COPY of the same rows as JSON and Parquet takes.
"""

import argparse
import gzip
import os
import statistics
from pathlib import Path

from local_redshift import LocalRedshift, local_redshift, timed
from wide_csv import COLUMNS, block_of_csv

PARTS = 8


class Data:
    """About so many megabytes, of one block again and again: whole, as parts, and a tenth of it."""

    def __init__(self, bucket: Path, megabytes: int) -> None:
        bucket.mkdir(parents=True)
        block = block_of_csv()
        packed = gzip.compress(block, 6)  # members one behind the other are one file
        blocks = max(PARTS, -(-(megabytes << 20) // len(block)))
        self.csv = bucket / "wide.csv"
        for path, times in ((self.csv, blocks), (bucket / "tenth.csv", max(1, blocks // 10))):
            with path.open("wb") as file:
                for _ in range(times):
                    file.write(block)
        (bucket / "parts").mkdir()
        for part in range(PARTS):
            with (bucket / "parts" / f"{part}.csv.gz").open("wb") as file:
                for _ in range(part, blocks, PARTS):
                    file.write(packed)
        self.size = self.csv.stat().st_size


class Comparison:
    def __init__(self, redshift: LocalRedshift, data: Data, rounds: int) -> None:
        self.redshift, self.data, self.rounds = redshift, data, rounds
        for table in ("through_endpoint", "through_psql"):
            redshift.client(f"CREATE TABLE {table} ({COLUMNS})")

    def copy(self, key: str, options: str) -> None:
        self.redshift.client(f"COPY through_endpoint FROM 's3://bench/{key}' {self.redshift.keys} {options}")

    def empty(self, table: str) -> None:
        self.redshift.postgres(f"TRUNCATE public.{table}")
        self.redshift.postgres("CHECKPOINT")

    def contents(self, table: str) -> str:
        return self.redshift.postgres(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM public.{table} t")

    def against_psql(self) -> None:
        ours = {"COPY of one plain file": ("wide.csv", "CSV"), f"COPY of {PARTS} gzip parts": ("parts/", "CSV GZIP")}
        seconds: dict[str, list[float]] = {way: [] for way in [*ours, "psql \\copy"]}
        for _ in range(self.rounds):
            self.empty("through_psql")
            seconds["psql \\copy"].append(timed(
                lambda: self.redshift.postgres(f"\\copy public.through_psql FROM '{self.data.csv}' csv")))
            expected = self.contents("through_psql")
            for way, (key, options) in ours.items():
                self.empty("through_endpoint")
                seconds[way].append(timed(lambda: self.copy(key, options)))
                if (found := self.contents("through_endpoint")) != expected:
                    raise SystemExit(f"the tables differ, so the times mean nothing: {way}: {found}, not {expected}")
            self.empty("through_psql")
        theirs = statistics.median(seconds["psql \\copy"])
        print(f"{self.data.size / 1e6:.0f} MB of CSV, {self.rounds} rounds, the same rows each way, medians:")
        for way, times in seconds.items():
            median = statistics.median(times)
            print(f"  {way:24} {median:6.2f} s  ({min(times):.2f}-{max(times):.2f}, "
                  f"{self.data.size / 1e6 / median:.0f} MB/s)  ratio {median / theirs:.2f}")

    def memory(self) -> None:
        """At most, above what it had before."""
        print("memory of the endpoint, at most, in a COPY:")
        peaks = {}
        for what, key, options in (("a tenth of it, plain", "tenth.csv", "CSV"), ("all of it, plain", "wide.csv", "CSV"),
                                   (f"all of it, {PARTS} parts", "parts/", "CSV GZIP")):
            self.empty("through_endpoint")
            self.redshift.forget_peak()
            self.copy(key, options)
            peaks[what] = self.redshift.megabytes("VmHWM")
            print(f"  {what:24} {peaks[what]:6.0f} MB")
        if peaks["all of it, plain"] > 1.25 * peaks["a tenth of it, plain"]:
            raise SystemExit("the memory grows with the file")

    def formats(self) -> None:
        """The tenth, in each format as UNLOAD writes it."""
        self.empty("through_endpoint")
        self.copy("tenth.csv", "CSV")
        expected = self.contents("through_endpoint")
        formats = {"CSV": "CSV", "JSON": "JSON 'auto'", "PARQUET": "PARQUET"}
        for name in formats:
            self.redshift.client(f"UNLOAD ('SELECT * FROM through_endpoint') TO 's3://bench/{name}/' {self.redshift.keys}"
                                 f" FORMAT {name}")
        seconds: dict[str, list[float]] = {name: [] for name in formats}
        for _ in range(self.rounds):
            for name, options in formats.items():
                self.empty("through_endpoint")
                seconds[name].append(timed(lambda: self.copy(f"{name}/", options)))
                if (found := self.contents("through_endpoint")) != expected:
                    raise SystemExit(f"{name} gives other rows: {found}, not {expected}")
        csv = statistics.median(seconds["CSV"])
        print("a tenth of the rows, from what UNLOAD wrote of them:")
        for name, times in seconds.items():
            print(f"  COPY of {name:16} {statistics.median(times):6.2f} s  ratio to CSV {statistics.median(times) / csv:.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1024")))
    given = arguments.parse_args()
    with local_redshift(given.binaries) as redshift:
        comparison = Comparison(redshift, Data(redshift.bucket, given.megabytes), given.rounds)
        comparison.against_psql()
        comparison.memory()
        comparison.formats()


if __name__ == "__main__":
    main()
