"""A week's worth of small statements, 100,000 of many kinds, by one session and then by several, with flat memory.

What the endpoint needs of memory is said at every tenth. It may grow until it has seen each kind often and its queue
of history was full once; more than 20 MB between the first tenth and the last is a failure. Of eight sessions two end
after 500 statements, and new ones take their places.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from local_redshift import LocalRedshift, local_redshift

AT_ONCE = 500
MORE = 20  # MB that are taken for the allocator's


class Client:
    """Statement after statement, each kind in its turn; what it reads is what it has written."""

    def __init__(self, conninfo: str, number: int) -> None:
        self.conninfo, self.number, self.done, self.turn, self.rows = conninfo, number, 0, 0, 0
        self.kinds: list[Callable[[], None]] = [self.literal, self.insert, self.update, self.read, self.function,
                                                self.transaction, self.refused, self.temporary, self.setting,
                                                self.prepared, self.cursor, self.several]
        self.connect()
        self.execute(f"CREATE TABLE week_{number} (n int, name varchar(40), at timestamp)")

    def connect(self) -> None:
        self.connection = psycopg.connect(self.conninfo, autocommit=True)

    def execute(self, sql: str, parameters: tuple | None = None, **options: bool) -> psycopg.Cursor:
        self.done += 1
        return self.connection.execute(sql, parameters, **options)

    def one(self, expected: object, sql: str, parameters: tuple | None = None, **options: bool) -> None:
        found = self.execute(sql, parameters, **options).fetchone()[0]
        if found != expected:
            raise AssertionError(f"{sql}: {found!r} is not {expected!r}")

    def run(self, statements: int) -> None:
        until = self.done + statements
        while self.done < until:
            self.kinds[self.turn % len(self.kinds)]()
            self.turn += 1
            if self.turn % 2000 == 0:
                self.history()

    def literal(self) -> None:
        self.one(self.done + 1, f"SELECT {self.done} + 1 /* a text of its own */")

    def insert(self) -> None:
        self.rows += 1
        self.execute(f"INSERT INTO week_{self.number} VALUES (%s, %s, SYSDATE)", (self.rows, f"row {self.rows}"))

    def update(self) -> None:
        self.execute(f"UPDATE week_{self.number} SET name = 'again' WHERE n = %s", (self.rows,))

    def read(self) -> None:
        self.one("again", f"SELECT name FROM week_{self.number} ORDER BY n DESC LIMIT 1")

    def function(self) -> None:
        self.one(8, "SELECT DATEDIFF(day, '2024-01-01'::date, DATEADD(week, 1, '2024-01-02'::date))")

    def transaction(self) -> None:
        self.execute("BEGIN")
        self.execute(f"DELETE FROM week_{self.number} WHERE n < 0")
        self.execute("COMMIT" if self.done % 2 else "ROLLBACK")

    def refused(self) -> None:
        try:
            self.execute(f"SELECT nothing FROM there_is_none_{self.done}")
        except psycopg.Error:
            return
        raise AssertionError("a table that is not there was read")

    def temporary(self) -> None:
        self.execute("CREATE TEMP TABLE short_lived (n int)")
        self.execute("DROP TABLE short_lived")

    def setting(self) -> None:
        self.execute(f"SET query_group TO 'group {self.done}'")

    def prepared(self) -> None:
        self.one(self.done, "SELECT %s::int + 1", (self.done - 1,), prepare=True)

    def cursor(self) -> None:
        self.execute("BEGIN")
        self.execute(f"DECLARE reader CURSOR FOR SELECT n FROM week_{self.number} ORDER BY n DESC")
        self.one(self.rows, "FETCH FORWARD 1 FROM reader")
        self.execute("COMMIT")

    def several(self) -> None:
        self.execute("SELECT 1; SELECT 2; SET query_group TO default")

    def history(self) -> None:
        self.execute("SELECT count(*) FROM stl_query WHERE starttime > DATEADD(day, -1, SYSDATE)")


def tenth(client: Client, statements: int, leaves: bool, failures: list[BaseException]) -> None:
    try:
        for left in range(statements, 0, -AT_ONCE):
            client.run(min(left, AT_ONCE))
            if leaves:
                client.connection.close()
                client.connect()
    except BaseException as failure:  # told by the main thread
        failures.append(failure)


def week(clients: list[Client], statements: int, redshift: LocalRedshift) -> list[float]:
    """The memory after each tenth."""
    memory = []
    for _ in range(10):
        failures: list[BaseException] = []
        threads = [threading.Thread(target=tenth, args=(client, statements // 10 // len(clients),
                                                        len(clients) > 1 and client.number % 4 == 0, failures))
                   for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        memory.append(redshift.megabytes())
    return memory


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--binaries", type=Path, required=True)
    arguments.add_argument("--statements", type=int, default=int(os.environ.get("STATEMENTS", "100000")))
    given = arguments.parse_args()
    grown = False
    with local_redshift(given.binaries) as redshift:
        for sessions in map(int, os.environ.get("SESSIONS", "1 8").split()):
            clients = [Client(redshift.conninfo, 100 * sessions + i) for i in range(sessions)]
            started = time.monotonic()
            memory = week(clients, given.statements, redshift)
            done = sum(client.done for client in clients)
            print(f"{done} statements by {sessions} session{'s' if sessions > 1 else ''}: "
                  f"{(time.monotonic() - started) * 1000 / done:.2f} ms each; the endpoint's memory at each tenth: "
                  f"{', '.join(f'{megabytes:.1f}' for megabytes in memory)} MB")
            for client in clients:
                client.connection.close()
            grown = grown or memory[-1] > memory[0] + MORE
        rows = redshift.postgres("SELECT count(*) FROM pg_internal.stl_query").strip()
        print(f"stl_query has {rows} rows")
    if grown:
        sys.exit("the memory grows with the statements")


if __name__ == "__main__":
    main()
