"""Staging of a CSV: compressed parts in S3, by penstock's pipeline and by scripts of standard tools, in turn.

The S3 server keeps its objects in memory. Whole-process wall seconds. What the parts hold is read back and compared
with the file before any time is believed. Beside it: what compressing alone takes on all cores, and how much memory
the pipeline takes as its input grows.
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

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from local_redshift import timed
from s3_lab import S3Lab
from wide_csv import block_of_csv

CORES = os.cpu_count() or 1
NULL = "\x1a"  # what an empty field is in what penstock stages


class Lab(S3Lab):
    def __init__(self, binaries: Path, folder: Path, megabytes: int) -> None:
        super().__init__(folder)
        self.stage = binaries / "stage"
        self.block = block_of_csv()
        self.csv = folder / "wide.csv"
        with self.csv.open("wb") as file:
            for _ in range(max(1, (megabytes << 20) // len(self.block))):
                file.write(self.block)
        self.size = self.csv.stat().st_size

    def forget(self) -> None:
        super().forget()
        shutil.rmtree(self.folder / "parts", ignore_errors=True)

    def shell(self, script: str) -> None:
        (self.folder / "parts").mkdir(exist_ok=True)
        super().shell(script)

    def ours(self, codec: str) -> dict:
        out = subprocess.run([self.stage, self.csv, "bench", "parts/", codec], check=True, env=self.environment,
                             stdout=subprocess.PIPE, text=True).stdout
        return json.loads(out)

    def contents(self) -> tuple[int, int, int, int] | str:
        """Of all parts: rows, the sum of the first column, bytes of notes, and how many fields are NULL; or what is
        wrong with one."""
        totals = [0, 0, 0, 0]
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket="bench"):
            for found in page.get("Contents", []):
                path = self.folder / "read"
                self.s3.download_file("bench", found["Key"], str(path))
                packed = {"gz": "gzip", "zst": "zstd"}.get(found["Key"].rsplit(".", 1)[-1])
                try:
                    with pa.input_stream(str(path), compression=packed) as stream:
                        for i, value in enumerate(measured(stream)):
                            totals[i] += value
                except pa.ArrowInvalid:
                    return "a part in which a record is cut in two"
                path.unlink()
        return tuple(totals)


def measured(stream) -> tuple[int, int, int, int]:
    table = pyarrow.csv.read_csv(
        stream, read_options=pyarrow.csv.ReadOptions(autogenerate_column_names=True),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(null_values=["", NULL], strings_can_be_null=True,
                                                   column_types={"f8": pa.string()}))
    return (table.num_rows, pc.sum(table["f0"]).as_py() or 0, pc.sum(pc.binary_length(table["f8"])).as_py() or 0,
            sum(column.null_count for column in table.columns))


def scripts(folder: Path) -> dict[str, str]:
    """By what they do; each leaves compressed parts, or one object, below s3://bench/parts/."""
    split = f"split -C 64m --numeric-suffixes --suffix-length=4 {folder}/wide.csv parts/p"
    s5cmd = f"{os.environ['S5CMD']} --log error"
    upload = f"{s5cmd} cp 'parts/*' s3://bench/parts/"
    return {
        "split, igzip -1 on all cores, s5cmd cp":
            f"{split}; ls parts/p* | xargs -P{CORES} -n1 igzip -1; rm -f $(ls parts/p* | grep -v gz); {upload}",
        "split, zstd -1 on all cores, s5cmd cp":
            f"{split}; ls parts/p* | xargs -P{CORES} -n1 zstd -q -1 --rm; {upload}",
        "zstd -1 -T0 to one object, s5cmd pipe":
            f"zstd -q -1 -T0 -c {folder}/wide.csv | {s5cmd} pipe s3://bench/parts/one.csv.zst",
    }


def compare(lab: Lab, rounds: int) -> None:
    with lab.csv.open("rb") as stream:
        expected = measured(stream)
    best = {codec: {} for codec in ("zstd", "gzip")}
    ways: dict[str, Callable[[], object]] = {
        f"penstock, {codec}": lambda codec=codec: best[codec].update(lab.ours(codec)) for codec in best}
    ways |= {name: lambda script=script: lab.shell(script) for name, script in scripts(lab.folder).items()}
    ways["limit: igzip -1 on all cores, to nowhere"] = lambda: lab.shell(
        f"for i in $(seq 0 {CORES - 1}); do tail -c +$((i * {lab.size // CORES} + 1)) wide.csv | "
        f"head -c {lab.size // CORES} | igzip -1 -c >/dev/null & done; wait")
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(rounds):
        for way, act in ways.items():
            lab.forget()
            seconds[way].append(timed(act))
            if turn == 0 and not way.startswith("limit") and (found := lab.contents()) != expected:
                print(f"  not the same work: {way}: {found}; the file holds {expected}")
                if way.startswith("penstock"):
                    raise SystemExit(1)
    medians = {way: statistics.median(times) for way, times in seconds.items()}
    theirs = min(value for way, value in medians.items() if way.startswith("split"))
    print(f"{lab.size / 1e6:.0f} MB of CSV, {rounds} rounds, medians; ratios to the best script that makes parts:")
    for way, times in seconds.items():
        print(f"  {way:42} {medians[way]:6.2f} s  ({min(times):.2f}-{max(times):.2f})  ratio {medians[way] / theirs:.2f}")
    for codec, said in best.items():
        print(f"  {codec}: {said['parts']} parts, {said['stored'] / said['bytes']:.3f} of the size, "
              f"{said['peak_mib']} MiB of memory at most")


def memory(lab: Lab, times: list[int]) -> None:
    """The input comes through a pipe: as large as one likes, and on no disk."""
    print("memory of the pipeline, at most, with 256 MiB for its buffers:")
    peaks = []
    for many in times:
        lab.forget()
        feed = subprocess.Popen(["bash", "-c", f"for i in $(seq {many}); do cat block; done"], cwd=lab.folder,
                                stdout=subprocess.PIPE)
        out = subprocess.run([lab.stage, "-", "bench", "parts/"], check=True, env=lab.environment, stdin=feed.stdout,
                             stdout=subprocess.PIPE, text=True).stdout
        feed.wait()
        said = json.loads(out)
        peaks.append(said["peak_mib"])
        print(f"  {said['bytes'] / 1e6:8.0f} MB  {said['peak_mib']:5} MiB  ({said['bytes'] / 1e6 / said['seconds']:.0f} MB/s)")
    if peaks[-1] > 300:
        raise SystemExit("that is more than 300 MiB")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1024")))
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-", dir="/dev/shm"))
    try:
        lab = Lab(given.binaries.absolute(), folder, given.megabytes)
        try:
            (folder / "block").write_bytes(lab.block)
            compare(lab, given.rounds)
            blocks = max(1, (given.megabytes << 20) // len(lab.block))
            memory(lab, [1, blocks, 10 * blocks])
        finally:
            lab.server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
