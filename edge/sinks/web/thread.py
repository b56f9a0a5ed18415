"""The page's server thread: the only file that imports uvicorn (extra `web`), through its public settings alone."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from edge.errors import RuntimeMissingError, ToolkitError
from edge.sinks.addresses import PageAddress
from edge.sinks.web.access import LARGEST_HEAD_BYTES, Asgi, Message, Receive, Scope, Send
from edge.sinks.web.broadcast import Broadcast
from edge.system.process import BackgroundThread
from edge.system.unit import network_hint

_LOGGER = logging.getLogger(__name__)
MOST_CONNECTIONS = 128
"""Open connections: twice the viewers of `edge.sinks.web.broadcast` of each kind, and as many short requests."""
REQUEST_S = 10.0
"""Seconds from a connection's begin, or its last response, to the end of its next request."""
STUCK_S = 20.0
"""Seconds in which a viewer must take what it was sent."""
LARGEST_SHARE = 0.1
"""Share of one core for the event loop; JPEG encoding releases the GIL and is not counted."""
_LOOK_S = 0.02  # from one measurement of that share to the next
_LONGEST_REST_S = 0.5
_STOP_S = 0.6  # time limit of the end; the thread dies with the process anyway
_ACCEPTED_AT_ONCE = MOST_CONNECTIONS // 4  # a new client can send its request before newcomers take its place
_BACKLOG = 1024  # of the kernel; refused clients retry after 1 to 3 s (TCP SYN)
_SEND_BUFFER_BYTES = 128 * 1024  # of the kernel, for each viewer: the default megabytes would hold old images


class ConnectionLimit(socket.socket):
    """Listening socket that caps its open connections, and ASGI wrapper that closes silent and stuck ones.

    At the cap a newcomer takes the place of the connection that has been silent longest. Everything here runs in the
    event loop's thread.
    """

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(fileno=listening.detach())
        self._open: dict[Any, socket.socket] = {}  # by the other side's host and port
        self._silent: dict[Any, asyncio.TimerHandle] = {}  # without a request; the longest first

    def count(self) -> int:
        """Count the open connections."""
        self._open = {peer: connection for peer, connection in self._open.items() if connection.fileno() >= 0}
        for peer in self._silent.keys() - self._open.keys():
            self._silent.pop(peer).cancel()
        return len(self._open)

    def listen(self, _: int = _BACKLOG, /) -> None:
        """Listen; asyncio passes the number of connections to accept at once as the kernel's backlog too."""
        super().listen(_BACKLOG)

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection; asyncio calls this.

        Raises:
            ConnectionAbortedError: every connection is being served; asyncio ignores it.
        """
        connection, address = super().accept()
        if self.count() >= MOST_CONNECTIONS:
            if not self._silent:
                connection.close()
                raise ConnectionAbortedError
            longest = next(iter(self._silent))
            self._silent.pop(longest).cancel()
            _shut(self._open.pop(longest))
        peer = address[:2]
        self._open[peer] = connection
        self._await_request(peer)
        return connection, address

    def wrap(self, app: Asgi) -> Asgi:
        """Return the application with the time limits of this class."""

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            peer = tuple(scope.get("client") or ())
            connection = self._open.get(peer)
            if connection is None:  # the server's own start and end, or a client that has just left
                await app(scope, receive, send)
                return
            if alarm := self._silent.pop(peer, None):
                alarm.cancel()
            loop = asyncio.get_running_loop()

            async def sending(message: Message) -> None:
                alarm = loop.call_later(STUCK_S, _shut, connection)
                try:
                    await send(message)
                finally:
                    alarm.cancel()

            await app(scope, receive, sending)
            if self._open.get(peer) is connection:
                self._await_request(peer)

        return limited

    def _await_request(self, peer: Any) -> None:
        if alarm := self._silent.pop(peer, None):
            alarm.cancel()
        self._silent[peer] = asyncio.get_running_loop().call_later(REQUEST_S, _shut, self._open[peer])


class ServerThread:
    """Serves an application until `stop`; dies with the process, and leaves signals alone."""

    def __init__(self, app: Asgi, broadcast: Broadcast[Any], address: PageAddress) -> None:
        """Listen and start.

        Raises:
            RuntimeMissingError: uvicorn isn't installed.
            ToolkitError: the address is taken, or isn't this machine's.
        """
        try:
            import uvicorn
        except ImportError as error:
            raise RuntimeMissingError(f"a page can't be served ({error}): pip install 'edge-classify[web]'") from error
        self.connections = ConnectionLimit(_listen(address))
        self.address = PageAddress(address.host, self.connections.getsockname()[1])
        self._broadcast = broadcast
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.connections.wrap(app),
                loop="asyncio", http="h11", ws="none", interface="asgi3", lifespan="on", log_config=None,
                access_log=False, log_level="critical", server_header=False, proxy_headers=False,
                backlog=_ACCEPTED_AT_ONCE, timeout_keep_alive=round(REQUEST_S), timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=2 * LARGEST_HEAD_BYTES,
            )
        )  # fmt: skip
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_logged = False
        self._thread = BackgroundThread(lambda: asyncio.run(self._serve()), name="edge.page")
        self._thread.start()

    def stop(self) -> None:
        """Close all connections and wait a moment for the thread."""
        self._server.should_exit = True
        if self._loop is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._broadcast.end(), self._loop)
        self._thread.join(_STOP_S)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._log_error)
        # One image is encoded at a time. Asyncio's own pool starts another thread while the one before is busy.
        self._loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix=self._thread.name))
        throttle = asyncio.create_task(throttle_event_loop())
        await self._server.serve(sockets=[self.connections])
        throttle.cancel()

    def _log_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log the first error as a warning: a client that can cause one could fill a disk with them."""
        error = context.get("exception")
        level = logging.DEBUG if self._has_logged else logging.WARNING
        self._has_logged = True
        _LOGGER.log(level, "live page: %s (%s); it goes on", context["message"], type(error).__name__)


async def throttle_event_loop(
    *,
    share: float = LARGEST_SHARE,
    clock: Callable[[], float] = time.monotonic,
    processor_clock: Callable[[], float] = time.thread_time,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Pause the event loop whenever its thread took more than its share (0-1) of a core, so that classifying goes on.

    `rest` blocks the whole thread for some seconds: no client is accepted, read or answered meanwhile.
    """
    began_s, worked_s = clock(), processor_clock()
    while True:
        await asyncio.sleep(_LOOK_S)
        due_s = (processor_clock() - worked_s) / share - (clock() - began_s)
        if due_s > 0:
            rest(min(due_s, _LONGEST_REST_S))
        if due_s <= _LONGEST_REST_S:
            began_s, worked_s = clock(), processor_clock()


def _shut(connection: socket.socket) -> None:
    """End a connection; the event loop then sees its end and closes it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _listen(address: PageAddress) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # Python's own text would repeat the address.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
        what_to_do = network_hint(error) or ": give --serve another host or port"
        raise ToolkitError(f"can't serve a page at {address.url} ({reason}){what_to_do}") from error
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)  # its connections inherit it
    return listening
