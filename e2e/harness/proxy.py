"""What both proxies share: an event loop in a thread of its own, and a listening port."""

import asyncio
import socket
import struct
import threading

from .actions import HangUp, Reset
from .fault_plan import FaultPlan


class EventLoop:
    """Runs all proxies of a test process; a daemon thread, so that nothing waits for it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="proxies", daemon=True).start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)


_loop: EventLoop | None = None


def event_loop() -> EventLoop:
    global _loop
    _loop = _loop or EventLoop()
    return _loop


class Proxy:
    """Listens on a free port of loopback from its making until close(). A subclass talks: talk()."""

    def __init__(self, upstream_port: int, plan: FaultPlan) -> None:
        self.plan = plan
        self.upstream_port = upstream_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = event_loop().run(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.port = self._server.sockets[0].getsockname()[1]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    async def connect_upstream(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream_port, limit=1 << 20)
        self._writers.add(writer)
        return reader, writer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self.talk(reader, writer)
        except Reset:
            # lingering for 0 seconds makes close() send RST
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (HangUp, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.hang_up(writer)

    def hang_up(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()

    def close(self) -> None:
        async def stop() -> None:
            self._server.close()
            for writer in list(self._writers):
                self.hang_up(writer)

        event_loop().run(stop())

    def __enter__(self):
        return self

    def __exit__(self, *_exc) -> None:
        self.close()
