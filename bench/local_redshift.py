"""A local Redshift of a benchmark's own, the PostgreSQL behind it, and what its server needs of memory."""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path


class LocalRedshift:
    """`penstock local up` in a folder of its own; gone at the end."""

    def __init__(self, binaries: Path, folder: Path, s3: str = "folder") -> None:
        self.penstock, self.data = binaries / "penstock", folder / "local"
        self.base = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "PENSTOCK_VERSITYGW") if name in os.environ}
        self.base["HOME"] = str(folder)
        self._local("up", "--s3", s3, "--detach")
        words = shlex.split(self._local("env"), comments=True)
        self.environment = {**self.base, **dict(word.split("=", 1) for word in words if "=" in word)}
        self.backend = json.loads((self.data / "endpoint.json").read_text())["backend"]

    def _local(self, verb: str, *options: str) -> str:
        return subprocess.run([self.penstock, "local", verb, "--data", self.data, *options], env=self.base, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    @property
    def bucket(self) -> Path:
        return Path(self.environment["PENSTOCK_S3_FOLDER"]) / "bench"

    @property
    def keys(self) -> str:
        """The clause of a COPY or an UNLOAD."""
        return (f"ACCESS_KEY_ID '{self.environment['AWS_ACCESS_KEY_ID']}' "
                f"SECRET_ACCESS_KEY '{self.environment['AWS_SECRET_ACCESS_KEY']}'")

    @property
    def conninfo(self) -> str:
        """Of a client of the endpoint."""
        env = self.environment
        return (f"host={env['REDSHIFT_HOST']} port={env['REDSHIFT_PORT']} user={env['REDSHIFT_USER']} dbname=dev "
                f"password='{env['REDSHIFT_PASSWORD']}' sslmode=disable")

    @property
    def direct_conninfo(self) -> str:
        """Of PostgreSQL's own client, past the endpoint, as the role that the endpoint's clients have."""
        return (f"host={self.backend['socket_dir']} port={self.backend['port']} "
                f"user={self.environment['REDSHIFT_USER']} dbname=dev")

    def client(self, sql: str) -> str:
        """As a client of the local Redshift; the statement goes by stdin, for it may hold keys."""
        env = self.environment
        return self._psql(sql, env["REDSHIFT_HOST"], env["REDSHIFT_PORT"], env["REDSHIFT_USER"],
                          PGPASSWORD=env["REDSHIFT_PASSWORD"])

    def postgres(self, sql: str) -> str:
        """As PostgreSQL's superuser, past the endpoint."""
        return self._psql(sql, self.backend["socket_dir"], str(self.backend["port"]), self.backend["superuser"])

    def _psql(self, sql: str, host: str, port: str, user: str, **environment: str) -> str:
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", port, "-U", user, "dev"]
        return subprocess.run(command, input=sql, env={**self.base, **environment}, check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    @property
    def _process(self) -> Path:
        return Path("/proc") / str(json.loads((self.data / "state.json").read_text())["processes"]["endpoint"]["pid"])

    def forget_peak(self) -> None:
        (self._process / "clear_refs").write_text("5")

    def megabytes(self, what: str = "VmRSS") -> float:
        """Of the endpoint's process: VmRSS now, VmHWM at most since forget_peak()."""
        lines = (self._process / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(what + ":")) / 1024

    def down(self) -> None:
        self._local("down")


@contextlib.contextmanager
def local_redshift(binaries: Path, s3: str = "folder") -> Iterator[LocalRedshift]:
    folder = Path(tempfile.mkdtemp(prefix="penstock-bench-"))
    folder.chmod(0o755)  # PostgreSQL's user must get to its files
    try:
        redshift = LocalRedshift(binaries.absolute(), folder, s3)
        try:
            yield redshift
        finally:
            redshift.down()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def timed(act: Callable[[], object]) -> float:
    started = time.monotonic()
    act()
    return time.monotonic() - started
