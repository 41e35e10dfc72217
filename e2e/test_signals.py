"""SIGINT and SIGTERM in the middle of a load: cancelled, rolled back, said, and 128 + n."""

import fcntl
import os
import signal
import struct
import subprocess
import termios

import pytest
from harness import actions
from harness.fault_plan import Channel, Fault, Phase
from harness.processes import tied, wait_until
from harness.through import Through


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("where", [
    (Channel.SQL, "^COPY"), (Channel.SQL, "^LOCK"), (Channel.S3, "^PUT"), (Channel.S3, "list-type=2"),
], ids=lambda where: where[1].strip("^"))
def test_a_signal_ends_a_load_and_nothing_has_changed(place, local_redshift, number, where):
    place.put_events("2024-01-01")
    place.load()
    place.put_events("2024-01-02", first=4)
    before = place.state()
    channel, match = where
    with Through(local_redshift) as through:

        async def signal_then_wait(exchange) -> None:
            await through.victim.signal(number)
            await actions.stall(1)(exchange)

        through.plan.faults.append(Fault(channel, Phase.BEFORE, signal_then_wait, match=match))
        run = through.run(place.program, *place.arguments())
    assert through.plan.struck, "the run never came there"
    assert run.code == 128 + number, str(run)
    assert place.state() == before
    place.load()
    assert place.ids() == [1, 2, 3, 4, 5, 6]


def test_a_long_statement_is_cancelled_on_the_server(place, local_redshift):
    """The lock is held by another: the load waits for it inside a statement, and leaves it at once."""
    place.put_events("2024-01-01")
    place.load()
    place.put_events("2024-01-02", first=4)
    with Through(local_redshift) as through:
        with place.connection.transaction():
            for name in place.lock_tables():
                place.connection.execute(f"LOCK penstock.{name}")
            running = through.start(place.program, *place.arguments())
            through.wait_for_message("^LOCK")
            running.process.send_signal(signal.SIGINT)
            run = running.wait(timeout=20)
    assert run.code == 130, str(run)
    assert place.ids() == [1, 2, 3]


@pytest.mark.parametrize("how", [("--key", "id"), ("--append", "--create")], ids=["staged", "kept"])
def test_a_wait_for_stdin_is_left_at_once(table, how):
    """A terminal at which nobody types any more: the read never returns by itself."""
    if "--create" not in how:
        table.create("id int, candy varchar(10)")
    before = table.place.tables()
    end, ours = os.pipe()
    process = subprocess.Popen(tied([str(table.place.program.path), *table.arguments("-", *how)]), stdin=end,
                               env={**table.place.program.environment, **table.environment},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(end)
    with os.fdopen(ours, "w") as typed:
        typed.write("id,candy\n1,Mars\n")
        typed.flush()
        wait_until(lambda: is_read(typed), "stdin read")
        process.send_signal(signal.SIGINT)
        _out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "nothing was changed" in err
    assert table.place.tables() == before and table.staged() == []


def is_read(pipe) -> bool:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0] == 0
