"""A TCP proxy between the shop and its database that delays, cuts off and goes silent as it is told."""

import asyncio
import contextlib
import socket
import threading
from pathlib import Path

BLOCK = 65_536


class Proxy:
    """`127.0.0.1:port` → a Unix socket, in a thread of its own.

    `delay`: seconds before each block is passed on. `cut_after`: each connection that is made from now on ends after so many
    bytes from the server. `silent`: nothing is passed on, and nobody is told; connections stay open.
    """

    def __init__(self, to: Path) -> None:
        self.to = to
        self.delay, self.cut_after, self.silent = 0.0, 0, False
        self.cuts = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._connected, sock=self._listening))
        self._loop.run_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back_reader, back_writer = await asyncio.open_unix_connection(str(self.to))
        except OSError:
            writer.close()
            return
        self._writers |= {writer, back_writer}
        budget = self.cut_after
        try:
            await asyncio.gather(self._pass(reader, back_writer, 0), self._pass(back_reader, writer, budget))
        finally:
            self._writers -= {writer, back_writer}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: int) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while block := await reader.read(BLOCK):
                while self.silent:
                    await asyncio.sleep(0.05)
                if self.delay:
                    await asyncio.sleep(self.delay)
                if budget and passed + len(block) >= budget:
                    self.cuts += 1
                    writer.write(block[:budget - passed])
                    await writer.drain()
                    break
                passed += len(block)
                writer.write(block)
                await writer.drain()
        writer.close()

    def sever(self) -> None:
        """End all connections at once, as a network does that comes back without them."""
        self._loop.call_soon_threadsafe(lambda: [each.transport.abort() for each in self._writers])

    def calm(self) -> None:
        """Pass everything on again, at once."""
        self.delay, self.cut_after, self.silent = 0.0, 0, False

    def close(self) -> None:
        """End the thread."""
        self.sever()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._listening.close()
