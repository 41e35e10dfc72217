"""The peak of penstock's memory (resident, as the kernel counts it) over inputs of one size and of ten times that.

What was written is compared with what was read before a figure is believed: files byte by byte, Parquet by its rows.
Exit code 1 where the larger input takes more than 1.2 times the memory of the smaller.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet
from s3_lab import S3Lab
from wide_csv import COLUMNS, block_of_csv

FLAT = 1.2  # times
SMALL_RUNS = 3  # what is in flight at once is chance: the smaller input's peak is the highest of these


class Input:
    """A header, and one block again and again."""

    def __init__(self, path: Path, megabytes: int) -> None:
        block = block_of_csv()
        times = max(1, (megabytes << 20) // len(block))
        self.path = path
        with path.open("wb") as file:
            file.write((",".join(column.split()[0] for column in COLUMNS.split(", ")) + "\n").encode())
            for _ in range(times):
                file.write(block)
        quoted = block.count(b" \xc3\xa9\n")  # a newline in a note ends no record
        self.rows = (block.count(b"\n") - quoted) * times
        self.size = path.stat().st_size


class Moves:
    def __init__(self, penstock: Path, lab: S3Lab, folder: Path) -> None:
        self.penstock, self.lab, self.folder = penstock, lab, folder

    def move(self, source: str, destination: str) -> tuple[float, float]:
        """MiB at most, and seconds."""
        started = time.monotonic()
        process = subprocess.Popen([self.penstock, "move", "--quiet", source, destination, "--replace"],
                                   env=self.lab.environment, stdout=subprocess.DEVNULL)
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"penstock move {source} {destination}: exit code {process.returncode}")
        return used.ru_maxrss / 1024, time.monotonic() - started

    def to_parquet(self, given: Input) -> tuple[float, float]:
        out = self.folder / "out.parquet"
        found = self.move(str(given.path), str(out))
        rows = pyarrow.parquet.ParquetFile(out).metadata.num_rows
        out.unlink()
        if rows != given.rows:
            raise SystemExit(f"{rows} rows in Parquet of {given.rows}")
        return found

    def to_s3(self, given: Input) -> tuple[float, float]:
        found = self.move(str(given.path), "s3://bench/in.csv")
        self.compare(given, self.lab.folder / "buckets/bench/in.csv")
        return found

    def from_s3(self, given: Input) -> tuple[float, float]:
        out = self.folder / "out.csv"
        found = self.move("s3://bench/in.csv", str(out))
        self.compare(given, out)
        out.unlink()
        return found

    def compare(self, given: Input, written: Path) -> None:
        if not filecmp.cmp(given.path, written, shallow=False):
            raise SystemExit(f"{written} is not what was read")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1024")))
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    lab = S3Lab(folder / "s3")
    moves = Moves(given.binaries.absolute() / "penstock", lab, folder)
    ways = {"CSV to Parquet": moves.to_parquet, "CSV to S3": moves.to_s3, "S3 to a file": moves.from_s3}
    peaks: dict[str, list[float]] = {way: [] for way in ways}
    try:
        for times in (1, 10):
            source = Input(folder / "in.csv", given.megabytes * times)
            for way, act in ways.items():
                peak, seconds = max(act(source) for _ in range(SMALL_RUNS if times == 1 else 1))
                peaks[way].append(peak)
                print(f"  {way:15} {source.size / 1e6:8.0f} MB  {peak:6.0f} MiB  ({source.size / 1e6 / seconds:.0f} MB/s)",
                      flush=True)
            lab.forget()
    finally:
        lab.server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    grown = [way for way, (small, large) in peaks.items() if large > FLAT * small]
    if grown:
        sys.exit(f"not flat: {', '.join(grown)}")


if __name__ == "__main__":
    main()
