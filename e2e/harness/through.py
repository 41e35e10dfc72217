"""A run of penstock whose every S3 request and SQL message goes through the proxies, under one plan."""

import re
import time

from .actions import Victim
from .fault_plan import Channel, FaultPlan, Message
from .local_redshift import LocalRedshift
from .program import Program, Run, Running
from .s3_proxy import S3Proxy
from .sql_proxy import SqlProxy


class Through:
    def __init__(self, server: LocalRedshift, postgres_port: int | None = None) -> None:
        """postgres_port: of a PostgreSQL that is reached by way of postgres_proxy_port, under the same plan."""
        self.plan = FaultPlan()
        self.victim = Victim()
        self._s3 = S3Proxy(server.s3_port, self.plan)
        self._sql = SqlProxy(server.sql_port, self.plan)
        self._postgres = SqlProxy(postgres_port, self.plan) if postgres_port else None

    def start(self, program: Program, *arguments: str, env: dict[str, str] | None = None) -> Running:
        running = program.start(*arguments, env={**(env or {}),
            "AWS_ENDPOINT_URL_S3": self._s3.endpoint_url, "REDSHIFT_HOST": "127.0.0.1",
            "REDSHIFT_PORT": str(self._sql.port)})
        self.victim.is_(running.process)
        return running

    def run(self, program: Program, *arguments: str, env: dict[str, str] | None = None, timeout: float = 90) -> Run:
        return self.start(program, *arguments, env=env).wait(timeout)

    def seen(self, channel: Channel) -> list[Message]:
        return [m for m in list(self.plan.seen) if m.channel is channel]

    def statements(self) -> list[str]:
        """What the run said to the database, white space made even."""
        return [" ".join(m.text.split()) for m in self.seen(Channel.SQL)]

    @property
    def postgres_proxy_port(self) -> int:
        return self._postgres.port

    @property
    def s3_bytes(self) -> int:
        """That S3 gave."""
        return self._s3.answered_bytes

    def wait_for_message(self, pattern: str, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not any(re.search(pattern, m.text) for m in list(self.plan.seen)):
            assert time.monotonic() < deadline, f"no message {pattern}: {[str(m) for m in self.plan.seen]}"
            time.sleep(0.01)

    def close(self) -> None:
        self._s3.close()
        self._sql.close()
        if self._postgres:
            self._postgres.close()

    def __enter__(self):
        return self

    def __exit__(self, *_exc) -> None:
        self.close()
