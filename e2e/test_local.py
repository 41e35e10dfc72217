"""penstock local: started, asked after, used, crashed, stopped; with the real programs."""

import json
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from harness.processes import folder_for_servers, free_port, is_gone, wait_until

PENSTOCK = os.environ["PENSTOCK_BIN"] + "/penstock"


class Local:
    """The local Redshift of one data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def command(self, *arguments: str) -> list[str]:
        return [PENSTOCK, "local", arguments[0], "--data", str(self.data), *arguments[1:]]

    def run(self, *arguments: str, env: dict[str, str] | None = None, **how) -> subprocess.CompletedProcess:
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, **(env or {})}, **how)

    def up(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess:
        run = self.run("up", "--detach", *arguments, env=env)
        assert run.returncode == 0, run.stderr
        return run

    def status(self) -> dict:
        return json.loads(self.run("status", "--json").stdout)

    def pids(self) -> dict[str, int]:
        return {p["name"]: p["pid"] for p in self.status()["processes"] if p["running"]}

    def environment(self) -> dict[str, str]:
        """What a shell has after eval "$(penstock local env)"."""
        lines = self.run("env").stdout
        shell = subprocess.run(["sh", "-c", lines + "\nenv -0"], capture_output=True, text=True, check=True)
        return dict(line.split("=", 1) for line in shell.stdout.split("\0") if line)

    def ask(self, statement: str):
        env = self.environment()
        with psycopg.connect(host=env["REDSHIFT_HOST"], port=env["REDSHIFT_PORT"], dbname=env["REDSHIFT_DB"],
                             user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"],
                             autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else None


@pytest.fixture
def local() -> Iterator[Local]:
    with folder_for_servers() as folder:
        it = Local(folder / "data")
        try:
            yield it
        finally:
            it.run("down")


def test_starts_answers_and_stops_and_keeps_its_data(local: Local) -> None:
    assert local.status()["running"] is False
    assert local.run("env").returncode == 1
    local.up()
    assert local.status()["running"] is True
    local.ask("CREATE TABLE kept (a int)")
    local.ask("INSERT INTO kept VALUES (7)")
    before, pids = local.environment(), local.pids()

    down = local.run("down")
    assert down.returncode == 0, down.stderr
    assert all(is_gone(pid) for pid in pids.values())
    again = local.run("down")
    assert (again.returncode, "Nothing ran" in again.stdout) == (0, True)

    local.up()
    assert local.ask("SELECT a FROM kept") == [(7,)]
    after = local.environment()
    for name in ("REDSHIFT_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        assert after[name] == before[name]


def test_clients_may_trust_its_certificate_which_is_made_once(local: Local) -> None:
    local.up()
    env = local.environment()
    root = Path(env["PGSSLROOTCERT"])
    before = root.read_bytes()
    for host in ("localhost", "127.0.0.1"):
        with psycopg.connect(host=host, port=env["REDSHIFT_PORT"], dbname=env["REDSHIFT_DB"],
                             user=env["REDSHIFT_USER"], password=env["REDSHIFT_PASSWORD"], sslmode="verify-full",
                             sslrootcert=str(root)) as connection:
            assert connection.pgconn.ssl_in_use
    penstock = [PENSTOCK, "history", "--json"]
    run = subprocess.run(penstock, capture_output=True, text=True, check=False, env={**env, "PGSSLMODE": "verify-full"})
    assert run.returncode == 0, run.stderr
    assert (local.data / "server.key").stat().st_mode & 0o777 == 0o600
    local.run("down")
    local.up()
    assert root.read_bytes() == before
    with folder_for_servers() as folder:
        other = Local(folder / "data")
        other.up()
        strange = {**env, "PGSSLMODE": "verify-full", "PGSSLROOTCERT": other.environment()["PGSSLROOTCERT"]}
        run = subprocess.run(penstock, capture_output=True, text=True, check=False, env=strange)
        other.run("down")
    assert (run.returncode, "certificate verify failed" in run.stderr) == (1, True), run.stderr


def test_up_while_it_runs_says_so_and_changes_nothing(local: Local) -> None:
    local.up()
    pids = local.pids()
    again = local.run("up", "--detach")
    assert (again.returncode, "It ran already" in again.stdout) == (0, True)
    assert local.pids() == pids
    other = local.run("up", "--detach", "--port", str(free_port()))
    assert (other.returncode, "stop it first" in other.stderr) == (1, True)


def test_two_ups_at_once_start_one(local: Local) -> None:
    runs: list[subprocess.CompletedProcess] = []
    threads = [threading.Thread(target=lambda: runs.append(local.run("up", "--detach"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.returncode for run in runs] == [0, 0, 0], [run.stderr for run in runs]
    assert sum("It ran already" in run.stdout for run in runs) == 2
    assert local.ask("SELECT 1") == [(1,)]


@pytest.mark.parametrize("victim", ["postgres", "endpoint"])
def test_up_recovers_what_was_killed(local: Local, victim: str) -> None:
    local.up()
    local.ask("CREATE TABLE kept (a int)")
    pids = local.pids()
    os.kill(pids[victim], signal.SIGKILL)
    wait_until(lambda: is_gone(pids[victim]), f"the end of {victim}")
    assert local.status()["running"] is False
    local.up()
    assert local.ask("SELECT count(*) FROM kept") == [(0,)]
    assert all(is_gone(pid) for pid in pids.values())


def test_in_the_foreground_it_stops_on_ctrl_c_and_when_it_is_stopped(local: Local) -> None:
    for stop in ("signal", "down"):
        with subprocess.Popen(local.command("up"), stdout=subprocess.PIPE, text=True) as up:
            for line in up.stdout:
                if line.startswith("It runs until"):
                    break
            pids = local.pids()
            assert set(pids) == {"postgres", "endpoint"}
            up.send_signal(signal.SIGINT) if stop == "signal" else local.run("down")
            assert up.wait(60) == 0
        assert all(is_gone(pid) for pid in pids.values())


def test_in_the_foreground_it_says_which_process_ended_and_stops_the_rest(local: Local) -> None:
    with subprocess.Popen(local.command("up"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        for line in up.stdout:
            if line.startswith("It runs until"):
                break
        pids = local.pids()
        os.kill(pids["endpoint"], signal.SIGKILL)
        _, errors = up.communicate(timeout=60)
        assert up.returncode == 1
        assert "endpoint ended by itself" in errors
    assert all(is_gone(pid) for pid in pids.values())


def test_port_is_the_one_asked_for_and_a_taken_one_is_refused(local: Local) -> None:
    port = free_port()
    local.up("--port", str(port))
    assert local.environment()["REDSHIFT_PORT"] == str(port)
    with folder_for_servers() as folder:
        other = Local(folder / "data")
        refused = other.run("up", "--detach", "--port", str(port))
        assert (refused.returncode, f"port {port} is taken" in refused.stderr) == (1, True)
        assert other.status()["running"] is False


def test_versitygw_serves_s3_with_the_keys_that_env_prints(local: Local) -> None:
    local.up("--s3", "versitygw", env={"PENSTOCK_VERSITYGW": os.environ["VERSITYGW"]})
    assert set(local.pids()) == {"postgres", "versitygw", "endpoint"}
    env = local.environment()
    import boto3

    s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL_S3"], region_name=env["AWS_REGION"],
                      aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                      aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=b"bytes")
    assert "PENSTOCK_S3_FOLDER" not in env
    local.run("down")
    local.up(env={"PENSTOCK_VERSITYGW": os.environ["VERSITYGW"]})
    assert "AWS_ENDPOINT_URL_S3" in local.environment(), "the S3 of the last time"


def test_a_folder_whose_path_is_long_or_odd_is_as_good_as_any(local: Local) -> None:
    local.data = local.data / ("long" * 30) / "it's a \"folder\""
    local.up()
    assert local.ask("SELECT 1") == [(1,)]
    assert local.environment()["PENSTOCK_S3_FOLDER"] == str(local.data / "s3")


@pytest.mark.parametrize("s3", ["folder", "versitygw"])
def test_env_names_a_bucket_that_upsert_stages_in(local: Local, tmp_path: Path, s3: str) -> None:
    local.up("--s3", s3, env={"PENSTOCK_VERSITYGW": os.environ["VERSITYGW"]})
    assert local.environment()["PENSTOCK_S3_BASE_PATH"] == "s3://penstock/"
    local.run("sql", "CREATE TABLE candies (id int, candy varchar(100))")
    (tmp_path / "candies.csv").write_text("id,candy\n1,Mars\n")
    run = subprocess.run([PENSTOCK, "upsert", tmp_path / "candies.csv", "--into", "public.candies", "--key", "id"],
                         env={**os.environ, **local.environment()}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert local.ask("SELECT * FROM candies") == [(1, "Mars")]


def test_sql_runs_a_statement_or_stdin(local: Local) -> None:
    local.up()
    assert "42" in local.run("sql", "SELECT 40 + 2").stdout
    assert "43" in local.run("sql", input="SELECT 40 + 3;\n").stdout
    bad = local.run("sql", "SELEC")
    assert (bad.returncode, "syntax error" in bad.stderr) == (1, True)


def test_no_secret_is_in_an_argument_or_a_log_and_its_files_are_private(local: Local) -> None:
    local.up("--s3", "versitygw", env={"PENSTOCK_VERSITYGW": os.environ["VERSITYGW"]})
    env = local.environment()
    secrets = [env["REDSHIFT_PASSWORD"], env["AWS_SECRET_ACCESS_KEY"]]
    local.run("sql", "SELECT 1")
    shown = "\n".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in local.pids().values())
    shown += "\n".join(log.read_text() for log in (local.data / "log").iterdir())
    shown += local.run("status").stdout + local.run("up", "--detach", "--verbose").stderr
    assert not [secret for secret in secrets if secret in shown]
    for name in ("state.json", "endpoint.json"):
        assert (local.data / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("arguments", "environment", "said"), [
    (["up", "--port", "99999", "--s3", "ftp://x"], {}, ["--port 99999", "--s3 ftp://x"]),
    (["up", "--prot", "5439"], {}, ["no such option: '--prot'"]),
    (["up", "--s3", "http://127.0.0.1:1", "--detach"], {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
     ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
])
def test_wrong_usage_names_all_that_is_wrong(local: Local, arguments, environment, said) -> None:
    run = local.run(*arguments, env=environment)
    assert run.returncode == 2
    assert not [words for words in said if words not in run.stderr], run.stderr


def test_missing_programs_are_named_with_the_cure(local: Local) -> None:
    for variable, words in (("PENSTOCK_PG_BIN", "PostgreSQL 15"), ("PENSTOCK_VERSITYGW", "PENSTOCK_VERSITYGW")):
        run = local.run("up", "--detach", "--s3", "versitygw", env={variable: "/nonexistent"})
        assert (run.returncode, words in run.stderr) == (1, True), run.stderr
        assert local.status()["running"] is False


def test_a_folder_of_other_files_is_left_alone(local: Local) -> None:
    local.data.mkdir()
    (local.data / "thesis.tex").touch()
    before = local.data.stat().st_mode
    run = local.run("up", "--detach")
    assert (run.returncode, "thesis.tex" in run.stderr) == (1, True), run.stderr
    assert local.data.stat().st_mode == before
    assert [entry.name for entry in local.data.iterdir()] == ["thesis.tex"]


def test_the_default_folder_is_the_users(local: Local) -> None:
    run = subprocess.run([PENSTOCK, "local", "status", "--json"], capture_output=True, text=True, check=True,
                         env={"HOME": "/home/someone"})
    assert json.loads(run.stdout)["data"] == "/home/someone/.local/share/penstock/local"
    run = subprocess.run([PENSTOCK, "local", "status"], capture_output=True, text=True, check=False, env={})
    assert (run.returncode, "HOME" in run.stderr) == (2, True)


def test_env_lines_are_what_a_shell_reads(local: Local) -> None:
    local.up()
    for line in local.run("env").stdout.splitlines():
        words = shlex.split(line)
        assert words[0] in ("export", "unset") and len(words) == 2
