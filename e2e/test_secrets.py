"""No secret in logs, plans, JSON, errors, or where `ps` looks. (harness/program.py searches every run's outputs.)"""

import socket
import subprocess
import threading
from pathlib import Path

import pytest
from harness.place import events, json_lines

CANARY_TOKEN = "CanaryTokenCanaryTokenCanaryToken0123456789"


@pytest.fixture
def watched(place):
    """A place whose runs are searched for a session token, too."""
    place.program.secrets.append(CANARY_TOKEN)
    yield place
    place.program.secrets.remove(CANARY_TOKEN)


def test_the_search_finds_what_it_searches_for(place):
    place.program.secrets.append("--json")
    try:
        with pytest.raises(AssertionError, match="a secret shows"):
            place.program.run("load", "--json", "--no-such-option-as--json")
    finally:
        place.program.secrets.remove("--json")


@pytest.mark.parametrize("arguments", [
    ["--verbose"], ["--dry-run"], ["--dry-run", "--verbose"], ["--force", "--verbose"]], ids=" ".join)
def test_nothing_shows_in_a_load(watched, arguments):
    watched.put_events("2024-01-01")
    run = watched.load(*arguments, env={"PENSTOCK_LOG": "debug"})
    assert run.err, "it did log"


def test_nothing_shows_in_the_error_of_a_statement_that_holds_it(watched):
    watched.put("2024-01-01", b"{broken\n")
    run = watched.load("--verbose", code=1)
    assert "COPY" in run.said


def test_nothing_shows_when_the_credentials_are_wrong(watched):
    watched.put_events("2024-01-01")
    watched.program.secrets.append("w" * 40)
    run = watched.load("--verbose", env={"AWS_SECRET_ACCESS_KEY": "w" * 40}, code=1)
    watched.program.secrets.remove("w" * 40)
    assert "SignatureDoesNotMatch" in run.said or "denied" in run.said.lower() or "403" in run.said


def test_nothing_shows_with_a_session_token(watched):
    watched.put_events("2024-01-01")
    watched.load("--verbose", env={"AWS_SESSION_TOKEN": CANARY_TOKEN}, code=None)


def test_nothing_shows_when_the_password_is_wrong(watched):
    watched.put_events("2024-01-01")
    watched.program.secrets.append("hunter2hunter2")
    watched.load("--verbose", env={"REDSHIFT_PASSWORD": "hunter2hunter2"}, code=1)
    watched.program.secrets.remove("hunter2hunter2")


def test_nothing_shows_in_a_failing_test_of_the_environment(watched):
    """A credential in the wrong variable is still a credential."""
    watched.load("--verbose", env={"REDSHIFT_PORT": CANARY_TOKEN}, code=2)


def test_nothing_shows_in_the_system_tables(place, local_redshift):
    place.put_events("2024-01-01")
    place.load()
    for table, column in (("stl_query", "querytxt"), ("stl_utilitytext", "text"), ("stl_ddltext", "text")):
        for (text,) in place.query(f"SELECT {column} FROM {table}"):
            assert not any(secret in (text or "") for secret in local_redshift.secrets), (table, text)


def test_nothing_shows_to_ps(place, local_redshift):
    """Every command line and, of penstock's own, nothing else: sampled all through a load."""
    place.put("2024-01-01", json_lines(events("2024-01-01", count=50_000)))
    seen: set[bytes] = set()
    done = threading.Event()

    def sample() -> None:
        while not done.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    seen.add((process / "cmdline").read_bytes())
                except OSError:
                    pass

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        place.load()
    finally:
        done.set()
        sampler.join()
    assert any(b"load\0--schema" in line for line in seen)
    for line in seen:
        assert not any(secret.encode() in line for secret in local_redshift.secrets), line


def test_a_password_that_was_typed_in_a_uri_does_not_show_to_ps(place):
    """Looked at when the program has asked for a connection, by the server that it asks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        uri = f"redshift://somebody:hunter2hunter2@127.0.0.1:{server.getsockname()[1]}/dev::t"
        running = place.program.start("move", uri, "-")
        connection, _ = server.accept()
        with connection:
            shown = Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
        server.close()
        assert running.wait().code == 1
    assert b"redshift://somebody:" in shown and b"hunter2" not in shown, shown


def test_nothing_shows_in_the_servers_logs(place, local_redshift):
    place.put_events("2024-01-01")
    place.load("--verbose")
    for secret in local_redshift.secrets:
        found = subprocess.run(["grep", "-rlF", "--include=*.log", "-e", secret, str(local_redshift.data.parent)],
                               capture_output=True, text=True)
        assert found.stdout == ""
