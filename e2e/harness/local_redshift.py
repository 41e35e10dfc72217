"""The local Redshift that `penstock local up` starts, on versitygw unless told: one per test process, gone with it."""

import json
import os
import shlex
import subprocess
from pathlib import Path

from .processes import Server, accepts_connections


def clean_environment(home: Path) -> dict[str, str]:
    """No ~/.aws, no PG*, no AWS_*: only what a test gives."""
    keep = ("PATH", "LANG", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS")
    return {"HOME": str(home), "PENSTOCK_VERSITYGW": os.environ["VERSITYGW"],
            **{name: os.environ[name] for name in keep if name in os.environ}}


class LocalRedshift:
    def __init__(self, binaries: Path, folder: Path, s3: str = "versitygw") -> None:
        self.penstock = binaries / "penstock"
        self.data = folder / "local"
        self.home = folder / "home"
        self.home.mkdir()
        self.base = clean_environment(self.home)
        # in the foreground, so that it ends when the tests are ended, however that happens
        self._server = Server("penstock local up",
                              [str(self.penstock), "local", "up", "--data", str(self.data), "--s3", s3],
                              folder / "local-up.log", env=self.base)
        self._server.wait_for(self._is_up, seconds=60)
        self.environment = {**self.base, **self.exports()}
        # so that penstock's own objects go to the data's bucket, where each test sees what is left of them
        self.environment.pop("PENSTOCK_S3_BASE_PATH", None)

    def _is_up(self) -> bool:
        return "It runs until" in self._server.tail()

    def exports(self) -> dict[str, str]:
        """What `penstock local env` would have a shell set."""
        printed = subprocess.run([self.penstock, "local", "env", "--data", self.data], env=self.base, check=True,
                                 capture_output=True, text=True).stdout
        words = shlex.split(printed, comments=True)
        return dict(word.split("=", 1) for word in words if "=" in word)

    @property
    def secrets(self) -> list[str]:
        return [self.environment["REDSHIFT_PASSWORD"], self.environment["AWS_SECRET_ACCESS_KEY"]]

    @property
    def sql_port(self) -> int:
        return int(self.environment["REDSHIFT_PORT"])

    @property
    def s3_port(self) -> int:
        return int(self.environment["AWS_ENDPOINT_URL_S3"].rpartition(":")[2])

    def make_objects(self, bucket: str, keys: list[str]) -> None:
        """Empty objects, many at once: versitygw keeps them as files."""
        for key in keys:
            (self.data / "versitygw/objects" / bucket / key).touch()

    def private_postgres(self) -> dict[str, str]:
        """How its superuser reaches the PostgreSQL behind the endpoint."""
        state = json.loads((self.data / "state.json").read_text())
        return {"host": state["socket_folder"], "port": "5432", "user": "rdsdb", "dbname": "dev"}

    def require_running(self) -> None:
        if not accepts_connections(self.sql_port):
            logs = [self._server.log, *sorted((self.data / "log").glob("*.log"))]
            raise RuntimeError("the local Redshift ended by itself\n" + "\n".join(
                f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-60:]) for log in logs))

    def stop(self) -> None:
        self._server.stop()
