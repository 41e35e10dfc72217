"""Two hundred connections at once, each of which does some small work, by the endpoint and straight to PostgreSQL.

All are open before the first begins, and none ends before the last has begun. Each makes a temporary table, fills it,
reads it back, and reads a table that they share.
"""

import argparse
import os
import statistics
import threading
from pathlib import Path

import psycopg
from local_redshift import LocalRedshift, local_redshift, timed

STATEMENTS = 20  # of each connection, besides the first and the last


class Crowd:
    def __init__(self, conninfo: str, size: int) -> None:
        self.conninfo = conninfo
        self.open = threading.Barrier(size)
        self.done = threading.Barrier(size + 1)
        self.may_leave = threading.Event()
        self.failures: list[str] = []
        self.threads = [threading.Thread(target=self.client, args=(number,)) for number in range(size)]

    def client(self, number: int) -> None:
        try:
            with psycopg.connect(self.conninfo, autocommit=True) as connection:
                self.open.wait(120)
                self.work(connection, number)
                self.done.wait(120)
                self.may_leave.wait(120)
        except Exception as failure:  # whatever it is: it is told at the end
            self.failures.append(f"client {number}: {failure!r}")
            self.open.abort()
            self.done.abort()

    def work(self, connection: psycopg.Connection, number: int) -> None:
        connection.execute("CREATE TEMP TABLE mine (n int, name varchar(20))")
        for i in range(STATEMENTS):
            connection.execute("INSERT INTO mine VALUES (%s, %s)", (number * i, f"client {number}"))
        row = connection.execute("SELECT count(*), sum(n), max(name), (SELECT sum(n) FROM shared) FROM mine").fetchone()
        expected = (STATEMENTS, number * STATEMENTS * (STATEMENTS - 1) // 2, f"client {number}", 5050)
        if row != expected:
            raise AssertionError(f"{row} is not {expected}")

    def start_and_wait(self) -> None:
        for thread in self.threads:
            thread.start()
        try:
            self.done.wait(180)
        except threading.BrokenBarrierError:
            self.failures.append("not all of them were done")

    def leave(self) -> None:
        self.may_leave.set()
        for thread in self.threads:
            thread.join()
        if self.failures:
            raise SystemExit("\n".join(self.failures[:5]))


def run_crowd(conninfo: str, size: int, redshift: LocalRedshift) -> tuple[float, float]:
    """Seconds until all were done, and the endpoint's memory at that moment."""
    crowd = Crowd(conninfo, size)
    seconds = timed(crowd.start_and_wait)
    megabytes = redshift.megabytes()
    crowd.leave()
    return seconds, megabytes


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "3")))
    arguments.add_argument("--connections", type=int, default=int(os.environ.get("CONNECTIONS", "200")))
    given = arguments.parse_args()
    size = given.connections
    with local_redshift(given.binaries) as redshift:
        redshift.client("CREATE TABLE shared (n int); INSERT INTO shared SELECT generate_series(1, 100)")
        before = redshift.megabytes()
        ours, theirs, memory = [], [], []
        for _ in range(given.rounds):
            seconds, megabytes = run_crowd(redshift.conninfo, size, redshift)
            ours.append(seconds)
            memory.append(megabytes)
            theirs.append(run_crowd(redshift.direct_conninfo, size, redshift)[0])
        a, b = statistics.median(ours), statistics.median(theirs)
        print(f"{size} connections at once, {STATEMENTS + 2} statements each, all right, {given.rounds} rounds, medians:")
        print(f"  by the endpoint       {a:6.2f} s")
        print(f"  straight to PostgreSQL{b:6.2f} s")
        print(f"  ratio                 {a / b:6.2f}")
        print(f"  the endpoint's memory {before:6.0f} MB before, {max(memory):.0f} MB with all of them, "
              f"{1024 * (max(memory) - before) / size:.0f} kB each, {redshift.megabytes():.0f} MB after")


if __name__ == "__main__":
    main()
