"""The keys of a bucket against what Redshift committed, at two sizes.

The S3 server keeps its objects in memory; they are put there as its own files, each with its ETag beside it, as a
million requests would take longer than all that is measured. What boto3 lists is compared with what was made. The
ledger's rows are made by SQL: of each eleventh key there is none, and of none another ETag, so that a script that
compares names only does the same work.

Whole processes in turn; their answers are compared before any time is believed. Peaks are of the whole process, beside
that of a diff of a prefix that has nothing.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from local_redshift import LocalRedshift, local_redshift
from s3_lab import S3Lab

A_FOLDER = 1000
PEAK = Path(__file__).parent.parent / "peak.py"
MOST = 1.15  # of listing alone
MOST_MEMORY = 32  # MiB beyond a diff of nothing
SETS = {"committed_keys": "committed", "keys_in_bucket": "in the bucket",
        "bucket_keys_to_be_committed": "to be committed", "bucket_keys_already_committed": "already committed"}


def key_of(i: int) -> str:
    return f"lake/day={i // A_FOLDER:05}/part-{i % A_FOLDER:04}.json.gz"


def etag_of(key: str) -> str:
    return hashlib.md5(key.encode()).hexdigest()


class Ledger:
    """Of a table whose ledger a load made."""

    def __init__(self, redshift: LocalRedshift, folder: Path) -> None:
        self.redshift = redshift
        source = folder / "one.csv"
        source.write_text("id\n1\n")
        redshift.client("CREATE TABLE public.views (id bigint)")
        bucket = redshift.bucket
        bucket.mkdir(parents=True, exist_ok=True)
        subprocess.run([redshift.penstock, "upsert", source, "--into", "public.views", "--key", "id"], check=True,
                       env=redshift.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.table = redshift.postgres("SELECT 'penstock.' || relname FROM pg_class WHERE relname LIKE 'ledger\\_%' "
                                       "AND relkind = 'r'").strip()

    def fill(self, keys: int) -> None:
        self.redshift.postgres(f"""
            TRUNCATE {self.table};
            INSERT INTO {self.table} (load_id, file_id, key_id, bucket, key, etag, size, last_modified, data_date,
                                      rows, load_rows)
            SELECT load_id, md5(key) || md5(key), md5(key) || md5(key), 'bench', key, md5(key), 0, NULL,
                   '2015-07-01', 1, 1
            FROM (SELECT 'lake/day=' || lpad((i / {A_FOLDER})::text, 5, '0') || '/part-'
                         || lpad((i % {A_FOLDER})::text, 4, '0') || '.json.gz' AS key
                  FROM generate_series(0, {keys} - 1) i WHERE i % 11 <> 0) made,
                 (SELECT load_id FROM penstock.loads LIMIT 1) one;
            ANALYZE {self.table};""")


class Lab(S3Lab):
    def __init__(self, binaries: Path, folder: Path, redshift: LocalRedshift) -> None:
        super().__init__(folder)
        self.binaries, self.ledger, self.made = binaries, Ledger(redshift, folder), 0
        self.environment |= {name: value for name, value in redshift.environment.items()
                             if name.startswith(("REDSHIFT_", "PGSSL"))}
        self.penstock = [self.binaries.absolute() / "penstock", "reconcile", "diff"]
        self.peaks: dict[str, int] = {}

    def put(self, keys: int) -> None:
        bucket = self.folder / "buckets" / "bench"
        for i in range(self.made, keys):
            key = key_of(i)
            path = bucket / key
            if i % A_FOLDER == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.setxattr(path, "user.etag", etag_of(key).encode())
        self.made = max(self.made, keys)
        self.ledger.fill(keys)

    def check(self, keys: int, has_diff: bool) -> None:
        """What boto3 lists, and our own listing, is what was made; and diff has each key in its set."""
        wanted = [(key_of(i), etag_of(key_of(i))) for i in range(keys)]
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket="bench", Prefix="lake/")
        assert [(found["Key"], found["ETag"].strip('"')) for page in pages for found in page["Contents"]] == wanted
        for way in ("side", "plain"):
            listed = self.output([self.binaries / "list_keys", way, "bench", "lake/", "print"])
            assert [tuple(line.split("\t")) for line in listed.splitlines()] == wanted, way
        if has_diff:
            uris = [f"s3://bench/{key}" for key, _ in wanted]
            assert self.keys_of("bucket") == uris
            assert self.keys_of("pending") == uris[::11]
            assert self.keys_of("already-committed") == [uri for i, uri in enumerate(uris) if i % 11]
            assert self.keys_of("committed") == self.keys_of("already-committed")

    def output(self, command: list, name: str = "") -> str:
        peak = self.folder / "peak"
        with tempfile.TemporaryFile(dir=self.folder) as out:
            subprocess.run([sys.executable, "-SE", PEAK, peak, *map(str, command)], env=self.environment, stdout=out,
                           check=True)
            self.peaks[name] = max(self.peaks.get(name, 0), int(peak.read_text()))
            out.seek(0)
            return out.read().decode()

    def diff(self, prefix: str = "lake/", name: str = "penstock reconcile diff") -> dict[str, int]:
        printed = self.output([*self.penstock, f"s3://bench/{prefix}*"], name)
        counts = {words.strip(): int(count.replace(",", ""))
                  for words, count in re.findall(r"^( *[a-z][a-z' ]*?) {2,}([0-9,]+) keys?\b", printed, re.MULTILINE)}
        return {name: counts.get(words, 0) for name, words in SETS.items()}

    def keys_of(self, name: str) -> list[str]:
        return self.output([*self.penstock, "s3://bench/lake/*", "-q", "--keys", name]).splitlines()

    def by_boto3(self) -> dict[str, int]:
        return json.loads(self.output([os.environ["TEST_PYTHON"], Path(__file__).with_name("by_boto3.py"), "bench",
                                       "lake/", self.ledger.table], "boto3 and psycopg"))

    def lists(self, way: str, name: str) -> int:
        return int(self.output([self.binaries / "list_keys", way, "bench", "lake/"], name))

    def s5cmd(self) -> int:
        printed = self.output([os.environ["S5CMD"], "--endpoint-url", self.environment["S3_ENDPOINT_URL"], "ls",
                               "s3://bench/lake/*"], "s5cmd ls")
        return printed.count("\n")


def timed(act: Callable[[], object], wanted: object) -> float:
    started = time.monotonic()
    found = act()
    seconds = time.monotonic() - started
    assert found == wanted or (isinstance(wanted, dict) and {name: found[name] for name in wanted} == wanted), found
    return seconds


def measure(lab: Lab, keys: int, rounds: int, has_diff: bool, has_others: bool) -> None:
    lab.put(keys)
    lab.check(keys, has_diff)
    lab.peaks.clear()
    pending = (keys + 10) // 11
    sets = {"committed_keys": keys - pending, "keys_in_bucket": keys, "bucket_keys_to_be_committed": pending,
            "bucket_keys_already_committed": keys - pending}
    ways: dict[str, tuple[Callable[[], object], object]] = {
        "listing alone": (lambda: lab.lists("side", "listing alone"), keys),
        "listed plainly": (lambda: lab.lists("plain", "listed plainly"), keys),
    }
    if has_others:
        ways |= {"s5cmd ls": (lab.s5cmd, keys), "boto3 and psycopg": (lab.by_boto3, sets)}
    if has_diff:
        ways["penstock reconcile diff"] = (lab.diff, sets)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (act, wanted) in ways.items():
            seconds[name].append(timed(act, wanted))
    alone = statistics.median(seconds["listing alone"])
    print(f"{keys:,} keys, {rounds} rounds in turn, medians:")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"  {name:24} {median:7.2f} s ({min(times):.2f}-{max(times):.2f}), {median / alone:5.2f} of listing "
              f"alone, {lab.peaks[name] / 1024:5.0f} MiB")
    if has_diff:
        lab.diff("none/", "nothing")
        more = (lab.peaks["penstock reconcile diff"] - lab.peaks["nothing"]) / 1024
        print(f"  the diff takes {more:.0f} MiB more than one of nothing (wanted: {MOST_MEMORY} at most), and "
              f"{MOST} of listing alone is wanted")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--without-diff", action="store_true", help="the others only")
    arguments.add_argument("--without-others", action="store_true", help="our own listing and diff only")
    given = arguments.parse_args()
    os.environ.setdefault("TEST_PYTHON", sys.executable)
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-", dir="/dev/shm"))
    try:
        with local_redshift(given.binaries) as redshift:
            lab = Lab(given.binaries.absolute(), folder, redshift)
            try:
                for keys in os.environ.get("KEYS", "100000 1000000").split():
                    measure(lab, int(keys), given.rounds, not given.without_diff, not given.without_others)
            finally:
                lab.server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
