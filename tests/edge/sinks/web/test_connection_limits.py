"""How many may be connected and for how long, with a server's protocol class and an event loop that are made up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from edge.sinks.web.connection_limits import REQUEST_S, STUCK_S, Bounded, Crowd


class FakeLoop:
    """Its time passes when it is told so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.alarms: list[tuple[float, Callable[[], None], SimpleNamespace]] = []

    def call_later(self, seconds: float, call: Callable[[], None]) -> SimpleNamespace:
        handle = SimpleNamespace(is_off=False)
        handle.cancel = lambda: setattr(handle, "is_off", True)
        self.alarms.append((self.now + seconds, call, handle))
        return handle

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for due, call, handle in self.alarms:
            if due <= self.now and not handle.is_off:
                handle.is_off = True
                call()


class FakeTransport:
    """Knows whether it was aborted."""

    is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted


class FakeHttp(asyncio.Protocol):
    """As uvicorn's: a line is a request, `answer` ends it, and `bad` is what it can't read."""

    cycle: Any = None
    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data == b"bad":
            raise ValueError("can't answer twice")
        if data.endswith(b"\n"):
            self.cycle = SimpleNamespace(response_complete=False)

    def on_response_complete(self) -> None:
        self.cycle.response_complete = True


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> FakeLoop:
    """The event loop of everything here."""
    made = FakeLoop()
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: made)
    return made


@pytest.fixture
def come(loop: FakeLoop) -> Callable[[], Any]:
    """Somebody connects, where at most three may."""
    kind: Any = type("Http", (Bounded, FakeHttp), {"crowd": Crowd(most=3)})

    def connect() -> Any:
        made = kind()
        made.connection_made(FakeTransport())
        return made

    return connect


def is_gone(connection: Any) -> bool:
    """Whether it was sent away."""
    return bool(connection.transport.is_aborted)


def test_who_says_nothing_is_sent_away(loop: FakeLoop, come: Any) -> None:
    idle = come()
    loop.wait(REQUEST_S - 1)
    assert not is_gone(idle)
    loop.wait(1)
    assert is_gone(idle)


def test_a_request_that_comes_a_letter_at_a_time_gets_no_more_time(loop: FakeLoop, come: Any) -> None:
    slow = come()
    for _ in range(10):
        slow.data_received(b"G")
        loop.wait(REQUEST_S / 10)
    assert is_gone(slow)


def test_an_answer_may_take_its_time_and_the_next_request_has_as_much_as_the_first(loop: FakeLoop, come: Any) -> None:
    viewer = come()
    loop.wait(REQUEST_S - 1)
    viewer.data_received(b"GET\n")
    loop.wait(100 * REQUEST_S)
    assert not is_gone(viewer)
    viewer.on_response_complete()
    loop.wait(REQUEST_S - 1)
    viewer.data_received(b"G")
    assert not is_gone(viewer)
    loop.wait(1)
    assert is_gone(viewer)


def test_who_takes_nothing_is_sent_away_and_who_takes_some_stays(loop: FakeLoop, come: Any) -> None:
    viewer = come()
    viewer.data_received(b"GET\n")
    viewer.pause_writing()
    loop.wait(STUCK_S - 1)
    viewer.resume_writing()
    loop.wait(STUCK_S)
    assert not is_gone(viewer)
    viewer.pause_writing()
    loop.wait(STUCK_S)
    assert is_gone(viewer)


def test_a_newcomer_takes_the_place_of_who_waited_longest(come: Any) -> None:
    busy, first, second = come(), come(), come()
    busy.data_received(b"GET\n")
    come()
    assert [is_gone(one) for one in (busy, first, second)] == [False, True, False]
    come()
    assert [is_gone(one) for one in (busy, second)] == [False, True]
    assert len(busy.crowd) == 3


def test_who_has_an_answer_waits_anew(come: Any) -> None:
    first, second = come(), come()
    first.data_received(b"GET\n")
    first.on_response_complete()
    come()
    come()
    assert (is_gone(first), is_gone(second)) == (False, True)


def test_where_all_are_served_a_newcomer_is_sent_away(come: Any) -> None:
    busy = [come(), come(), come()]
    for one in busy:
        one.data_received(b"GET\n")
    assert is_gone(come())
    assert not any(map(is_gone, busy))
    assert len(busy[0].crowd) == 3


def test_who_leaves_makes_room_and_has_no_alarm_left(loop: FakeLoop, come: Any) -> None:
    one, other = come(), come()
    one.data_received(b"GET\n")
    one.pause_writing()
    one.connection_lost(None)
    other.connection_lost(None)
    assert len(one.crowd) == 0
    assert all(handle.is_off for _, _, handle in loop.alarms)


def test_what_can_not_be_read_ends_the_connection_and_is_no_error(come: Any) -> None:
    stranger = come()
    stranger.data_received(b"bad")
    assert is_gone(stranger)
