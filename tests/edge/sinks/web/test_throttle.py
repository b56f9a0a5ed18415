"""The page's thread rests where it worked too much; time and work are made up."""

from __future__ import annotations

import asyncio

import pytest

from edge.sinks.web import throttle


class _Over(BaseException):
    """The scene is over."""


def rests(work_s: list[float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the thread, which may work a tenth of the time, rests after each of these pieces of work."""
    now, worked = 0.0, 0.0
    left, rested = iter(work_s), []

    async def look(seconds: float) -> None:
        nonlocal now, worked
        work = next(left, None)
        if work is None:
            raise _Over
        now, worked = now + max(seconds, work), worked + work
        rested.append(0.0)

    def rest(seconds: float) -> None:
        nonlocal now
        now += seconds
        rested[-1] = seconds

    monkeypatch.setattr(asyncio, "sleep", look)
    with pytest.raises(_Over):
        asyncio.run(throttle.keep_pace(share=0.1, clock=lambda: now, processor_clock=lambda: worked, rest=rest))
    return rested


def test_a_thread_with_little_to_do_never_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rests([0.001, 0.002, 0.0], monkeypatch) == [0.0, 0.0, 0.0]


def test_work_beyond_its_share_is_paid_with_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """10 ms of work at a tenth of the time are 100 ms, of which 20 have passed."""
    assert rests([0.01, 0.0], monkeypatch) == pytest.approx([0.08, 0.0])


def test_a_long_debt_is_paid_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 ms of work at a tenth are 1 s: 0.1 s has passed, 0.5 s is rest, then a look of 0.02 s."""
    assert rests([0.1, 0.0, 0.0], monkeypatch) == pytest.approx([0.5, 0.38, 0.0])
