"""Child processes that never outlive the tests, and ports that nobody else has."""

import os
import pwd
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def tied(command: list[str], *, user: str | None = None, at_death: str = "KILL") -> list[str]:
    """The command, ended by a signal when the thread that starts it is gone, whatever took it."""
    prefix = ["setpriv", "--pdeathsig", at_death]
    if user:
        prefix += ["--reuid", user, "--regid", user, "--init-groups"]
    return [*prefix, "--", *command]


def unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made."""
    return "postgres" if os.getuid() == 0 else None


def give_to(path: Path, user: str | None) -> None:
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


@contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A folder that is gone afterwards. Not pytest's: those are closed to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="penstock-e2e-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def accepts_connections(port: int) -> bool:
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def is_gone(pid: int) -> bool:
    """No such process any more, or only its exit code is left to be read."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


class Server:
    """A server process with a log file; stop() asks, then kills."""

    def __init__(self, name: str, command: list[str], log: Path, *, user: str | None = None,
                 env: dict[str, str] | None = None, stop_signal: int = signal.SIGTERM) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                tied(command, user=user, at_death=signal.Signals(stop_signal).name.removeprefix("SIG")),
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env,
                start_new_session=True)  # a signal to our group would be a second one beside ours, and end it untidily

    def wait_for(self, ready: Callable[[], bool], seconds: float = 30) -> None:
        def ready_or_dead() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.tail()}")
            return ready()

        try:
            wait_until(ready_or_dead, self.name, seconds)
        except TimeoutError as e:
            raise RuntimeError(f"{e}:\n{self.tail()}") from None

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-40:])

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(self._stop_signal)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
