"""A proxy before the endpoint that reads PostgreSQL's wire protocol, and hurts messages by a fault plan.

TLS and GSS are declined, so that the messages can be read. Cancel requests are forwarded, and count as messages.
"""

import asyncio
import struct
from dataclasses import dataclass

from .actions import HangUp
from .fault_plan import Channel, Message, Phase
from .proxy import Proxy

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
# A message without a text of its own is known in the plan by its name.
NAMES = {b"p": "PASSWORD", b"X": "TERMINATE", b"S": "SYNC", b"B": "BIND", b"E": "EXECUTE", b"D": "DESCRIBE",
         b"C": "CLOSE", b"H": "FLUSH", b"d": "COPY DATA", b"c": "COPY DONE", b"f": "COPY FAIL", b"F": "FUNCTION CALL"}
# The message of the server that ends its answer to one of the client's; other messages have no answer of their own.
ANSWER_ENDS = {b"": b"R", b"p": b"Z", b"Q": b"Z", b"S": b"Z"}


def pack(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("!I", len(payload) + 4) + payload


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    header = await reader.readexactly(5)
    return header[:1], await reader.readexactly(struct.unpack("!I", header[1:])[0] - 4)


def text_of(kind: bytes, payload: bytes) -> str:
    if kind == b"Q":
        return payload.rstrip(b"\0").decode(errors="replace")
    if kind == b"P":
        return payload.split(b"\0")[1].decode(errors="replace")
    return NAMES.get(kind, f"MESSAGE {kind!r}")


def error_response(sqlstate: str, message: str, detail: str) -> bytes:
    fields = {"S": "ERROR", "V": "ERROR", "C": sqlstate, "M": message, "D": detail}
    return pack(b"E", b"".join(k.encode() + v.encode() + b"\0" for k, v in fields.items() if v) + b"\0")


@dataclass
class SqlExchange:
    message: Message
    session: "Session"
    answered: bool = False

    async def refuse(self, sqlstate: str, message: str, detail: str) -> None:
        answer = await self.session.ask(pack(b"Q", b"the fault plan\0"))
        error = error_response(sqlstate, message, detail)
        self.session.writer.write(b"".join(error if part[:1] == b"E" else part for part in answer))
        self.answered = True

    async def abort_transaction(self) -> None:
        await self.session.ask(pack(b"Q", b"the fault plan\0"))


class Session:
    """One connection. What the server sends goes to the client as it comes, unless an answer is held."""

    def __init__(self, reader, writer, upstream, to_upstream) -> None:
        self.reader, self.writer = reader, writer
        self.upstream, self.to_upstream = upstream, to_upstream
        self._held: list[bytes] | None = None
        self._held_until = b""
        self._answer: asyncio.Future | None = None

    async def relay_answers(self) -> None:
        try:
            while True:
                kind, payload = await read_message(self.upstream)
                if self._held is None:
                    self.writer.write(pack(kind, payload))
                    await self.writer.drain()
                    continue
                self._held.append(pack(kind, payload))
                if kind == self._held_until:
                    held, self._held = self._held, None
                    self._answer.set_result(held)
        except (asyncio.IncompleteReadError, ConnectionError):
            if self._answer and not self._answer.done():
                self._answer.set_exception(HangUp())
            self.writer.close()

    async def ask(self, raw: bytes, until: bytes = b"Z") -> list[bytes]:
        """Sends it and keeps the whole answer from the client."""
        self._held, self._held_until = [], until
        self._answer = asyncio.get_running_loop().create_future()
        self.to_upstream.write(raw)
        return await self._answer


class SqlProxy(Proxy):
    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            length, code = struct.unpack("!II", await reader.readexactly(8))
            payload = await reader.readexactly(length - 8)
            if code not in (SSL_REQUEST, GSS_REQUEST):
                break
            writer.write(b"N")
        startup = struct.pack("!II", length, code) + payload
        upstream, to_upstream = await self.connect_upstream()
        session = Session(reader, writer, upstream, to_upstream)
        relay = None
        try:
            if code == CANCEL_REQUEST:
                await self._pass_on(session, b"", startup, "CANCEL")
                return
            relay = asyncio.create_task(session.relay_answers())
            await self._pass_on(session, b"", startup, "STARTUP")
            while True:
                kind, payload = await read_message(reader)
                await self._pass_on(session, kind, pack(kind, payload), text_of(kind, payload))
        finally:
            self.hang_up(to_upstream)
            if relay:
                relay.cancel()
                await asyncio.gather(relay, return_exceptions=True)

    async def _pass_on(self, session: Session, kind: bytes, raw: bytes, text: str) -> None:
        message = self.plan.arrived(Channel.SQL, text)
        exchange = SqlExchange(message, session)
        await self._strike(exchange, Phase.BEFORE)
        if exchange.answered:
            return
        after = self.plan.action_at(message, Phase.AFTER)
        if after is None:
            session.to_upstream.write(raw)
            await session.to_upstream.drain()
            await self._strike(exchange, Phase.IN_FLIGHT)
            return
        if kind in ANSWER_ENDS and text != "CANCEL":
            answer = await session.ask(raw, until=ANSWER_ENDS[kind])
            await after(exchange)
            session.writer.write(b"".join(answer))
        else:
            session.to_upstream.write(raw)
            await session.to_upstream.drain()
            await after(exchange)

    async def _strike(self, exchange: SqlExchange, phase: Phase) -> None:
        if action := self.plan.action_at(exchange.message, phase):
            await action(exchange)
