"""What a statement that is passed through costs more by the endpoint than by PostgreSQL itself.

SELECT 1 on a connection to the endpoint (TCP) and on one to the PostgreSQL behind it (its socket file), in turn, some
hundreds at a time: by the simple protocol, by the extended one, and of a statement that is prepared.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from local_redshift import local_redshift
from psycopg import pq

AT_ONCE = 250
MOST = 100  # microseconds


def connected(conninfo: str) -> pq.PGconn:
    connection = pq.PGconn.connect(conninfo.encode())
    if connection.status != pq.ConnStatus.OK:
        raise SystemExit(connection.error_message.decode())
    connection.prepare(b"one", b"SELECT 1")
    return connection


def value(result: pq.abc.PGresult) -> tuple:
    return result.status, result.ntuples, result.get_value(0, 0), result.fname(0), result.ftype(0)


WAYS: dict[str, Callable[[pq.PGconn], pq.abc.PGresult]] = {
    "simple protocol": lambda connection: connection.exec_(b"SELECT 1"),
    "extended protocol": lambda connection: connection.exec_params(b"SELECT 1", None),
    "prepared": lambda connection: connection.exec_prepared(b"one", None),
}


def microseconds(act: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(AT_ONCE):
        started = time.perf_counter_ns()
        act()
        times.append((time.perf_counter_ns() - started) / 1000)
    return times


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS", "40")))
    given = arguments.parse_args()
    with local_redshift(given.binaries) as redshift:
        endpoint, direct = connected(redshift.conninfo), connected(redshift.direct_conninfo)
        print(f"SELECT 1, {given.rounds} rounds of {AT_ONCE} in turn, medians:")
        for way, act in WAYS.items():
            if value(act(endpoint)) != value(act(direct)):
                raise SystemExit(f"{way}: the answers differ")
            ours: list[float] = []
            theirs: list[float] = []
            for _ in range(given.rounds):
                ours += microseconds(lambda act=act: act(endpoint))
                theirs += microseconds(lambda act=act: act(direct))
            more = statistics.median(ours) - statistics.median(theirs)
            print(f"  {way:18} {statistics.median(ours):6.0f} µs, direct {statistics.median(theirs):6.0f} µs, "
                  f"more by {more:.0f} µs (wanted: less than {MOST})")


if __name__ == "__main__":
    main()
