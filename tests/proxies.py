"""A proxy between a database server and its clients that counts round trips."""

import asyncio
import socket
import threading
from asyncio import StreamReader
from asyncio import StreamWriter
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress


class RoundTrips:
    """Counts how often clients sent something and were answered.

    What a client sends until it is answered counts once, however many packets it is.
    An answer is counted before the client gets it.
    """

    def __init__(self, listener: socket.socket, server_port: int) -> None:
        self.port: int = listener.getsockname()[1]
        self.count = 0
        self.listener = listener
        self.server_port = server_port
        self.tasks: set[asyncio.Task[None]] = set()
        self.transports: list[asyncio.WriteTransport] = []

    async def serve(self, ended: threading.Event) -> None:
        server = await asyncio.start_server(
            self.accept, sock=self.listener, backlog=1024
        )
        await asyncio.to_thread(ended.wait)
        server.close()
        for transport in self.transports:
            # Unlike closing, it does not wait for who reads what was sent.
            transport.abort()

    def accept(self, from_client: StreamReader, to_client: StreamWriter) -> None:
        task = asyncio.create_task(self.connect(from_client, to_client))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def connect(self, from_client: StreamReader, to_client: StreamWriter) -> None:
        """Connect a client with the server until one of them ends the connection."""
        self.transports.append(to_client.transport)
        try:
            from_server, to_server = await asyncio.open_connection(
                "127.0.0.1", self.server_port
            )
        except OSError:
            to_client.close()
            return

        self.transports.append(to_server.transport)
        asked = False

        def ask() -> None:
            nonlocal asked
            asked = True

        def answer() -> None:
            nonlocal asked
            self.count += asked
            asked = False

        directions = [
            asyncio.create_task(relay(from_client, to_server, ask)),
            asyncio.create_task(relay(from_server, to_client, answer)),
        ]
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
        for direction in directions:
            direction.cancel()

        to_client.close()
        to_server.close()


async def relay(
    source: StreamReader, target: StreamWriter, note: Callable[[], None]
) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65536):
            note()
            target.write(data)
            await target.drain()


@contextmanager
def counted(port: int) -> Iterator[RoundTrips]:
    """Run a proxy in front of a port of 127.0.0.1, and yield what it counts."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        trips = RoundTrips(listener, port)
        thread = threading.Thread(target=lambda: asyncio.run(trips.serve(ended)))
        thread.start()
        try:
            yield trips
        finally:
            ended.set()
            thread.join()
