"""COPY of a CSV through the local Redshift, and psql's \\copy of the same file into the same PostgreSQL, in turn.

Whole-process wall seconds of psql, which sends the one statement or the file. What the two tables hold is compared
before any time is believed.
"""

import argparse
import json
import os
import random
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

COLUMNS = ("id bigint not null, name varchar(40), amount numeric(12,2), quantity int, price float8, active bool, "
           "day date, at timestamp, note varchar(200), code char(4)")


def write_csv(path: Path, megabytes: int) -> int:
    """About so many megabytes, of one block of 16 MB again and again; one note in twelve is quoted."""
    at_random = random.Random(11)
    lines, size, i = [], 0, 0
    while size < 16 << 20:
        day = f"20{at_random.randrange(25):02}-{at_random.randrange(1, 13):02}-{at_random.randrange(1, 29):02}"
        at = f"{day} {at_random.randrange(24):02}:{at_random.randrange(60):02}:{at_random.randrange(60):02}"
        note = "n" * at_random.randrange(20, 60)
        if i % 12 == 0:
            note = f'"quoted, ""{note[:10]}"" é\n{note[10:]}"'
        line = (f"{i},name {i},{at_random.randrange(100_000)}.{at_random.randrange(100):02},{at_random.randrange(1000)},"
                f"{at_random.random() * 1000:.3f},{at_random.choice('tf')},{day},{at},{note},c{i % 1000}\n").encode()
        lines.append(line)
        size += len(line)
        i += 1
    block = b"".join(lines)
    with path.open("wb") as file:
        for _ in range(-(-(megabytes << 20) // len(block))):
            file.write(block)
    return path.stat().st_size


class LocalRedshift:
    """`penstock local up` in a folder of its own; gone at the end."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self.penstock, self.data = binaries / "penstock", folder / "local"
        self.base = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        self.base["HOME"] = str(folder)
        self._local("up", "--s3", "folder", "--detach")
        words = shlex.split(self._local("env"), comments=True)
        self.environment = {**self.base, **dict(word.split("=", 1) for word in words if "=" in word)}
        self.backend = json.loads((self.data / "endpoint.json").read_text())["backend"]

    def _local(self, verb: str, *options: str) -> str:
        return subprocess.run([self.penstock, "local", verb, "--data", self.data, *options], env=self.base, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    @property
    def bucket(self) -> Path:
        return Path(self.environment["PENSTOCK_S3_FOLDER"]) / "bench"

    def client(self, sql: str) -> str:
        """As a client of the local Redshift; the statement goes by stdin, for it may hold keys."""
        env = self.environment
        return self._psql(sql, env["REDSHIFT_HOST"], env["REDSHIFT_PORT"], env["REDSHIFT_USER"],
                          PGPASSWORD=env["REDSHIFT_PASSWORD"])

    def postgres(self, sql: str) -> str:
        """As PostgreSQL's own client, past the endpoint."""
        return self._psql(sql, self.backend["socket_dir"], str(self.backend["port"]), self.backend["superuser"])

    def _psql(self, sql: str, host: str, port: str, user: str, **environment: str) -> str:
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-U", user, "dev"]
        return subprocess.run(command, input=sql, env={**self.base, **environment}, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def down(self) -> None:
        self._local("down")


def contents(redshift: LocalRedshift, table: str) -> str:
    return redshift.postgres(f"SELECT count(*), sum(hashtextextended(t::text, 0)) FROM public.{table} t")


def timed(act) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started


def compare(redshift: LocalRedshift, rounds: int, megabytes: int) -> None:
    redshift.bucket.mkdir(parents=True)
    csv = redshift.bucket / "wide.csv"
    size = write_csv(csv, megabytes)
    keys = redshift.environment
    copy = (f"COPY through_endpoint FROM 's3://bench/wide.csv' ACCESS_KEY_ID '{keys['AWS_ACCESS_KEY_ID']}' "
            f"SECRET_ACCESS_KEY '{keys['AWS_SECRET_ACCESS_KEY']}' CSV")
    for table in ("through_endpoint", "through_psql"):
        redshift.client(f"CREATE TABLE {table} ({COLUMNS})")
    ways = {
        "COPY through the endpoint": ("through_endpoint", lambda: redshift.client(copy)),
        "psql \\copy": ("through_psql", lambda: redshift.postgres(f"\\copy public.through_psql FROM '{csv}' csv")),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, (table, load) in ways.items():
            redshift.postgres(f"TRUNCATE public.{table}")
            redshift.postgres("CHECKPOINT")
            seconds[way].append(timed(load))
        found = {way: contents(redshift, table) for way, (table, _) in ways.items()}
        if len(set(found.values())) != 1:
            raise SystemExit(f"the tables differ, so the times mean nothing: {found}")
    print(f"{size / 1e6:.0f} MB of CSV, {rounds} rounds, the same rows either way")
    for way, times in seconds.items():
        print(f"  {way:26} {statistics.median(times):6.2f} s  ({min(times):.2f}-{max(times):.2f}, "
              f"{size / 1e6 / statistics.median(times):.0f} MB/s)")
    ours, theirs = (statistics.median(times) for times in seconds.values())
    print(f"  ratio of the medians       {ours / theirs:6.2f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--megabytes", type=int, default=int(os.environ.get("MEGABYTES", "1024")))
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    folder.chmod(0o755)  # PostgreSQL's user must get to its files
    try:
        redshift = LocalRedshift(given.binaries.absolute(), folder)
        try:
            compare(redshift, given.rounds, given.megabytes)
        finally:
            redshift.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
