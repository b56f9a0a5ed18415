"""The thread that serves the page: the only file that imports uvicorn (extra `web`)."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from edge.errors import RuntimeMissingError, ToolkitError
from edge.sinks.addresses import PageAddress
from edge.sinks.web.access import Guard
from edge.sinks.web.broadcast import Broadcast
from edge.sinks.web.connection_limits import MOST_CONNECTIONS, REQUEST_S, Bounded, Crowd
from edge.sinks.web.throttle import keep_pace

_LOGGER = logging.getLogger(__name__)
_STOP_S = 0.6  # how long the end may take; the thread dies with the process anyway
_ACCEPTED_AT_ONCE = MOST_CONNECTIONS // 4  # so that who has just come can ask before newcomers take its place
_QUEUED = 1024  # by the system, until they are accepted; whom it turns away comes again after a second, or three
_SEND_BUFFER_BYTES = 128 * 1024  # of the system, for each viewer: the usual megabytes would be old pictures


class ServerThread:
    """Serves an application until `stop`; dies with the process, and leaves signals alone."""

    def __init__(self, app: Guard, broadcast: Broadcast, address: PageAddress) -> None:
        """Listen and start; what can't be listened on is said now.

        Raises:
            RuntimeMissingError: uvicorn isn't installed.
            ToolkitError: the address is taken, or isn't this machine's.
        """
        try:
            import uvicorn
            from uvicorn.protocols.http.h11_impl import H11Protocol
        except ImportError as error:
            raise RuntimeMissingError(f"--serve can't work ({error}): pip install 'edge-classify[web]'") from error
        self._socket = _listen(address)
        self.address = PageAddress(address.host, self._socket.getsockname()[1])
        self._broadcast = broadcast
        self.crowd = Crowd()
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                loop="asyncio", http=type("BoundedH11", (Bounded, H11Protocol), {"crowd": self.crowd}), ws="none",
                interface="asgi3", lifespan="on", log_config=None, access_log=False, log_level="critical",
                server_header=False, proxy_headers=False, timeout_keep_alive=round(REQUEST_S),
                timeout_graceful_shutdown=1, backlog=_ACCEPTED_AT_ONCE,
            )
        )  # fmt: skip
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_blamed = False
        self._thread = threading.Thread(target=self._serve, name="edge.page", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Send the viewers home and wait a moment for the thread."""
        self._server.should_exit = True
        if self._loop is not None and self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._broadcast.end(), self._loop)
        self._thread.join(_STOP_S)

    def _serve(self) -> None:
        asyncio.run(self._serve_here())

    async def _serve_here(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._blame)
        # One picture is made at a time. Asyncio's own pool starts another thread when the one before isn't back yet.
        self._loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix=self._thread.name))
        pace = asyncio.create_task(keep_pace())
        await self._server.serve(sockets=[self._socket])
        pace.cancel()

    def _blame(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Say an error once: whoever can cause one could fill a disk with asyncio's."""
        error = context.get("exception")
        level = logging.DEBUG if self._is_blamed else logging.WARNING
        self._is_blamed = True
        _LOGGER.log(level, "live page: %s (%s); it goes on", context["message"], type(error).__name__)


class _Listening(socket.socket):
    """Asyncio has one number for both: how many to accept at once, and how many the system is to queue."""

    def listen(self, backlog: int = _QUEUED, /) -> None:  # noqa: ARG002  # asyncio's, which it goes by too
        """Let the system queue its own number."""
        super().listen(_QUEUED)


def _listen(address: PageAddress) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        listening = socket.create_server((address.host, address.port), family=family, backlog=_QUEUED)
    except OSError as error:
        raise ToolkitError(
            f"can't serve a page at {address.url} ({_reason(error)}): give --serve another host or port"
        ) from error
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)  # its connections inherit it
    return _Listening(fileno=listening.detach())


def _reason(error: OSError) -> str:
    """The system's words; what Python adds to them says the address a second time."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)
