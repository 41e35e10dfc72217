"""kill -9 at every S3 request and every SQL message of a load; run again; all is as if it had run once.

A clean run through the proxies gives the points, so a new request or statement is a new point by itself. To be killed
before a message, and after the one that comes before it, is the same to both servers unless that one has changed
something: those are struck after it, too, when it was done and its answer was still on its way.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Message, Phase
from harness.flows import FLOWS, Flow
from harness.place import Place
from harness.through import Through

# How many messages a clean run has at least, or the proxies have lost sight of it.
LEAST_REQUESTS, LEAST_STATEMENTS = 8, 20
READS_ONLY = ("GET ", "HEAD ", "SELECT ", "SET ", "STARTUP", "PASSWORD", "BEGIN", "LOCK ")
LONG_OR_DECISIVE = ("COPY", "COMMIT", "DELETE")
SLICES = 3


@dataclass(frozen=True)
class Point:
    message: Message
    phase: Phase

    def __str__(self) -> str:
        return f"{self.message}, {self.phase.value}"


def points(seen: list[Message]) -> list[Point]:
    found = []
    for message in seen:
        if message.text == "TERMINATE":  # no answer follows: the process may be over before it is killed
            continue
        found.append(Point(message, Phase.BEFORE))
        if message.text.startswith(LONG_OR_DECISIVE):
            found.append(Point(message, Phase.IN_FLIGHT))
        if not message.text.startswith(READS_ONLY):
            found.append(Point(message, Phase.AFTER))
    return found


@pytest.fixture(scope="session")
def ledger_is_there(new_place) -> None:
    """What all targets share is made by the first load of all; the points are those of a load that finds it."""
    place = new_place()
    place.put_events("2024-01-01")
    place.load()


def clean_run(flow: Flow, place: Place, server) -> tuple[list[Message], dict]:
    flow.prepare(place)
    with Through(server) as through:
        run = through.run(place.program, *place.arguments(*flow.arguments))
    assert run.code == 0, str(run)
    assert len(place.rows()) == flow.rows_after
    return through.plan.seen, place.state()


def crash_and_run_again(flow: Flow, place: Place, server, point: Point, wanted: dict) -> str | None:
    """None, or what is wrong."""
    try:
        return what_is_wrong(flow, place, server, point, wanted)
    except AssertionError as error:
        return str(error)


def what_is_wrong(flow: Flow, place: Place, server, point: Point, wanted: dict) -> str | None:
    flow.prepare(place)
    arguments = place.arguments(*flow.arguments)
    with Through(server) as through:
        through.plan.faults.append(Fault(point.message.channel, point.phase, actions.kill(through.victim),
                                         ordinal=point.message.ordinal))
        run = through.run(place.program, *arguments)
        if run.code != -9:
            return f"not killed: {run}"
        left = len(place.rows()) if "events" in place.tables() else 0
        if left not in (flow.rows_before, flow.rows_after):
            return f"a reader saw {left} rows"
        again = through.run(place.program, *arguments)
    if again.code != 0:
        return f"the next run failed: {again}"
    return difference(place.state(), wanted, flow)


def difference(state: dict, wanted: dict, flow: Flow) -> str | None:
    if flow.loads_again and state["loads"][:len(wanted["loads"])] == wanted["loads"]:
        state["loads"] = wanted["loads"]
    wrong = [f"{part}: {state[part]}\n    wanted: {wanted[part]}" for part in wanted if state[part] != wanted[part]]
    return "\n  ".join(wrong) or None


@pytest.mark.parametrize("slice_", range(SLICES))
@pytest.mark.parametrize("flow", FLOWS, ids=lambda f: f.name.replace(" ", "-"))
def test_killed_at_any_point_a_load_is_as_if_it_had_run_once(new_place, local_redshift, ledger_is_there, flow, slice_):
    seen, wanted = clean_run(flow, new_place(), local_redshift)
    requests = [m for m in seen if m.channel is Channel.S3]
    assert len(requests) >= LEAST_REQUESTS, requests
    assert len(seen) - len(requests) >= LEAST_STATEMENTS, seen
    mine = points(seen)[slice_::SLICES]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(
            lambda point: crash_and_run_again(flow, new_place(), local_redshift, point, wanted), mine))
    wrong = [f"{point}:\n  {result}" for point, result in zip(mine, results) if result]
    assert not wrong, f"{len(wrong)} of {len(mine)} points:\n" + "\n".join(wrong)
