"""psql is killed in the middle of something: nothing of what it had begun is left, and others never notice."""

import gzip
import itertools
import os
import subprocess
import time

import pytest

numbers = itertools.count(1)


def comes_true(condition, seconds: float = 90) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Psql:
    """A real client, whose statement goes by stdin; its backend is known by its application_name."""

    def __init__(self, environment: dict[str, str], superuser) -> None:
        self.name, self.superuser = f"vanishing {next(numbers)}", superuser
        env = {**os.environ, "PGPASSWORD": environment["REDSHIFT_PASSWORD"], "PGAPPNAME": self.name}
        self.process = subprocess.Popen(
            ["psql", "-X", "-q", "-h", environment["REDSHIFT_HOST"], "-p", environment["REDSHIFT_PORT"],
             "-U", environment["REDSHIFT_USER"], "-d", environment["REDSHIFT_DB"]],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def say(self, sql: str) -> None:
        self.process.stdin.write(sql + ";\n")
        self.process.stdin.flush()

    def backends(self, more: str = "true") -> int:
        return self.superuser.execute(
            f"SELECT count(*) FROM pg_stat_activity a WHERE application_name = '{self.name}' AND {more}").fetchone()[0]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def psql(local_redshift, superuser):
    client = Psql(local_redshift.environment, superuser)
    yield client
    client.kill()


@pytest.fixture
def keys(local_redshift) -> str:
    env = local_redshift.environment
    return f"ACCESS_KEY_ID '{env['AWS_ACCESS_KEY_ID']}' SECRET_ACCESS_KEY '{env['AWS_SECRET_ACCESS_KEY']}'"


def killed_leaves_nothing(psql: Psql, place) -> None:
    psql.kill()
    assert comes_true(lambda: psql.backends() == 0), "its backend is still there"
    locks = psql.superuser.execute("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
                                   " WHERE relnamespace = %s::regnamespace", (place.schema,)).fetchone()[0]
    assert locks == 0
    assert place.connection.execute("SELECT 'others go on'").fetchone() == ("others go on",)


def test_in_a_query(psql, place):
    psql.say("SELECT pg_sleep(600)")
    assert comes_true(lambda: psql.backends("state = 'active' AND query LIKE '%pg_sleep%'") == 1)
    killed_leaves_nothing(psql, place)


def test_in_a_transaction(psql, place):
    table = f"{place.schema}.t"
    place.connection.execute(f"CREATE TABLE {table} (n int)")
    psql.say(f"BEGIN; LOCK TABLE {table}; INSERT INTO {table} VALUES (1)")
    assert comes_true(lambda: psql.backends("state = 'idle in transaction'") == 1)
    killed_leaves_nothing(psql, place)
    assert place.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_in_a_copy(psql, place, keys):
    table = f"{place.schema}.t"
    place.connection.execute(f"CREATE TABLE {table} (n int, s varchar(100))")
    for part in range(4):
        place.bucket.put(f"rows/{part}.csv.gz", gzip.compress(b"1,a row of many\n" * 5_000_000, 1))
    psql.say(f"COPY {table} FROM '{place.bucket.uri('rows/')}' {keys} CSV GZIP")
    assert comes_true(lambda: psql.backends(
        "EXISTS (SELECT FROM pg_stat_progress_copy p WHERE p.pid = a.pid AND p.tuples_processed > 0)") == 1)
    killed_leaves_nothing(psql, place)
    assert place.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    aborted = place.connection.execute("SELECT count(*) FROM stl_query WHERE aborted = 1 AND querytxt LIKE %s",
                                       (f"COPY {table} %",)).fetchone()
    assert aborted == (1,), "what became of it is in the system tables"


def test_in_an_unload(psql, place, keys, s3):
    psql.say(f"UNLOAD ('SELECT generate_series(1, 1000000000) AS n') TO '{place.bucket.uri('out/')}' {keys}"
             " MAXFILESIZE 5 MB PARALLEL OFF")
    assert comes_true(lambda: len(place.bucket.objects()) > 0)
    killed_leaves_nothing(psql, place)
    # What had been finished stays; of what had not no part is left to pay for.
    assert s3.list_multipart_uploads(Bucket=place.bucket.name).get("Uploads", []) == []
    assert comes_true(lambda: psql.superuser.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1000000000)%' AND state = 'active'"
        " AND pid <> pg_backend_pid()").fetchone()[0] == 0)
