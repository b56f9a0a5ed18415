"""Bounds on the page's connections: how many there are, how long one may ask for nothing, or take nothing."""

from __future__ import annotations

import asyncio
from typing import Any

MOST_CONNECTIONS = 128
"""Open at once: twice the viewers of `edge.sinks.web.broadcast` of each kind, and as many who only ask."""
REQUEST_S = 10.0
"""From a connection's begin, or its last answer, to the end of its next request."""
STUCK_S = 20.0
"""How long a viewer may leave what it was sent untouched."""


class Crowd:
    """Everybody who is connected to one page; those who wait for nothing make room for newcomers."""

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        """Begin empty.

        Args:
            most: connections at once.
        """
        self._most = most
        self._resting: dict[Bounded, None] = {}  # asked for nothing, the longest first
        self._served: set[Bounded] = set()

    def __len__(self) -> int:
        """How many are connected."""
        return len(self._resting) + len(self._served)

    def rests(self, connection: Bounded) -> None:
        """Note who waits to be asked for something; at first everybody does."""
        self.leaves(connection)
        if len(self) >= self._most:
            longest = next(iter(self._resting), connection)
            longest.drop()
            self.leaves(longest)
            if longest is connection:
                return
        self._resting[connection] = None

    def is_served(self, connection: Bounded) -> None:
        """Note whose request is being answered."""
        self._resting.pop(connection, None)
        self._served.add(connection)

    def leaves(self, connection: Bounded) -> None:
        """Forget somebody."""
        self._resting.pop(connection, None)
        self._served.discard(connection)


class Bounded(asyncio.Protocol):
    """Goes in front of uvicorn's own protocol class, whose only timer begins with the first answer."""

    crowd: Crowd
    cycle: Any  # uvicorn's: the newest request and its answer
    transport: Any
    _alarm: asyncio.TimerHandle | None = None
    _stuck_alarm: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        super().connection_made(transport)
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody left, or was sent away."""
        self.crowd.leaves(self)
        _stop(self._alarm)
        _stop(self._stuck_alarm)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Somebody says something: a request, a part of one, or none at all."""
        try:
            super().data_received(data)
        except Exception:  # noqa: BLE001  # of h11, which can't answer twice; asyncio would print each on stderr
            self.drop()
        if self._is_answering():
            _stop(self._alarm)
            self.crowd.is_served(self)

    def on_response_complete(self) -> None:
        """Somebody has got an answer; uvicorn calls this."""
        super().on_response_complete()  # type: ignore[misc]  # uvicorn's class has it
        if not self._is_answering() and not self.transport.is_closing():
            self._rest()

    def pause_writing(self) -> None:
        """Somebody takes nothing at the moment."""
        super().pause_writing()
        _stop(self._stuck_alarm)
        self._stuck_alarm = self._later(STUCK_S)

    def resume_writing(self) -> None:
        """Somebody has taken nearly everything."""
        _stop(self._stuck_alarm)
        super().resume_writing()

    def drop(self) -> None:
        """Send somebody away without a word."""
        self.transport.abort()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _rest(self) -> None:
        _stop(self._alarm)
        self._alarm = self._later(REQUEST_S)
        self.crowd.rests(self)

    def _later(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(seconds, self.drop)


def _stop(alarm: asyncio.TimerHandle | None) -> None:
    if alarm is not None:
        alarm.cancel()
