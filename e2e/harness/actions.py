"""What a fault does to the message that it strikes."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable

from .fault_plan import Action
from .processes import is_gone


class HangUp(Exception):
    """Both connections are closed; the peer reads an end of file."""


class Reset(Exception):
    """Both connections are closed; the peer reads ECONNRESET."""


class Victim:
    """The process that a plan may kill. It is named once it runs, which may be after its first message has come."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None

    def is_(self, process: subprocess.Popen) -> None:
        self._process = process

    async def _pid(self) -> int:
        while self._process is None:
            await asyncio.sleep(0.002)
        return self._process.pid

    async def signal(self, number: int) -> None:
        os.kill(await self._pid(), number)

    async def kill(self) -> None:
        pid = await self._pid()  # once: when it is gone, the test may name another
        os.kill(pid, signal.SIGKILL)
        while not is_gone(pid):
            await asyncio.sleep(0.002)


def kill(victim: Victim) -> Action:
    """kill -9, and only when the process is gone does anything else happen."""

    async def act(_exchange) -> None:
        await victim.kill()
        raise HangUp

    return act


def send_signal(victim: Victim, number: int) -> Action:
    async def act(_exchange) -> None:
        await victim.signal(number)

    return act


async def hang_up(_exchange) -> None:
    raise HangUp


async def reset(_exchange) -> None:
    raise Reset


def stall(seconds: float) -> Action:
    async def act(_exchange) -> None:
        await asyncio.sleep(seconds)

    return act


def meanwhile(do: Callable[[], None]) -> Action:
    """Something else happens at this very point: an object is swapped, a row is written by another."""

    async def act(_exchange) -> None:
        await asyncio.to_thread(do)

    return act


def s3_status(status: int, code: str, message: str = "by the fault plan") -> Action:
    """S3 answers with an error: instead of doing it (before), or although it was done (after)."""

    async def act(exchange) -> None:
        await exchange.answer(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")

    return act


def s3_error_in_200(code: str = "InternalError") -> Action:
    """The answer that begins well and carries an error: CopyObject and CompleteMultipartUpload know it."""
    return s3_status(200, code)


def sql_error(sqlstate: str, message: str, detail: str = "") -> Action:
    """The statement fails on the server, too (with another error): a block that it stands in is aborted."""

    async def act(exchange) -> None:
        await exchange.refuse(sqlstate, message, detail)

    return act


async def abort_transaction(exchange) -> None:
    """The block fails unseen before this statement; a COMMIT then answers ROLLBACK, without an error."""
    await exchange.abort_transaction()
