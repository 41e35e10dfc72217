"""An HTTP proxy before the S3 server, which hurts requests by a fault plan.

Requests go on byte for byte: a signature covers the Host header, so the server sees the Host that was signed. Each
request has an upstream connection of its own. Bodies are held whole: the objects of these tests are small.
"""

import asyncio
from dataclasses import dataclass, field

from .fault_plan import Channel, Message, Phase
from .proxy import Proxy


@dataclass
class Head:
    first_line: str
    headers: dict[str, str]  # names in lower case
    raw: bytes

    @classmethod
    async def read(cls, reader: asyncio.StreamReader) -> "Head":
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").rstrip("\r\n").split("\r\n")
        pairs = (line.split(":", 1) for line in lines)
        return cls(first, {name.strip().lower(): value.strip() for name, value in pairs}, raw)


async def read_chunked(reader: asyncio.StreamReader) -> bytes:
    raw = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        raw += line + await reader.readexactly(size + 2)
        if size == 0:
            return raw


async def read_body(reader: asyncio.StreamReader, head: Head, until_close: bool) -> bytes:
    if "chunked" in head.headers.get("transfer-encoding", ""):
        return await read_chunked(reader)
    if "content-length" in head.headers:
        return await reader.readexactly(int(head.headers["content-length"]))
    return await reader.read(-1) if until_close else b""


@dataclass
class S3Exchange:
    message: Message
    writer: asyncio.StreamWriter
    answered: bool = field(default=False)

    async def answer(self, status: int, body: str) -> None:
        """Instead of the server's answer."""
        self.answered = True
        length = len(body.encode())
        head = f"HTTP/1.1 {status} Fault\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n"
        # an answer to HEAD has no body, and says how long it would be
        self.writer.write((head + ("" if self.message.text.startswith("HEAD ") else body)).encode())
        await self.writer.drain()


class S3Proxy(Proxy):
    answered_bytes = 0  # of bodies

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await Head.read(reader)
            if head.headers.get("expect", "").lower() == "100-continue":
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await read_body(reader, head, until_close=False)
            method, target, _version = head.first_line.split(" ")
            message = self.plan.arrived(Channel.S3, f"{method} {target}")
            exchange = S3Exchange(message, writer)
            await self._strike(exchange, Phase.BEFORE)
            if not exchange.answered:
                await self._forward(exchange, head.raw + body)
            if head.headers.get("connection", "").lower() == "close":
                return

    async def _forward(self, exchange: S3Exchange, request: bytes) -> None:
        upstream, to_upstream = await self.connect_upstream()
        try:
            to_upstream.write(request)
            await to_upstream.drain()
            await self._strike(exchange, Phase.IN_FLIGHT)
            head = await Head.read(upstream)
            while head.first_line.split(" ")[1].startswith("1"):  # 100 Continue: the body is there already
                head = await Head.read(upstream)
            status = head.first_line.split(" ")[1]
            has_body = not exchange.message.text.startswith("HEAD ") and status not in ("204", "304")
            body = await read_body(upstream, head, until_close=True) if has_body else b""
        finally:
            self.hang_up(to_upstream)
        await self._strike(exchange, Phase.AFTER)
        if exchange.answered:
            return
        self.answered_bytes += len(body)
        half = len(body) // 2
        exchange.writer.write(head.raw + body[:half])
        await exchange.writer.drain()
        await self._strike(exchange, Phase.MID_BODY)
        exchange.writer.write(body[half:])
        await exchange.writer.drain()

    async def _strike(self, exchange: S3Exchange, phase: Phase) -> None:
        if action := self.plan.action_at(exchange.message, phase):
            await action(exchange)
