"""penstock move, hurt or killed at its S3 requests and SQL messages, route by route: what it says is what holds.

A clean run through the proxies gives the points. Whatever happens at one of them: nothing half is to be seen, a table has
the rows once or not at all, exit code 0 means that all is there and 1 that nothing is, what was staged goes, and the
next run finishes.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from harness import actions
from harness.at_each import at_each
from harness.bucket import Bucket
from harness.fault_plan import Channel, Fault, Message, Phase
from harness.place import Place
from harness.plain_servers import PlainPostgres
from harness.processes import folder_for_servers
from harness.program import Run
from harness.through import Through

ROWS = [(i, f"name {i}") for i in range(200)]
CSV = "id,name\n" + "".join(f"{i},{name}\n" for i, name in ROWS)
BEFORE = [(-1, "before")]
UNHURT = ("PASSWORD", "TERMINATE")  # nothing follows the one, and the other is of a login that fails as STARTUP does
READS_ONLY = ("GET ", "HEAD ", "SELECT ", "SET ", "STARTUP", "BEGIN", "LOCK ", "PREPARE", "DESCRIBE", "SYNC")


@dataclass
class Bed:
    place: Place
    server: object
    postgres: PlainPostgres
    folder: Path

    @property
    def bucket(self) -> Bucket:
        return self.place.bucket

    def rows(self, table: str = "t") -> list[tuple]:
        return sorted(self.place.query(f"SELECT id, name FROM {self.place.schema}.{table}"))

    def fill(self, rows: list[tuple]) -> None:
        self.place.connection.execute(f"CREATE TABLE {self.place.schema}.t (id int, name varchar(100))")
        values = ", ".join(f"({i}, '{name}')" for i, name in rows)
        self.place.connection.execute(f"INSERT INTO {self.place.schema}.t VALUES {values}")

    def run(self, arguments: list[str], fault: Callable[[Through], Fault] | None = None) -> tuple[Run, list[Message]]:
        with Through(self.server, self.postgres.port) as through:
            if fault:
                through.plan.faults.append(fault(through))
            uris = [a.replace("POSTGRES", f"127.0.0.1:{through.postgres_proxy_port}") for a in arguments]
            run = through.run(self.place.program, "move", *uris,
                              env={"PENSTOCK_S3_BASE_PATH": self.bucket.uri("staging/")})
            assert not fault or through.plan.struck, f"the fault never struck: {run}"
            return run, list(through.plan.seen)

    def leftovers(self) -> list[str]:
        uploads = self.bucket.client.list_multipart_uploads(Bucket=self.bucket.name).get("Uploads", [])
        staged = [key for key in self.bucket.objects() if key.startswith("staging/")]
        return staged + [upload["Key"] for upload in uploads] + [str(p) for p in self.folder.rglob("*penstock*")]

    def sweep(self) -> None:
        swept = self.place.program.run("sweep", "--older-than", "0s",
                                       env={"PENSTOCK_S3_BASE_PATH": self.bucket.uri("staging/")})
        assert swept.code == 0, str(swept)


@dataclass
class Flow:
    """prepare() puts the source there, found() reads what is at the destination, to the last byte."""
    arguments: Callable[[Bed], list[str]]
    prepare: Callable[[Bed], None]
    found: Callable[[Bed], object]
    before: object
    after: object
    least: int  # messages of a clean run
    appends: bool = False
    whole: Callable[[object], bool] = lambda _found: False  # of what a killed run left: all that is there is whole


def below(bed: Bed, prefix: str) -> dict[str, str]:
    return {key: bed.bucket.get(key).decode() for key in bed.bucket.objects() if key.startswith(prefix)}


def unloaded(bed: Bed) -> list[tuple]:
    """Of all parts, of which each has a header."""
    rows = []
    for text in below(bed, "out/").values():
        header, *lines = csv.reader(io.StringIO(text, newline=""))
        assert header == ["id", "name"]
        rows += [(int(i), name) for i, name in lines]
    return sorted(rows)


def files(bed: Bed) -> dict[str, str]:
    return {path.name: path.read_text() for path in (bed.folder / "out").glob("*") if not path.name.startswith(".")}


def put(*names: str) -> Callable[[Bed], None]:
    def act(bed: Bed) -> None:
        for name in names:
            bed.bucket.put(f"in/{name}", CSV)

    return act


def fill_postgres(bed: Bed) -> None:
    with psycopg.connect(f"postgresql://awsuser@127.0.0.1:{bed.postgres.port}/postgres", autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS t AS SELECT i AS id, 'name ' || i AS name FROM generate_series(0, 199) i")


def some_of(wanted: dict[str, str]) -> Callable[[object], bool]:
    return lambda found: found.items() <= wanted.items()


TWO = {"out/a.csv": CSV, "out/b.csv": CSV}
FLOWS = {
    "csv in S3 into a table": Flow(
        lambda bed: [bed.bucket.uri("in/"), f"redshift://::{bed.place.schema}.t"],
        lambda bed: (put("a.csv")(bed), bed.fill(BEFORE)), Bed.rows, BEFORE, sorted(BEFORE + ROWS), 25, appends=True),
    "table into S3": Flow(
        lambda bed: [f"redshift://::{bed.place.schema}.t", bed.bucket.uri("out/")], lambda bed: bed.fill(ROWS),
        unloaded, [], ROWS, 12, whole=lambda found: set(found) < set(ROWS) and len(found) == len(ROWS) // 2),  # of two parts
    "object to object": Flow(
        lambda bed: [bed.bucket.uri("in/"), bed.bucket.uri("out/")], put("a.csv", "b.csv"), lambda bed: below(bed, "out/"),
        {}, TWO, 5, whole=some_of(TWO)),
    "object to file": Flow(
        lambda bed: [bed.bucket.uri("in/"), f"{bed.folder}/out/"], put("a.csv", "b.csv"), files, {},
        {"a.csv": CSV, "b.csv": CSV}, 3, whole=some_of({"a.csv": CSV, "b.csv": CSV})),
    "postgres into S3": Flow(
        lambda bed: ["postgresql://awsuser@POSTGRES/postgres?sslmode=disable&query=SELECT * FROM t ORDER BY id",
                     bed.bucket.uri("out/a.csv")],
        fill_postgres, lambda bed: below(bed, "out/"), {}, {"out/a.csv": CSV}, 8),
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PlainPostgres]:
    with folder_for_servers() as folder:
        server = PlainPostgres(folder / "postgres")
        yield server
        server.stop()


@pytest.fixture
def new_bed(new_place, local_redshift, postgres, tmp_path):
    def make() -> Bed:
        place = new_place()
        folder = tmp_path / place.schema
        folder.mkdir()
        return Bed(place, local_redshift, postgres, folder)

    return make


def clean_run(new_bed, flow: Flow) -> list[Message]:
    for _ in range(2):  # the first may make the ledger
        bed = new_bed()
        flow.prepare(bed)
        run, seen = bed.run(flow.arguments(bed))
        assert run.code == 0, str(run)
        assert flow.found(bed) == flow.after and bed.leftovers() == []
    seen = [m for m in seen if m.text not in UNHURT]
    assert len(seen) >= flow.least, seen
    return seen


def thinned(seen: list[Message]) -> list[Message]:
    """All that change something, and some of what only reads."""
    reads = [m for m in seen if m.text.startswith(READS_ONLY)]
    return [m for m in seen if m not in reads or reads.index(m) % 4 == 0]


def finish(bed: Bed, flow: Flow, *more: str) -> None:
    again, _ = bed.run([*flow.arguments(bed), *more])
    assert again.code == 0, f"the next run failed: {again}"
    assert flow.found(bed) == flow.after, "the next run"


S3_FAULTS = [
    ("500", Phase.BEFORE, actions.s3_status(500, "InternalError")), ("answer lost", Phase.AFTER, actions.hang_up),
    ("denied", Phase.BEFORE, actions.s3_status(403, "AccessDenied")), ("cut", Phase.MID_BODY, actions.reset),
    ("500 though done", Phase.AFTER, actions.s3_status(500, "InternalError")),
]
SQL_FAULTS = [
    ("lost", Phase.BEFORE, actions.hang_up), ("answer lost", Phase.AFTER, actions.hang_up),
    ("refused", Phase.BEFORE, actions.sql_error("XX000", "Internal error", "the disk is upset")),
]


@pytest.mark.parametrize("name", FLOWS, ids=lambda n: n.replace(" ", "-"))
def test_whatever_fails_what_is_said_holds(new_bed, name):
    flow = FLOWS[name]
    seen = clean_run(new_bed, flow)
    places = []
    for i, message in enumerate(thinned(seen)):
        kinds = S3_FAULTS if message.channel is Channel.S3 else SQL_FAULTS
        places.append((message, *kinds[i % len(kinds)]))

    def check(place) -> None:
        message, how, phase, action = place
        if how == "refused" and not message.text.partition(" ")[0].isupper():
            return
        bed = new_bed()
        flow.prepare(bed)
        run, _ = bed.run(flow.arguments(bed), lambda _: Fault(message.channel, phase, action, ordinal=message.ordinal))
        assert run.code in (0, 1), str(run)
        assert flow.found(bed) == (flow.after if run.code == 0 else flow.before), str(run)
        if "was left behind" in run.err:  # to remove it was denied
            bed.sweep()
        assert bed.leftovers() == [], str(run)
        if run.code == 1:
            finish(bed, flow)

    at_each(places, check)


@pytest.mark.parametrize("name", FLOWS, ids=lambda n: n.replace(" ", "-"))
def test_killed_anywhere_nothing_half_is_seen_and_the_next_run_finishes(new_bed, name):
    flow = FLOWS[name]
    seen = clean_run(new_bed, flow)
    places = [(m, Phase.BEFORE if i % 2 or m.text.startswith(READS_ONLY) else Phase.AFTER)
              for i, m in enumerate(thinned(seen))]

    def check(place) -> None:
        message, phase = place
        bed = new_bed()
        flow.prepare(bed)
        run, _ = bed.run(flow.arguments(bed),
                         lambda t: Fault(message.channel, phase, actions.kill(t.victim), ordinal=message.ordinal))
        assert run.code == -9, str(run)
        found = flow.found(bed)
        assert found in (flow.before, flow.after) or flow.whole(found), f"half of it: {found}"
        if not flow.appends:
            finish(bed, flow, "--replace")
        elif found == flow.before:
            finish(bed, flow)
        bed.sweep()
        assert bed.leftovers() == [] and flow.found(bed) == flow.after

    at_each(places, check)
