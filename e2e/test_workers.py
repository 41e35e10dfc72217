"""Several workers at the same moment on the same table."""

import threading

import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Phase
from harness.place import Place, events, json_lines
from harness.through import Through


def race(place: Place, *arguments: list[str]) -> list:
    running = [place.program.start(*place.arguments(*a)) for a in arguments]
    return [r.wait() for r in running]


def rounds_of_two_workers(place: Place, rounds: int) -> None:
    """Both start at once on the same new day; which one wins is theirs."""
    for day in range(1, rounds + 1):
        place.put_events(f"2024-01-{day:02}", first=10 * day)
        runs = race(place, [], [])
        assert [r.code for r in runs] == [0, 0], "\n".join(map(str, runs))
        assert sorted(r.records[0]["status"] for r in runs) == ["loaded", "skipped"]
        expected = [10 * d + i for d in range(1, day + 1) for i in range(3)]
        assert place.ids() == expected, "loaded once"
        assert len(place.loads()) == len(place.ledger()) == day


def test_two_workers_on_the_same_table_and_day_load_it_once(place):
    rounds_of_two_workers(place, rounds=6)


def test_a_worker_that_comes_while_another_commits_waits_and_then_sees_its_load(place, local_redshift):
    """The first is held just before its COMMIT, until the second waits for it, or does what it should not."""
    place.put_events("2024-01-01")
    place.load()
    place.put_events("2024-01-02", first=4)
    may_commit = threading.Event()
    with Through(local_redshift) as one, Through(local_redshift) as two:
        one.plan.faults.append(Fault(Channel.SQL, Phase.BEFORE, actions.meanwhile(may_commit.wait), match="^COMMIT"))
        first = one.start(place.program, *place.arguments())
        try:
            one.wait_for_message("^COMMIT")
            second = two.start(place.program, *place.arguments())
            two.wait_for_message("^(LOCK|COPY)")
        finally:
            may_commit.set()
        runs = [first.wait(), second.wait()]
    assert [r.code for r in runs] == [0, 0], "\n".join(map(str, runs))
    assert place.ids() == [1, 2, 3, 4, 5, 6], "loaded once"
    assert [r.records[0]["status"] for r in runs] == ["loaded", "skipped"]


def test_four_workers_catch_up_together_and_load_each_day_once(place):
    for day in range(1, 7):
        place.put_events(f"2024-01-{day:02}", first=10 * day)
    runs = race(place, *[["--catch-up"]] * 4)
    assert [r.code for r in runs] == [0] * 4, "\n".join(map(str, runs))
    assert place.ids() == [10 * d + i for d in range(1, 7) for i in range(3)]
    assert len(place.loads()) == 6


def test_workers_that_replace_the_same_day_leave_one_versions_rows(place):
    place.put_events("2024-01-01")
    place.load()
    for _ in range(3):
        runs = race(place, ["--force"], ["--force"])
        assert [r.code for r in runs] == [0, 0], "\n".join(map(str, runs))
        assert place.ids() == [1, 2, 3]
        assert len(place.ledger()) == 1


def test_two_tables_in_two_orders_do_not_block_each_other(place):
    for table in ("a", "b"):
        place.put("2024-01-01", json_lines(events("2024-01-01")), table=table)
    running = [place.program.start(*place.arguments(tables=tables)) for tables in ("a,b", "b,a")]
    runs = [r.wait() for r in running]
    assert [r.code for r in runs] == [0, 0], "\n".join(map(str, runs))
    assert place.ids("a") == place.ids("b") == [1, 2, 3]


def test_a_target_that_stays_busy_is_exit_5_and_names_the_holder(place, connect):
    place.put_events("2024-01-01")
    place.load()
    place.put_events("2024-01-02", first=4)
    with connect(application_name="a-slow-worker") as holder, holder.transaction():
        pid = holder.execute("SELECT pg_backend_pid()").fetchone()[0]
        for name in place.lock_tables():
            holder.execute(f"LOCK penstock.{name}")
        run = place.load("--lock-timeout", "1", code=5)
        assert str(pid) in run.said
    assert place.ids() == [1, 2, 3]


@pytest.mark.parametrize("arguments", [[], ["--force"]])
def test_a_reader_sees_all_of_a_load_or_nothing_of_it(place, connect, arguments):
    place.put("2024-01-01", json_lines(events("2024-01-01", count=2000)))
    place.load()
    day = "2024-01-01" if arguments else "2024-01-02"
    place.put(day, json_lines(events(day, first=5000, count=3000)))
    running = place.program.start(*place.arguments(*arguments))
    counts = set()
    while running.process.poll() is None:
        counts.add(place.query(f"SELECT count(*) FROM {place.schema}.events")[0][0])
    assert running.wait().code == 0
    assert counts <= {2000, 3000 if arguments else 5000}
