"""A PostgreSQL and a versitygw with nothing of ours: what the tests of the proxies talk to."""

import signal
import subprocess
from pathlib import Path

from .processes import Server, accepts_connections, free_port, give_to, tied, unprivileged_user

POSTGRES = Path("/usr/lib/postgresql/15/bin")


class PlainPostgres:
    """User `awsuser`, any password (trust), database `postgres`, on a free port of loopback."""

    def __init__(self, folder: Path) -> None:
        user = unprivileged_user()
        folder.mkdir(parents=True)
        give_to(folder, user)
        data = folder / "data"
        subprocess.run(tied([str(POSTGRES / "initdb"), "-D", str(data), "-U", "awsuser", "-A", "trust", "--no-sync",
                             "--locale=C.UTF-8"], user=user), check=True, capture_output=True)
        self.port = free_port()
        self._server = Server("postgres", [
            str(POSTGRES / "postgres"), "-D", str(data), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
            "-c", "unix_socket_directories=", "-c", "fsync=off"], folder.parent / "postgres.log", user=user,
            stop_signal=signal.SIGINT)
        self._server.wait_for(self._is_ready)  # it listens before it lets anybody in

    def _is_ready(self) -> bool:
        asked = subprocess.run([str(POSTGRES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)])
        return asked.returncode == 0

    def stop(self) -> None:
        self._server.stop()


class PlainVersitygw:
    """One root account, the buckets as folders below `folder`."""

    access_key_id = "AKIAPLAINPLAINPLAIN0"
    secret_access_key = "plain" * 8

    def __init__(self, binary: str, folder: Path, *options: str) -> None:
        """options: of its posix backend."""
        buckets = folder / "buckets"
        buckets.mkdir(parents=True)
        self.port = free_port()
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self._server = Server("versitygw", [
            binary, "--port", f"127.0.0.1:{self.port}", "--access", self.access_key_id, "--secret",
            self.secret_access_key, "--quiet", "--keep-alive", "posix", *options, str(buckets)], folder / "versitygw.log")
        self._server.wait_for(lambda: accepts_connections(self.port))

    def stop(self) -> None:
        self._server.stop()
