"""penstock move, every source into every destination: the same table of nasty values comes out as it went in.

What goes in is made, and what comes out is read, by pyarrow, psycopg and boto3 (harness/nasty.py), never by us.
"""

import itertools
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

import psycopg
import pyarrow as pa
import pytest
from harness import nasty
from harness.bucket import Bucket
from harness.nasty import KINDS, SQL, Table, canonical, file_bytes, joined, read_file
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers, tied
from harness.program import Program, Run
from psycopg import sql
from psycopg.types.json import set_json_loads

FILES = ["csv", "tsv", "csv.gz", "csv.zst", "csv.bz2", "jsonl", "jsonl.gz", "parquet", "orc"]
SOURCES = [*(f"local:{f}" for f in FILES), *(f"s3:{f}" for f in FILES), "stdin:csv", "stdin:jsonl.gz",
           "redshift:table", "redshift:query", "postgresql:table", "postgresql:query"]
DESTINATIONS = [*(f"local:{f}" for f in FILES), *(f"s3:{f}" for f in FILES),
                *(f"parts:{f}" for f in ("csv.gz", "jsonl", "parquet", "orc")), "stdout:csv", "stdout:jsonl",
                "redshift:table", "postgresql:table"]
POSTGRES = {**SQL, "words": "text", "doc": "jsonb", nasty.ODD: "text"}


@dataclass
class Server:
    """Redshift or PostgreSQL, as a psycopg of the tests' own sees it."""
    connection: psycopg.Connection
    uri: str
    schema: str

    def create(self, name: str, table: Table, types: dict[str, str]) -> None:
        columns = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(c), sql.SQL(types[c])) for c in table.columns)
        self.connection.execute(sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(self.schema, name), columns))

    def fill(self, name: str, table: Table, types: dict[str, str]) -> None:
        self.create(name, table, types)
        value = sql.SQL(", ").join(sql.SQL("JSON_PARSE({})" if types[c] == "super" else "{}").format(sql.Placeholder())
                                   for c in table.columns)
        insert = sql.SQL("INSERT INTO {} SELECT {}").format(sql.Identifier(self.schema, name), value)
        for row in table.rows:
            self.connection.execute(insert, row)

    def exists(self, name: str) -> bool:
        return bool(self.connection.execute("SELECT 1 FROM information_schema.tables WHERE table_schema = %s"
                                            " AND table_name = %s", (self.schema, name)).fetchall())

    def read(self, name: str) -> Table:
        cursor = self.connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(self.schema, name)))
        return Table([c.name for c in cursor.description], cursor.fetchall())

    def types(self, name: str) -> dict[str, str]:
        return dict(self.connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = %s AND table_name = %s",
            (self.schema, name)).fetchall())


@dataclass
class Source:
    uri: str
    more: tuple[str, ...] = ()
    stdin: bytes = b""


@dataclass
class Result:
    run: Run
    out: bytes
    read: Callable[[], Table]  # by the witness
    is_there: Callable[[], bool]


@dataclass
class Bed:
    """Where sources lie and destinations come to be."""
    program: Program
    tmp: Path
    bucket: Bucket
    redshift: Server
    postgresql: Server
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    made: dict[tuple, Source] = field(default_factory=dict)

    def source(self, kind: str, name: str, table: Table, **how) -> Source:
        """Made once for each kind and name."""
        if (kind, name) not in self.made:
            self.made[kind, name] = self._make(*kind.split(":"), name, table, **how)
        return self.made[kind, name]

    def _make(self, place: str, form: str, name: str, table: Table, kinds=KINDS, arrow=nasty.ARROW, redshift=SQL,
              postgres=POSTGRES) -> Source:
        if place in ("redshift", "postgresql"):
            server = getattr(self, place)
            if not server.exists(name):
                server.fill(name, table, redshift if place == "redshift" else postgres)
            if form == "table":
                return Source(f"{server.uri}::{server.schema}.{name}")
            query = f"SELECT * FROM {server.schema}.{name} WHERE id > 0 -- all of it"
            return Source(f"{server.uri}?query={quote(query)}") if place == "redshift" else Source(
                server.uri, ("--query", query))
        data = file_bytes(form, table, kinds, arrow)
        if place == "stdin":
            return Source("-", ("--from-format", form), data)
        if place == "s3":
            self.bucket.put(f"from/{name}.{form}", data)
            return Source(self.bucket.uri(f"from/{name}.{form}"))
        path = self.tmp / f"{name}.{form}"
        path.write_bytes(data)
        return Source(str(path))

    def move(self, source: Source, kind: str, *more: str) -> Result:
        place, form = kind.split(":")
        name = f"to{next(self.numbers)}"
        target, read, is_there = getattr(self, f"_to_{place}")(name, form)
        options = ("--to-format", form) if place in ("parts", "stdout") else ()
        run, out = self.run("move", source.uri, target, *source.more, *options, *more, stdin=source.stdin)
        return Result(run, out, (lambda: read_file(form, out)) if place == "stdout" else read, is_there)

    def run(self, *arguments: str, stdin: bytes = b"") -> tuple[Run, bytes]:
        """As Program.run, but stdin and stdout are bytes."""
        done = subprocess.run(tied([str(self.program.path), *arguments]), input=stdin, capture_output=True, timeout=90,
                              env={**self.program.environment, "PENSTOCK_S3_BASE_PATH": self.bucket.uri("staging/")})
        run = Run(list(arguments), done.returncode, done.stdout.decode(errors="replace"),
                  done.stderr.decode(errors="replace"), 0)
        for secret in self.program.secrets:
            assert secret not in run.said, f"a secret shows: {run.err}"
        return run, done.stdout

    def _to_local(self, name: str, form: str):
        path = self.tmp / "to" / f"{name}.{form}"
        path.parent.mkdir(exist_ok=True)
        return str(path), lambda: read_file(form, path.read_bytes()), lambda: any(path.parent.glob(f"*{name}.*"))

    def _to_s3(self, name: str, form: str):
        key = f"to/{name}.{form}"
        return self.bucket.uri(key), lambda: read_file(form, self.bucket.get(key)), lambda: self._keys(f"to/{name}.") != []

    def _to_parts(self, name: str, form: str):
        def read() -> Table:
            keys = self._keys(f"to/{name}/")
            assert keys and all(key.endswith(f".{form}") for key in keys), keys
            return joined(read_file(form, self.bucket.get(key)) for key in keys)

        return self.bucket.uri(f"to/{name}/"), read, lambda: self._keys(f"to/{name}/") != []

    def _to_stdout(self, name: str, form: str):
        return "-", None, None

    def _to_redshift(self, name: str, form: str):
        return self._to_server(self.redshift, name)

    def _to_postgresql(self, name: str, form: str):
        return self._to_server(self.postgresql, name)

    def _to_server(self, server: Server, name: str):
        return f"{server.uri}::{server.schema}.{name}", lambda: server.read(name), lambda: server.exists(name)

    def _keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.bucket.objects() if key.startswith(prefix))

    def staged(self) -> list[str]:
        return self._keys("staging/")


@pytest.fixture(scope="module")
def bed(new_place, local_redshift, connect, tmp_path_factory) -> Iterator[Bed]:
    place = new_place()
    env = local_redshift.environment
    redshift = (f"redshift://{quote(env['REDSHIFT_USER'])}:{quote(env['REDSHIFT_PASSWORD'], safe='')}@"
                f"{env['REDSHIFT_HOST']}:{env['REDSHIFT_PORT']}/{env['REDSHIFT_DB']}")
    with folder_for_servers() as folder, connect() as session:
        server = PlainPostgres(folder / "postgres")
        uri = f"postgresql://awsuser@127.0.0.1:{server.port}/postgres"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {place.schema}")
            for open_session in (connection, session):
                open_session.execute("SET TIME ZONE 'UTC'")
                set_json_loads(nasty.load_json, open_session)
            yield Bed(place.program, tmp_path_factory.mktemp("move"), place.bucket,
                      Server(session, redshift, place.schema), Server(connection, uri, place.schema))
        server.stop()


def differences(found: list[dict], wanted: list[dict]) -> list[str]:
    told = [] if len(found) == len(wanted) else [f"{len(found)} rows, where {len(wanted)} are wanted"]
    for got, want in zip(found, wanted):
        if got.keys() != want.keys():
            return [f"columns {list(got)}, where {list(want)} are wanted"]
        told += [f"row {want['id']} {name}: {str(got[name])[:60]!r}, where {str(want[name])[:60]!r} is wanted"
                 for name in want if got[name] != want[name]]
    return told


def of_both(source: str, destination: str) -> tuple[str, Table]:
    """The table that both can hold: ORC has no time of day, and its readers have instants as 64 bits of nanoseconds."""
    if source.endswith(":orc") or destination.endswith(":orc"):
        return "orcish", nasty.nasty(nanoseconds=True).without("clock")
    return "nasty", nasty.nasty()


@pytest.mark.parametrize("destination", DESTINATIONS)
@pytest.mark.parametrize("source", SOURCES)
def test_the_same_table_comes_out(bed, source, destination):
    name, table = of_both(source, destination)
    result = bed.move(bed.source(source, name, table), destination)
    assert result.run.code == 0, str(result.run)
    assert differences(canonical(result.read()), canonical(table)) == []
    assert bed.staged() == []


# --- what a format or a place can't hold is refused, naming it, and nothing is written

@dataclass(frozen=True)
class Small:
    """A column of its own, and its values, by id."""
    kind: str
    values: tuple
    arrow: pa.DataType
    redshift: str
    postgres: str = ""

    def table(self) -> Table:
        return Table(["id", "v"], list(enumerate(self.values, 1)))

    @property
    def how(self) -> dict:
        return {"kinds": self.kinds, "arrow": {"id": pa.int32(), "v": self.arrow},
                "redshift": {"id": "int", "v": self.redshift},
                "postgres": {"id": "int", "v": self.postgres or self.redshift}}

    @property
    def kinds(self) -> dict[str, str]:
        return {"id": "integer", "v": self.kind}


FLOATS = Small("double", (float("nan"), float("inf"), float("-inf"), -0.0, 1e-300, None), pa.float64(),
               "double precision")


@pytest.mark.parametrize("destination", ["local:csv", "s3:csv.gz", "local:parquet", "local:orc", "stdout:csv",
                                         "redshift:table", "postgresql:table"])
@pytest.mark.parametrize("source", ["local:csv", "s3:parquet", "local:orc", "redshift:table", "postgresql:query"])
def test_nan_and_infinities_where_there_are_such(bed, source, destination):
    result = bed.move(bed.source(source, "floats", FLOATS.table(), **FLOATS.how), destination)
    assert result.run.code == 0, str(result.run)
    wanted = canonical(FLOATS.table(), FLOATS.kinds)
    assert differences(canonical(result.read(), FLOATS.kinds), wanted) == []


ONE_DAY = date(2024, 1, 1)
REFUSED = {
    "nan-in-json": ("local:parquet", FLOATS, "local:jsonl", ["NaN"]),
    "nan-in-json-from-redshift": ("redshift:table", FLOATS, "s3:jsonl", ["NaN"]),
    "nan-in-json-from-postgresql": ("postgresql:table", FLOATS, "local:jsonl.gz", ["NaN"]),
    "numeric-nan": ("postgresql:table", Small("decimal", (Decimal("1.5"), Decimal("NaN")), None, "numeric(10,2)"),
                    "redshift:table", ["NaN"]),
    "bc": ("postgresql:query", Small("date", (ONE_DAY, "0044-03-15 BC"), None, "date"), "local:parquet", ["BC"]),
    "infinite-day": ("postgresql:table", Small("date", (ONE_DAY, "infinity"), None, "date"), "redshift:table",
                     ["infinity"]),
    "nul-into-redshift": ("local:parquet", Small("text", ("a", "a\0b"), pa.string(), "text"), "redshift:table", ["NUL"]),
    "nul-into-postgresql": ("local:parquet", Small("text", ("a", "a\0b"), pa.string(), "text"), "postgresql:table",
                            ["NUL"]),
    "too-long": ("local:csv", Small("text", ("a", "x" * 65536), pa.string(), "text"), "redshift:table", ["65535"]),
    "wide-decimal": ("local:parquet", Small("decimal", (Decimal("1.5"),), pa.decimal256(50, 2), "text"),
                     "redshift:table", ["50"]),
    "nanoseconds": ("s3:parquet", Small("timestamp", (1,), pa.timestamp("ns"), "timestamp"), "redshift:table",
                    ["nanoseconds"]),
    "duration": ("local:parquet", Small("integer", (1,), pa.duration("s"), "text"), "redshift:table", ["duration"]),
    "orc-far-instants": ("local:parquet", Small("timestamp", (datetime(9999, 1, 1),), pa.timestamp("us"), "timestamp"),
                         "local:orc", ["9999"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_held_is_refused_and_nothing_is_written(bed, case):
    source, small, destination, said = REFUSED[case]
    result = bed.move(bed.source(source, case.replace("-", "_"), small.table(), **small.how), destination)
    assert result.run.code == 1, str(result.run)
    assert not result.is_there(), "something was written"
    assert re.search(r"\bv\b", result.run.err), "the column's name"
    for words in said:
        assert words in result.run.err, str(result.run)
    assert bed.staged() == []


@pytest.mark.parametrize("server, types", [("redshift", SQL), ("postgresql", POSTGRES)])
def test_the_servers_themselves_spoil_nothing(bed, server, types):
    """What psycopg wrote it reads: what differs behind a move is the move's."""
    where = getattr(bed, server)
    for name, table, columns, kinds in (("itself", nasty.nasty(), types, KINDS),
                                        ("itself_floats", FLOATS.table(), FLOATS.how["redshift"], FLOATS.kinds)):
        where.fill(name, table, columns)
        assert differences(canonical(where.read(name), kinds), canonical(table, kinds)) == []


@pytest.mark.parametrize("form", FILES)
def test_the_files_themselves_spoil_nothing(form):
    _name, table = of_both("local:" + form, "local:" + form)
    assert differences(canonical(read_file(form, file_bytes(form, table))), canonical(table)) == []
