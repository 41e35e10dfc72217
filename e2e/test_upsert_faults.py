"""An upsert that is cut, refused, stopped or raced at any point: what it says is what holds, and nothing stays staged.

Rows are judged by a model of last write wins. An append has no key that would hide a doubled row: what must come once
is asked of appends.
"""

import itertools
import os
import random
import signal

import psycopg
import pytest
from harness import actions
from harness.at_each import at_each
from harness.fault_plan import Channel, Fault, Message, Phase
from harness.through import Through
from harness.upsert_table import Table, as_csv

BEFORE = {1: "Snickers", 2: "Twix", 3: "Kit Kat"}
BATCH = [(2, "Reese's"), (4, "Mars"), (2, "Reese's, peanut butter")]
UPSERT = ("--key", "id", "--duplicates", "last")
APPEND = ("--append",)
# How many messages a clean run has at least, or the proxies have lost sight of it.
LEAST_STATEMENTS, REQUESTS = 25, 3


def last_write_wins(rows: dict, batch: list[tuple]) -> dict:
    return rows | dict(batch)


def pairs(rows) -> list[tuple]:
    return sorted((str(key), value) for key, value in rows)


WRITTEN = {UPSERT: pairs(last_write_wins(BEFORE, BATCH).items()), APPEND: pairs([*BEFORE.items(), *BATCH])}


class Case:
    """A table with rows, and a source that is to go in."""

    def __init__(self, new_place, tmp, how: tuple[str, ...] = UPSERT) -> None:
        place = new_place()
        folder = tmp / place.schema
        folder.mkdir()
        self.table = Table(place, folder)
        self.how = how
        self.table.create("id int, candy varchar(100)")
        place.connection.execute(psycopg.sql.SQL("INSERT INTO {} VALUES {}").format(
            psycopg.sql.Identifier(place.schema, "candies"),
            psycopg.sql.SQL(", ").join(psycopg.sql.SQL("({}, {})").format(*row) for row in BEFORE.items())))
        self.source = self.table.file(as_csv([{"id": key, "candy": candy} for key, candy in BATCH]))

    def run(self, server, *faults: Fault, more: tuple[str, ...] = (), source: str | None = None):
        with Through(server) as through:
            for fault in faults:
                through.plan.faults.append(fault(through) if callable(fault) else fault)
            run = through.run(self.table.place.program,
                              *self.table.arguments(source or self.source, *self.how, *more),
                              env=self.table.environment)
        assert not faults or through.plan.struck, f"the fault never struck: {run}"
        return run, list(through.plan.seen)

    def loads(self) -> int:
        return len(self.table.place.loads())

    def check(self, run, *codes: int) -> None:
        """What it says is what holds; and it may be run again, unless it appends."""
        assert run.code in codes, str(run)
        assert self.table.staged() == [], str(run)
        if run.code == 0:
            assert pairs(self.table.rows()) == WRITTEN[self.how], str(run)
            assert self.loads() == 1
            return
        assert pairs(self.table.rows()) == pairs(BEFORE.items()), str(run)
        assert self.loads() == 0
        assert "nothing was changed" in run.err, str(run)
        again = self.table.place.program.run(*self.table.arguments(self.source, *self.how), env=self.table.environment)
        self.check(again, 0)


@pytest.fixture(scope="session")
def ledger_is_there(new_place, tmp_path_factory) -> None:
    """What all targets share is made by the first write of all; the points are those of one that finds it."""
    case = Case(new_place, tmp_path_factory.mktemp("first"))
    case.table.upsert(case.source, *UPSERT)


@pytest.fixture
def new_case(new_place, tmp_path, ledger_is_there):
    return lambda how=UPSERT: Case(new_place, tmp_path, how)


def messages(new_case, server, channel: Channel, how=UPSERT) -> list[Message]:
    case = new_case(how)
    run, seen = case.run(server)
    case.check(run, 0)
    return [m for m in seen if m.channel is channel and m.text not in ("STARTUP", "PASSWORD", "TERMINATE")]


@pytest.mark.parametrize("how, phase, action", [
    (UPSERT, Phase.BEFORE, actions.hang_up), (APPEND, Phase.AFTER, actions.hang_up),
    (APPEND, Phase.BEFORE, actions.sql_error("XX000", "Internal error", "the disk is upset")),
    (APPEND, Phase.BEFORE, actions.sql_error("XX000", "1023", "Serializable isolation violation on table - 1234")),
], ids=["lost", "answer-lost", "internal-error", "1023"])
def test_whatever_fails_at_any_statement_of_an_upsert_what_is_said_holds(new_case, local_redshift, how, phase, action):
    statements = messages(new_case, local_redshift, Channel.SQL, how)
    assert len(statements) >= LEAST_STATEMENTS, statements

    def check(message: Message) -> None:
        case = new_case(how)
        run, _ = case.run(local_redshift, Fault(Channel.SQL, phase, action, ordinal=message.ordinal))
        case.check(run, 0, 1)

    at_each(statements, check)


def commit_of(statements: list[Message]) -> Message:
    """Of the transaction that writes: the COMMIT behind the COPY."""
    copy = next(m.ordinal for m in statements if m.text.startswith("COPY"))
    return next(m for m in statements if m.ordinal > copy and m.text.startswith("COMMIT"))


@pytest.mark.parametrize("phase", [Phase.BEFORE, Phase.IN_FLIGHT, Phase.AFTER], ids=lambda p: p.name.lower())
@pytest.mark.parametrize("action", [actions.hang_up, actions.reset], ids=["hang-up", "reset"])
@pytest.mark.parametrize("how", [UPSERT, APPEND], ids=["upsert", "append"])
def test_a_commit_in_doubt_is_settled_and_writes_once(new_case, local_redshift, how, phase, action):
    ordinal = commit_of(messages(new_case, local_redshift, Channel.SQL, how)).ordinal
    case = new_case(how)
    run, _ = case.run(local_redshift, Fault(Channel.SQL, phase, action, ordinal=ordinal))
    case.check(run, 0)


def test_an_upsert_whose_outcome_stays_unknown_says_how_to_learn_it(new_case, local_redshift):
    ordinal = commit_of(messages(new_case, local_redshift, Channel.SQL)).ordinal
    case = new_case()
    place = case.table.place

    def cut_off(through: Through) -> Fault:
        async def for_good(exchange) -> None:
            through.plan.faults.append(
                Fault(Channel.SQL, Phase.BEFORE, actions.hang_up, match="^STARTUP$", times=10**9))
            await actions.hang_up(exchange)

        return Fault(Channel.SQL, Phase.AFTER, for_good, ordinal=ordinal)

    run, _ = case.run(local_redshift, cut_off, more=("--lock-timeout", "2"))
    assert run.code == 3, str(run)
    assert f"penstock history --schema {place.schema} --table candies" in run.err
    assert "nothing was changed" not in run.err
    [entry] = place.program.run("history", "--schema", place.schema, "--table", "candies", "--json").records
    assert entry["committed"] and entry["load_id"] in run.err
    assert case.table.staged(), "a COPY might still read it"
    place.program.run("sweep", "--older-than", "0s", env=case.table.environment)
    case.check(place.program.run(*case.table.arguments(case.source, *UPSERT, "--dry-run"),
                                 env=case.table.environment), 0)


@pytest.mark.parametrize("phase, action", [
    (Phase.BEFORE, actions.s3_status(503, "SlowDown")), (Phase.BEFORE, actions.s3_status(500, "InternalError")),
    (Phase.AFTER, actions.s3_status(500, "InternalError")), (Phase.BEFORE, actions.reset),
    (Phase.AFTER, actions.hang_up), (Phase.MID_BODY, actions.reset),
], ids=["503", "500", "500-though-done", "reset", "answer-lost", "cut"])
def test_a_request_of_staging_that_fails_once_is_tried_again(new_case, local_redshift, phase, action):
    requests = messages(new_case, local_redshift, Channel.S3)
    assert len(requests) == REQUESTS, requests

    def check(message: Message) -> None:
        case = new_case()
        run, _ = case.run(local_redshift, Fault(Channel.S3, phase, action, ordinal=message.ordinal))
        case.check(run, 0)

    at_each(requests, check)


@pytest.mark.parametrize("status, code", [(403, "AccessDenied"), (507, "InsufficientStorage"), (400, "QuotaExceeded")])
def test_what_s3_refuses_to_store_fails_the_upsert_and_nothing_has_changed(new_case, local_redshift, status, code):
    """Denied, or its disk is full."""

    def check(message: Message) -> None:
        case = new_case()
        run, _ = case.run(local_redshift, Fault(Channel.S3, Phase.BEFORE, actions.s3_status(status, code),
                                                match=f"^PUT .*{message.text.rpartition('/')[2]}", times=10**9))
        case.check(run, 1)

    at_each([m for m in messages(new_case, local_redshift, Channel.S3) if m.text.startswith("PUT")], check)


def test_a_large_source_is_whole_though_its_uploads_are_hurt(new_case, local_redshift):
    """Parts that are refused, reset, or stored without an answer; and a completion whose answer is lost."""
    case = new_case(("--replace",))
    # Half of it is left when it is compressed: one object at least is larger than a part of an upload, 16 MiB, however
    # the workers share it.
    workers = len(os.sched_getaffinity(0))
    noise = random.Random(7).randbytes((20 << 20) * workers).hex()
    width = 96
    wanted = len(noise) // width
    source = case.table.file("id,candy\n" + "".join(
        f"{i},{noise[i * width:(i + 1) * width]}\n" for i in range(wanted)))
    faults = [Fault(Channel.S3, phase, action, match=match) for match, phase, action in [
        ("POST .*uploads", Phase.BEFORE, actions.s3_status(503, "SlowDown")),
        ("PUT .*partNumber=1", Phase.BEFORE, actions.s3_status(500, "InternalError")),
        ("PUT .*partNumber=2", Phase.BEFORE, actions.reset), ("PUT .*partNumber", Phase.AFTER, actions.hang_up),
        ("POST .*uploadId", Phase.AFTER, actions.hang_up)]]
    run, _ = case.run(local_redshift, *faults, source=source)
    assert run.code == 0, str(run)
    assert [fault for fault in faults if fault.times] == [], "never struck"
    assert case.table.place.query(
        psycopg.sql.SQL("SELECT count(*), count(DISTINCT id), min(len(candy)) FROM {}").format(
            psycopg.sql.Identifier(case.table.place.schema, "candies"))) == [(wanted, wanted, width)]
    assert case.table.staged() == []
    assert "Uploads" not in case.table.place.bucket.client.list_multipart_uploads(Bucket=case.table.place.bucket.name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("channel, match", [
    (Channel.S3, "PUT .*part-"), (Channel.S3, "PUT .*manifest"), (Channel.SQL, "^LOCK"), (Channel.SQL, "^COPY"),
    (Channel.SQL, "^DELETE"), (Channel.SQL, "^INSERT INTO .penstock"),
], ids=["part", "manifest", "lock", "copy", "delete", "ledger"])
def test_a_signal_ends_an_upsert_and_nothing_has_changed(new_case, local_redshift, number, channel, match):
    case = new_case()

    def signalled(through: Through) -> Fault:
        async def signal_then_wait(exchange) -> None:
            await through.victim.signal(number)
            await actions.stall(1)(exchange)

        return Fault(channel, Phase.BEFORE, signal_then_wait, match=match)

    run, _ = case.run(local_redshift, signalled)
    case.check(run, 128 + number)


def test_upserts_of_one_table_at_once_are_as_if_one_came_after_the_other(new_case):
    """Rows of many keys, some of each run's alone: of all orders of the runs, one explains the table."""
    case = new_case()
    chance = random.Random(int(os.environ.get("SEED", "20131231")))
    batches = [[(chance.randrange(40), f"{name}{i}") for i in range(60)] for name in "abcd"]
    program, table = case.table.place.program, case.table
    sources = [table.file(as_csv([{"id": key, "candy": value} for key, value in batch])) for batch in batches]
    running = [program.start(*table.arguments(source, *UPSERT), env=table.environment) for source in sources]
    for each in running:
        run = each.wait()
        assert run.code == 0, str(run)
    explained = []
    for order in itertools.permutations(batches):
        rows = BEFORE
        for batch in order:
            rows = last_write_wins(rows, batch)
        explained.append(pairs(rows.items()))
    assert pairs(table.rows()) in explained
    assert table.staged() == [] and case.loads() == len(batches)
