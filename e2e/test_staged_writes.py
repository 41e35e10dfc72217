"""Parts that many machines stage, and one commit of them: once, whatever happens, as psycopg and boto3 see it."""

import json
import os
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import penstock
import pyarrow as pa
import pytest
from harness import actions
from harness.at_each import at_each
from harness.fault_plan import Channel, Fault, Phase
from harness.program import Program
from harness.through import Through
from harness.upsert_table import Table

COMMIT = str(Path(__file__).parent / "clients" / "commit_parts.py")
COLUMNS = "id int, candy varchar(100)"
FRAMES = [{"id": [1, 2], "candy": ["Snickers", None]}, {"id": [3], "candy": ["Kit Kat, \"big\""]},
          {"id": [], "candy": []}]
WRITTEN = [("1", "Snickers"), ("2", None), ("3", "Kit Kat, \"big\"")]
READS_ONLY = ("HEAD", "GET", "STARTUP", "PASSWORD", "SELECT", "SET", "TERMINATE")


def frame(columns: dict) -> pa.Table:
    return pa.table({"id": pa.array(columns["id"], pa.int64()), "candy": pa.array(columns["candy"], pa.string())})


class Writer:
    """Stages into one table's place, and commits."""

    def __init__(self, table: Table, server) -> None:
        self.table = table
        self.into = f"{table.place.schema}.{table.name}"
        self.environment = {**server.environment, **table.environment}
        self._server = server
        self._program = Program(Path(sys.executable), {**server.environment, "PYTHONPATH": os.environ["PYTHONPATH"]},
                                server.secrets)

    def stage(self, rows, **how) -> penstock.Part:
        return penstock.stage(rows, environment=self.environment, **how)

    def stage_all(self) -> list[penstock.Part]:
        return [self.stage(frame(columns)) for columns in FRAMES]

    def commit(self, parts, **how) -> penstock.UpsertOutcome:
        return penstock.commit(parts, self.into, maintenance=False, environment=self.environment,
                               **{"mode": "append", **how})

    def commit_by_program(self, parts, *faults, **how):
        """By a process of its own, which may be killed."""
        file = self.table.file("".join(part.to_json() + "\n" for part in parts), "parts")
        with Through(self._server) as through:
            for fault in faults:
                through.plan.faults.append(fault(through))
            run = through.run(self._program, COMMIT, file, self.into,
                              json.dumps({"mode": "append", "maintenance": False, **how}), env=self.table.environment)
        return run, list(through.plan.seen)

    def rows(self) -> list[tuple]:
        return sorted((str(key), value) for key, value in self.table.rows())

    def loads(self) -> int:
        return len(self.table.place.loads())


@pytest.fixture
def new_writer(new_place, tmp_path, local_redshift):
    def make() -> Writer:
        place = new_place()
        folder = tmp_path / place.schema
        folder.mkdir()
        table = Table(place, folder)
        table.create(COLUMNS)
        return Writer(table, local_redshift)

    return make


@pytest.fixture
def writer(new_writer) -> Writer:
    return new_writer()


def test_parts_of_many_machines_are_one_load(writer):
    with ThreadPoolExecutor(3) as machines:
        parts = list(machines.map(lambda columns: writer.stage(frame(columns)), FRAMES))
    assert [part.rows for part in parts] == [2, 1, 0]
    assert {key for part in parts for key in (o.key for o in part.objects)} == set(writer.table.staged())
    assert writer.rows() == [] and writer.loads() == 0
    outcome = writer.commit(pickle.loads(pickle.dumps(parts)))
    assert (outcome.read, outcome.inserted, outcome.known_as) == (3, 3, [])
    assert writer.rows() == WRITTEN
    assert writer.loads() == 1
    assert writer.table.staged() == []


def test_to_commit_again_changes_nothing_and_says_so(writer):
    parts = writer.stage_all()
    first = writer.commit(parts)
    again = writer.commit(list(reversed(parts)))
    assert again.known_as == [first.load_id] and again.load_id == first.load_id
    assert (again.read, again.inserted) == (3, 3)
    assert writer.rows() == WRITTEN and writer.loads() == 1
    writer.commit([writer.stage(frame({"id": [9], "candy": ["x"]}))], mode="replace")
    assert writer.commit(parts).known_as == [first.load_id], "it is known though its rows are gone"
    assert writer.rows() == [("9", "x")]


def test_some_known_and_others_not_are_refused_and_others_alone_go_in(writer):
    first, second, third = writer.stage_all()
    writer.commit([first])
    with pytest.raises(penstock.ConflictError, match="commit those alone") as raised:
        writer.commit([first, second, third])
    assert second.id in str(raised.value) and first.id not in str(raised.value)
    assert writer.rows() == WRITTEN[:2]
    writer.commit([second, third])
    assert writer.rows() == WRITTEN


def test_only_parts_that_are_committed_count(writer):
    parts = writer.stage_all()
    writer.stage(frame(FRAMES[0]), partition=0)  # the same task, run twice
    lost = set(writer.table.staged()) - {o.key for part in parts for o in part.objects}
    writer.commit(parts)
    assert writer.rows() == WRITTEN
    assert set(writer.table.staged()) == lost, "another's stays"
    penstock.sweep(older_than=0, environment=writer.environment)
    assert writer.table.staged() == []


def test_two_parts_of_one_partition_are_refused(writer):
    twice = [writer.stage(frame(FRAMES[0]), partition=0) for _ in range(2)]
    with pytest.raises(penstock.RefusedError, match="both of partition 0"):
        writer.commit(twice)
    penstock.discard(twice, environment=writer.environment)
    assert writer.rows() == [] and writer.table.staged() == []


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "overwritten"])
def test_parts_that_are_not_what_was_staged_are_not_committed(writer, gone):
    parts = writer.stage_all()
    bucket = writer.table.place.bucket
    if gone:
        bucket.delete(parts[1].objects[0].key)
    else:
        bucket.put(parts[1].objects[0].key, b"x")
    with pytest.raises(penstock.ConflictError, match="stage its rows again") as raised:
        writer.commit(parts)
    assert parts[1].objects[0].key in str(raised.value)
    assert writer.rows() == [] and writer.loads() == 0
    assert parts[0].objects[0].key in writer.table.staged(), "the others stay"


def test_by_key_the_last_is_of_the_last_partition_whatever_the_order_of_the_list(writer):
    writer.commit([writer.stage(frame({"id": [1, 7], "candy": ["old", "stays"]}))])
    parts = [writer.stage(frame({"id": [1, 2, 2], "candy": [f"{i}", f"{i}a", f"{i}b"]}), partition=i)
             for i in (2, 0, 1)]
    outcome = writer.commit(parts, mode="upsert", key="id", duplicates="last")
    assert (outcome.read, outcome.updated, outcome.inserted, outcome.superseded) == (9, 1, 1, 7)
    assert writer.rows() == [("1", "2"), ("2", "2b"), ("7", "stays")]
    with pytest.raises(penstock.RefusedError, match="order_by does, or a partition"):
        writer.commit(writer.stage_all(), mode="upsert", key="id", duplicates="last")
    writer.commit([writer.stage(frame({"id": [5], "candy": ["e"]}), partition=0)], mode="replace")
    assert writer.rows() == [("5", "e")], "a position that nobody asks for is left out"


def test_the_table_is_made_and_gets_columns_of_the_parts_types(writer):
    place = writer.table.place
    into = f"{place.schema}.made"
    nothing = pa.table({"id": pa.array([1], pa.int32()), "day": pa.nulls(1)})
    days = pa.table({"id": pa.array([2], pa.int32()), "day": pa.array([0], pa.date32())})
    penstock.commit([writer.stage(nothing), writer.stage(days)], into, key="id", create=True,
                    environment=writer.environment)
    assert [tuple(map(str, row)) for row in place.query(f"SELECT id, day FROM {into} ORDER BY id")] == [
        ("1", "None"), ("2", "1970-01-01")]
    penstock.commit([writer.stage(days.append_column("x", pa.array([True])))], into, key="id", evolve=True,
                    environment=writer.environment)
    assert [tuple(map(str, row)) for row in place.query(f"SELECT id, x FROM {into} ORDER BY id")] == [
        ("1", "None"), ("2", "True")]


def test_parts_that_do_not_agree_are_refused_all_at_once(writer):
    parts = [writer.stage(frame(FRAMES[0])),
             writer.stage(pa.table({"id": pa.array([1.5]), "candy": pa.array(["x"])})),
             writer.stage(pa.table({"id": pa.array([1])}))]
    with pytest.raises(penstock.RefusedError) as raised:
        writer.commit(parts)
    assert "has id as double precision" in str(raised.value) and "has the columns id;" in str(raised.value)
    assert writer.rows() == []


def test_rows_that_end_in_an_error_leave_nothing(writer):
    def batches():
        yield frame(FRAMES[0]).to_batches()[0]
        raise ZeroDivisionError("of the task")

    with pytest.raises(ZeroDivisionError):
        writer.stage(batches())
    assert writer.table.staged() == []


def test_killed_at_any_point_a_commit_is_done_once_by_the_next(new_writer):
    """kill -9 at every S3 request and every statement, then the same again."""
    clean = new_writer()
    clean.commit([clean.stage(frame({"id": [], "candy": []}))])  # what all targets share is there
    run, seen = clean.commit_by_program(clean.stage_all())
    assert run.code == 0, str(run)
    assert len([m for m in seen if m.channel is Channel.SQL]) > 20, seen
    points = []
    for message in seen:
        if message.text == "TERMINATE":
            continue
        if not message.text.startswith(READS_ONLY):
            points.append((message, Phase.AFTER))
        if message.text.startswith(("COMMIT", "COPY")):
            points.append((message, Phase.IN_FLIGHT))
    assert any(message.text.startswith("COMMIT") for message, _ in points)

    def check(point) -> None:
        message, phase = point
        writer = new_writer()
        writer.commit([writer.stage(frame({"id": [], "candy": []}))])
        parts = writer.stage_all()
        run, _ = writer.commit_by_program(
            parts, lambda through: Fault(message.channel, phase, actions.kill(through.victim), ordinal=message.ordinal))
        assert run.code == -9, str(run)
        assert writer.rows() in ([], WRITTEN), "a reader saw some of it"
        was_committed = writer.rows() == WRITTEN
        again = writer.commit(parts)
        assert bool(again.known_as) == was_committed
        assert writer.rows() == WRITTEN
        assert writer.loads() == 2
        assert not {o.key for part in parts for o in part.objects} & set(writer.table.staged())

    at_each(points, check)


def test_a_commit_in_doubt_is_settled_by_the_ledger(new_writer):
    clean = new_writer()
    clean.commit([clean.stage(frame({"id": [], "candy": []}))])
    _, seen = clean.commit_by_program(clean.stage_all())
    copy = next(m.ordinal for m in seen if m.channel is Channel.SQL and m.text.startswith("COPY"))
    commit = next(m for m in seen if m.channel is Channel.SQL and m.ordinal > copy and m.text.startswith("COMMIT"))
    for phase in (Phase.BEFORE, Phase.IN_FLIGHT, Phase.AFTER):
        writer = new_writer()
        writer.commit([writer.stage(frame({"id": [], "candy": []}))])
        run, _ = writer.commit_by_program(
            writer.stage_all(), lambda _: Fault(Channel.SQL, phase, actions.hang_up, ordinal=commit.ordinal))
        assert run.code == 0, str(run)
        assert writer.rows() == WRITTEN and writer.loads() == 2


def test_two_that_commit_the_same_parts_at_once_write_them_once(writer):
    parts = writer.stage_all()
    with ThreadPoolExecutor(2) as drivers:
        outcomes = list(drivers.map(lambda _: writer.commit(parts), range(2)))
    assert sorted(bool(outcome.known_as) for outcome in outcomes) == [False, True]
    assert writer.rows() == WRITTEN and writer.loads() == 1
