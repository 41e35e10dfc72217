"""Objects of S3 into local files: by penstock move, and by s5cmd.

The S3 server keeps its objects in memory, and the files are written there, too. Whole-process wall seconds, ours and
theirs in turn; every byte that was written is compared with what was put before any time is believed.
"""

import argparse
import hashlib
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from s3_lab import S3Lab

BLOCK = 16 << 20  # bytes


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.file_digest(path.open("rb"), "sha256").hexdigest()
            for path in folder.rglob("*") if path.is_file()}


class Lab(S3Lab):
    def __init__(self, penstock: Path, folder: Path) -> None:
        super().__init__(folder)
        self.penstock, self.out, self.peak = penstock, folder / "out", 0

    def put(self, sizes: dict[str, int]) -> dict[str, str]:
        self.forget()
        expected = {}
        for name, size in sizes.items():
            path, digest, some = self.folder / "body", hashlib.sha256(), random.Random(name)
            with path.open("wb") as file:
                for start in range(0, size, BLOCK):
                    block = some.randbytes(min(BLOCK, size - start))
                    digest.update(block)
                    file.write(block)
            expected[name] = digest.hexdigest()
            self.s3.upload_file(str(path), "bench", f"in/{name}")
            path.unlink()
        return expected

    def ours(self) -> None:
        process = subprocess.Popen([self.penstock, "move", "s3://bench/in/", f"{self.out}/"], env=self.environment,
                                   stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, "penstock move failed"
        self.peak = max(self.peak, usage.ru_maxrss)

    def s5cmd(self) -> None:
        subprocess.run([os.environ["S5CMD"], "--endpoint-url", self.environment["S3_ENDPOINT_URL"], "cp",
                        "s3://bench/in/*", f"{self.out}/"], check=True, env=self.environment, stdout=subprocess.DEVNULL)

    def timed(self, fetch: Callable[[], None], expected: dict[str, str]) -> float:
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        start = time.monotonic()
        fetch()
        seconds = time.monotonic() - start
        assert digests(self.out) == expected, "what was fetched is not what was put"
        return seconds


def compare(lab: Lab, what: str, sizes: dict[str, int], rounds: int) -> None:
    expected = lab.put(sizes)
    ways = {"penstock move": lab.ours, "s5cmd cp": lab.s5cmd}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, fetch in ways.items():
            seconds[name].append(lab.timed(fetch, expected))
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    for name, median in medians.items():
        print(f"{what:24} {name:14} {median:7.2f} s   {sum(sizes.values()) / median / 1e6:8.0f} MB/s")
    print(f"{what:24} {'ratio':14} {medians['penstock move'] / medians['s5cmd cp']:7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binaries", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "5")))
    parser.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1000")))
    parser.add_argument("--objects", type=int, default=int(os.environ.get("OBJECTS", "200")))
    parser.add_argument("--folder", default="/dev/shm", help="of memory, best")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        lab = Lab(given.binaries.absolute() / "penstock", Path(folder))
        try:
            compare(lab, f"one of {given.megabytes} MB", {"large.parquet": given.megabytes * 1_000_000}, given.rounds)
            compare(lab, f"{given.objects} of 1 MB",
                    {f"small-{number:04}.parquet": 1_000_000 for number in range(given.objects)}, given.rounds)
        finally:
            lab.server.stop()
    print(f"penstock's memory: {lab.peak // 1024} MiB at most")


if __name__ == "__main__":
    main()
