import itertools
import os
from pathlib import Path

import psycopg
import pytest
from harness.bucket import Bucket, s3_client
from harness.local_redshift import LocalRedshift
from harness.place import Place
from harness.processes import folder_for_servers
from harness.program import Program
from harness.upsert_table import Table

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def binaries() -> Path:
    """The folder of the programs under test."""
    return Path(os.environ["PENSTOCK_BIN"])


@pytest.fixture(scope="session")
def local_redshift(binaries):
    with folder_for_servers() as folder:
        server = LocalRedshift(binaries, folder)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def program(binaries, local_redshift) -> Program:
    return Program(binaries / "penstock", local_redshift.environment, local_redshift.secrets)


@pytest.fixture(scope="session")
def s3(local_redshift):
    env = local_redshift.environment
    return s3_client(env["AWS_ENDPOINT_URL_S3"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"])


@pytest.fixture(scope="session")
def connect(local_redshift):
    """Opens a session on the endpoint by psycopg, which shares nothing with us."""
    env = local_redshift.environment

    def open_session(**options) -> psycopg.Connection:
        return psycopg.connect(**{
            "host": env["REDSHIFT_HOST"], "port": env["REDSHIFT_PORT"], "dbname": env["REDSHIFT_DB"],
            "user": env["REDSHIFT_USER"], "password": env["REDSHIFT_PASSWORD"], "autocommit": True, **options})

    return open_session


@pytest.fixture(scope="session")
def witness(connect):
    with connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def new_place(program, s3, witness):
    """Makes places; a test that needs one asks for `place`."""

    def make(schema: str | None = None) -> Place:
        number = next(numbers)
        name = schema or f"s{number}"
        witness.execute(psycopg.sql.SQL("CREATE SCHEMA {}").format(psycopg.sql.Identifier(name)))
        return Place(program, Bucket(s3, f"bucket-{number}"), name, witness)

    return make


@pytest.fixture(autouse=True)
def still_running(request):
    """The test that ends the local Redshift is the one that fails for it, and shows its last words."""
    yield
    if "local_redshift" in request.fixturenames:
        request.getfixturevalue("local_redshift").require_running()


@pytest.fixture
def place(new_place) -> Place:
    return new_place()


@pytest.fixture
def table(place, tmp_path) -> Table:
    """A table to upsert into; a test that makes tables of its own calls them otherwise."""
    return Table(place, tmp_path)


@pytest.fixture(scope="session")
def superuser(local_redshift):
    """A session on the private PostgreSQL behind the endpoint, for what Redshift's users may not do."""
    with psycopg.connect(**local_redshift.private_postgres(), autocommit=True) as connection:
        yield connection
