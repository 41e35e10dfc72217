"""Runs penstock as a user would: a process of its own, an environment of its own, its outputs read to the end.

Whatever a test is about, every run is searched for the secrets that it was given.
"""

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from .processes import tied


@dataclass
class Run:
    arguments: list[str]
    code: int  # minus the signal that killed it
    out: str
    err: str
    seconds: float

    @property
    def records(self) -> list[dict]:
        """What --json printed: one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> str:
        return self.out + self.err

    def __str__(self) -> str:
        return f"penstock {' '.join(self.arguments)}\nexit {self.code}\n{self.out}\n{self.err}"


class Running:
    """A penstock that has been started and not been waited for."""

    def __init__(self, process: subprocess.Popen, arguments: list[str], secrets: list[str],
                 stdin: str | None = None) -> None:
        self.process = process
        self._stdin = stdin
        self._arguments = arguments
        self._secrets = secrets
        self._started = time.monotonic()

    def wait(self, timeout: float = 90) -> Run:
        try:
            out, err = self.process.communicate(self._stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"penstock {self._arguments}: not done after {timeout} s\n{out}\n{err}") from None
        run = Run(self._arguments, self.process.returncode, out, err, time.monotonic() - self._started)
        for secret in self._secrets:
            assert secret not in run.said, f"a secret shows: {run}"
        return run


@dataclass
class Program:
    path: Path
    environment: dict[str, str]  # all of it: nothing is inherited
    secrets: list[str] = field(default_factory=list)

    def start(self, *arguments: str, env: dict[str, str | None] | None = None, stdin: str | None = None) -> Running:
        """`env` changes the environment; None takes a variable away. `stdin`: what is piped in."""
        merged = {k: v for k, v in {**self.environment, **(env or {})}.items() if v is not None}
        process = subprocess.Popen(tied([str(self.path), *arguments]), env=merged,
                                   stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        return Running(process, list(arguments), self.secrets, stdin)

    def run(self, *arguments: str, env: dict[str, str | None] | None = None, stdin: str | None = None,
            timeout: float = 90) -> Run:
        return self.start(*arguments, env=env, stdin=stdin).wait(timeout)
