"""Statements and requests that fail, and commits whose outcome is unknown: what a run says is what holds."""

import pytest
from harness import actions
from harness.at_each import at_each
from harness.fault_plan import Channel, Fault, Phase
from harness.flows import FLOWS
from harness.place import Place, events, json_lines
from harness.through import Through


def second_day(place: Place) -> None:
    place.put_events("2024-01-01")
    place.load()
    place.put_events("2024-01-02", first=4)


ONCE = [1, 2, 3, 4, 5, 6]


def hurt(place: Place, server, *faults: Fault, arguments: tuple[str, ...] = ()):
    with Through(server) as through:
        through.plan.faults.extend(faults)
        run = through.run(place.program, *place.arguments(*arguments))
    assert through.plan.struck, "the fault never struck"
    return run


def data_commits(seen) -> list[int]:
    """The ordinals of the COMMITs behind a COPY: of the transaction that loads."""
    statements = [m for m in seen if m.channel is Channel.SQL]
    copies = [m.ordinal for m in statements if m.text.startswith("COPY")]
    return [m.ordinal for m in statements if m.text.startswith("COMMIT") and m.ordinal > copies[0]][:1]


def load_commit(place: Place, server) -> int:
    """Where the commit of a load stands, from a clean run of the same kind."""
    second_day(place)
    with Through(server) as through:
        assert through.run(place.program, *place.arguments()).code == 0
    return data_commits(through.plan.seen)[0]


@pytest.mark.parametrize("phase, action", [
    (Phase.BEFORE, actions.hang_up), (Phase.AFTER, actions.hang_up), (Phase.IN_FLIGHT, actions.hang_up),
    (Phase.BEFORE, actions.reset), (Phase.AFTER, actions.reset),
], ids=["lost", "answer-lost", "in-flight", "lost-by-reset", "answer-lost-by-reset"])
def test_a_commit_in_doubt_is_settled_by_the_ledger(new_place, local_redshift, phase, action):
    ordinal = load_commit(new_place(), local_redshift)
    place = new_place()
    second_day(place)
    run = hurt(place, local_redshift, Fault(Channel.SQL, phase, action, ordinal=ordinal))
    assert run.code == 0, str(run)
    assert run.records[0]["status"] == "loaded"
    assert place.ids() == ONCE
    assert len(place.loads()) == 2
    assert place.load().records[0]["status"] == "skipped"
    assert place.ids() == ONCE


@pytest.fixture
def slow_commit(superuser):
    """Makes COMMIT take a second on the server, by a deferred trigger of a table."""

    def make(place: Place) -> None:
        superuser.execute("CREATE SCHEMA IF NOT EXISTS e2e")
        superuser.execute("CREATE OR REPLACE FUNCTION e2e.slow() RETURNS trigger LANGUAGE plpgsql AS"
                          " 'BEGIN PERFORM pg_sleep(1); RETURN NULL; END'")
        superuser.execute(f"CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON {place.schema}.events DEFERRABLE INITIALLY"
                          f" DEFERRED FOR EACH ROW WHEN (NEW.id = 4) EXECUTE FUNCTION e2e.slow()")

    return make


def test_a_commit_still_running_is_waited_for_before_the_ledger_is_asked(new_place, local_redshift, slow_commit):
    ordinal = load_commit(new_place(), local_redshift)
    place = new_place()
    second_day(place)
    slow_commit(place)
    run = hurt(place, local_redshift, Fault(Channel.SQL, Phase.IN_FLIGHT, actions.hang_up, ordinal=ordinal))
    assert run.code == 0, str(run)
    assert place.ids() == ONCE
    assert len(place.loads()) == 2


def test_killed_in_a_slow_commit_and_run_again_at_once(new_place, local_redshift, slow_commit):
    ordinal = load_commit(new_place(), local_redshift)
    place = new_place()
    second_day(place)
    slow_commit(place)
    with Through(local_redshift) as through:
        through.plan.faults.append(Fault(Channel.SQL, Phase.IN_FLIGHT, actions.kill(through.victim), ordinal=ordinal))
        assert through.run(place.program, *place.arguments()).code == -9
    place.load()
    assert place.ids() == ONCE
    assert len(place.loads()) == 2


def test_a_commit_that_answers_rollback_is_not_called_a_load(new_place, local_redshift):
    ordinal = load_commit(new_place(), local_redshift)
    place = new_place()
    second_day(place)
    run = hurt(place, local_redshift, Fault(Channel.SQL, Phase.BEFORE, actions.abort_transaction, ordinal=ordinal))
    truth_matches(place, run)
    place.load()
    assert place.ids() == ONCE


def test_an_outcome_that_stays_unknown_is_exit_3_and_names_the_command_that_settles_it(new_place, local_redshift):
    ordinal = load_commit(new_place(), local_redshift)
    place = new_place()
    second_day(place)
    with Through(local_redshift) as through:

        async def cut_off_for_good(exchange) -> None:
            through.plan.faults.append(
                Fault(Channel.SQL, Phase.BEFORE, actions.hang_up, match="^STARTUP$", times=10**9))
            await actions.hang_up(exchange)

        through.plan.faults.append(Fault(Channel.SQL, Phase.AFTER, cut_off_for_good, ordinal=ordinal))
        run = through.run(place.program, *place.arguments("--lock-timeout", "2"))
    assert run.code == 3, str(run)
    assert "penstock load" in run.said
    place.load()
    assert place.ids() == ONCE


def truth_matches(place: Place, run) -> None:
    ids = place.ids()
    said = run.records[0]["status"] if run.records else "failed"
    if run.code == 0:
        assert said == "loaded", str(run)
        assert ids == ONCE
        assert len(place.loads()) == 2
    else:
        assert run.code == 1, str(run)
        assert said == "failed"
        assert ids == [1, 2, 3]
        assert len(place.loads()) == 1


RETRYABLE = [
    ("XX000", "1023", "Serializable isolation violation on table - 1234, transactions forming the cycle are: 1, 2"),
    ("XX000", "could not complete because of conflict with concurrent transaction", ""),
    ("40P01", "deadlock detected", ""),
]


def statements_to_hurt(new_place, server) -> list[int]:
    place = new_place()
    second_day(place)
    with Through(server) as through:
        through.run(place.program, *place.arguments())
    return [m.ordinal for m in through.seen(Channel.SQL) if m.text not in ("STARTUP", "PASSWORD", "TERMINATE")]


@pytest.mark.parametrize("error", RETRYABLE, ids=lambda e: e[1].split(" ")[0])
def test_a_serialization_failure_at_any_statement_runs_the_transaction_again(new_place, local_redshift, error):
    def check(place: Place, ordinal: int) -> None:
        second_day(place)
        run = hurt(place, local_redshift, Fault(Channel.SQL, Phase.BEFORE, actions.sql_error(*error), ordinal=ordinal))
        assert run.code == 0, str(run)
        truth_matches(place, run)

    at_each(statements_to_hurt(new_place, local_redshift), lambda ordinal: check(new_place(), ordinal))


@pytest.mark.parametrize("fault", [
    (Phase.BEFORE, actions.sql_error("XX000", "Internal error", "the disk is upset")),
    (Phase.BEFORE, actions.sql_error("57P01", "terminating connection due to administrator command")),
    (Phase.BEFORE, actions.hang_up), (Phase.AFTER, actions.hang_up),
], ids=["internal-error", "57P01", "lost", "answer-lost"])
def test_whatever_fails_at_any_statement_what_is_said_holds(new_place, local_redshift, fault):
    phase, action = fault

    def check(place: Place, ordinal: int) -> None:
        second_day(place)
        run = hurt(place, local_redshift, Fault(Channel.SQL, phase, action, ordinal=ordinal))
        truth_matches(place, run)
        place.load()
        assert place.ids() == ONCE
        assert len(place.loads()) == 2

    at_each(statements_to_hurt(new_place, local_redshift), lambda ordinal: check(new_place(), ordinal))


def requests_of_a_load(new_place, server) -> list[int]:
    place = new_place()
    second_day(place)
    with Through(server) as through:
        through.run(place.program, *place.arguments())
    return [m.ordinal for m in through.seen(Channel.S3)]


@pytest.mark.parametrize("phase, action", [
    (Phase.BEFORE, actions.s3_status(503, "SlowDown")), (Phase.BEFORE, actions.s3_status(500, "InternalError")),
    (Phase.AFTER, actions.s3_status(500, "InternalError")), (Phase.BEFORE, actions.reset),
    (Phase.AFTER, actions.hang_up), (Phase.MID_BODY, actions.reset),
], ids=["503", "500", "500-though-done", "reset", "answer-lost", "cut"])
def test_a_request_that_fails_once_is_tried_again(new_place, local_redshift, phase, action):
    def check(place: Place, ordinal: int) -> None:
        second_day(place)
        run = hurt(place, local_redshift, Fault(Channel.S3, phase, action, ordinal=ordinal))
        assert run.code == 0, str(run)
        truth_matches(place, run)

    at_each(requests_of_a_load(new_place, local_redshift), lambda ordinal: check(new_place(), ordinal))


def test_a_request_that_is_refused_fails_the_load_and_nothing_has_changed(new_place, local_redshift):
    def check(place: Place, ordinal: int) -> None:
        second_day(place)
        run = hurt(place, local_redshift, Fault(Channel.S3, Phase.BEFORE, actions.s3_status(403, "AccessDenied"),
                                                ordinal=ordinal))
        truth_matches(place, run)
        place.load()
        assert place.ids() == ONCE

    at_each(requests_of_a_load(new_place, local_redshift), lambda ordinal: check(new_place(), ordinal))


@pytest.mark.parametrize("channel", list(Channel), ids=lambda c: c.value)
def test_an_object_swapped_at_any_point_is_loaded_as_the_version_that_the_ledger_says(
        new_place, local_redshift, channel):
    """Whatever version the rows are of, the ledger's ETag is that version's: a mixture or a mismatch is a loss."""
    old, new = json_lines(events("2024-01-02", first=4)), json_lines(events("2024-01-02", first=7, count=5))

    def check(place: Place, ordinal: int) -> None:
        place.put_events("2024-01-01")
        place.load()
        key = place.put("2024-01-02", old)
        etag_of = {place.bucket.objects()[key]: [4, 5, 6]}

        def swap() -> None:
            place.bucket.put(key, new)
            etag_of[place.bucket.objects()[key]] = [7, 8, 9, 10, 11]

        run = hurt(place, local_redshift, Fault(channel, Phase.BEFORE, actions.meanwhile(swap), ordinal=ordinal))
        assert run.code in (0, 1, 4), str(run)
        loaded = [i for i in place.ids() if i > 3]
        etags = [row[1].strip('"') for row in place.ledger() if row[0] == key]
        if run.code == 0:
            assert [loaded] == [etag_of[f'"{e}"'] for e in etags], f"{loaded} is not the version of {etags}: {run}"
        else:
            assert loaded == [] and etags == [], str(run)

    ordinals = requests_of_a_load if channel is Channel.S3 else statements_to_hurt
    at_each(ordinals(new_place, local_redshift), lambda ordinal: check(new_place(), ordinal))


@pytest.mark.parametrize("flow", FLOWS, ids=lambda f: f.name.replace(" ", "-"))
def test_the_wire_shows_one_block_that_locks_first_deletes_and_copies_by_manifest_and_names(
        place, local_redshift, flow):
    flow.prepare(place)
    with Through(local_redshift) as through:
        assert through.run(place.program, *place.arguments(*flow.arguments)).code == 0
    said = through.statements()
    (copy,) = [i for i, s in enumerate(said) if s.startswith("COPY")]
    begin = max(i for i, s in enumerate(said[:copy]) if s.startswith("BEGIN"))
    commit = min(i for i, s in enumerate(said) if s.startswith("COMMIT") and i > copy)
    block = said[begin + 1:commit]
    assert block[0].startswith("LOCK "), "a lock behind the first read is no lock"
    assert not any(s.startswith(("TRUNCATE", "VACUUM", "ROLLBACK")) for s in block), "these commit, or end the block"
    assert "loads" in block[-1] and block[-1].startswith("INSERT INTO"), "its presence is the commit"
    assert any("ledger_" in s and s.startswith("INSERT INTO") for s in block)
    assert " MANIFEST" in said[copy] and "(" in said[copy].split(" FROM ")[0]
    assert not any("TRUNCATE" in s for s in said)
