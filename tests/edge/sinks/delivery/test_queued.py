"""The queue: order, what is dropped and counted, trouble and its end; threads meet at events, never at a clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from edge.sinks.delivery.failure_log import Trouble
from edge.sinks.delivery.queued import QueuedSink

PATIENCE_S = 30.0


class Gate:
    """A sink whose writes wait until they are let through."""

    def __init__(self, sink: Any) -> None:
        self.sink = sink
        self.arrived = threading.Semaphore(0)
        self.open = threading.Semaphore(0)

    def write(self, *item: Any) -> None:
        self.arrived.release()
        assert self.open.acquire(timeout=PATIENCE_S)
        self.sink.write(*item)

    def idle(self, decision: Any) -> None:
        self.sink.idle(decision)

    def close(self) -> None:
        self.sink.close()


@pytest.fixture
def give(
    frame: Callable[..., Any], prediction: Callable[..., Any], decision: Callable[..., Any]
) -> Callable[..., None]:
    """Write frames with these numbers."""

    def write(queue: QueuedSink, *numbers: int) -> None:
        for number in numbers:
            queue.write(frame(number), prediction(), decision())

    return write


def queued(sink: Any, **options: Any) -> QueuedSink:
    """A queue of three places."""
    return QueuedSink(sink, **{"name": "csv", "size": 3, "has_pixels": True, "drain_s": PATIENCE_S, **options})


def test_everything_arrives_in_order_and_is_closed_at_the_end(fake_sink: Any, give: Any, decision: Any) -> None:
    sink = fake_sink()
    queue = queued(sink, size=9)
    give(queue, 1, 2)
    queue.idle(decision("stale"))
    give(queue, 3)
    queue.close()
    assert sink.numbers == [1, 2, 3]
    assert sink.got[2].label == "stale"
    assert (sink.closed, queue.trouble.dropped) == (1, 0)


def test_a_full_queue_drops_its_oldest_and_counts_and_never_waits(fake_sink: Any, give: Any) -> None:
    sink = fake_sink()
    gate = Gate(sink)
    queue = queued(gate)
    give(queue, 0)
    assert gate.arrived.acquire(timeout=PATIENCE_S)  # frame 0 is being written, for as long as we like
    give(queue, 1, 2, 3, 4, 5)
    assert queue.trouble.dropped == 2
    gate.open.release(9)
    queue.close()
    assert sink.numbers == [0, 3, 4, 5]


def test_files_wait_for_a_place(fake_sink: Any, give: Any) -> None:
    sink = fake_sink()
    gate = Gate(sink)
    queue = queued(gate, patience_s=PATIENCE_S)
    gate.open.release(99)
    give(queue, *range(20))
    queue.close()
    assert sink.numbers == list(range(20))
    assert queue.trouble.dropped == 0


def test_a_sink_that_has_trouble_is_not_waited_for(fake_sink: Any, give: Any, monkeypatch: Any) -> None:
    failed = threading.Event()
    monkeypatch.setattr(Trouble, "failed", _and_tell(Trouble.failed, failed))
    queue = queued(fake_sink(error=OSError("full")), patience_s=1e6)
    give(queue, 0)
    assert failed.wait(PATIENCE_S)
    give(queue, 1, 2, 3, 4, 5)  # would take a million seconds
    queue.close()
    assert queue.trouble.dropped == 6


def test_a_failing_sink_is_tried_again_and_what_it_lost_is_counted(fake_sink: Any, give: Any, monkeypatch: Any) -> None:
    failed, worked = threading.Event(), threading.Event()
    monkeypatch.setattr(Trouble, "failed", _and_tell(Trouble.failed, failed))
    sink = fake_sink(error=OSError(28, "No space left on device"))
    queue = queued(sink)
    queue.trouble.delay_s = 0.0
    give(queue, 1)
    assert failed.wait(PATIENCE_S)
    assert queue.trouble.sentence == "No space left on device"
    sink.error = None
    monkeypatch.setattr(Trouble, "worked", _and_tell(Trouble.worked, worked))
    give(queue, 2)
    assert worked.wait(PATIENCE_S)
    queue.close()
    assert (sink.numbers, queue.trouble.dropped, queue.trouble.sentence) == ([2], 1, "")


def test_the_end_does_not_wait_for_a_sink_that_hangs(fake_sink: Any, give: Any) -> None:
    gate = Gate(fake_sink())
    queue = queued(gate, drain_s=0.0)
    give(queue, 0)
    assert gate.arrived.acquire(timeout=PATIENCE_S)
    give(queue, 1, 2)
    queue.close()
    assert queue.trouble.dropped == 2
    gate.open.release(9)


def test_the_end_interrupts_the_wait_for_another_attempt(fake_sink: Any, give: Any, monkeypatch: Any) -> None:
    failed = threading.Event()
    monkeypatch.setattr(Trouble, "failed", _and_tell(Trouble.failed, failed))
    sink = fake_sink(error=OSError("full"))
    queue = queued(sink)
    queue.trouble.delay_s = 1e6
    give(queue, 1, 2, 3)
    assert failed.wait(PATIENCE_S)
    queue.close()
    assert sink.closed == 1
    assert queue.trouble.dropped == 3


def test_images_that_nobody_needs_are_not_kept_alive(fake_sink: Any, give: Any) -> None:
    sizes = {}
    for has_pixels in (True, False):
        sink = fake_sink()
        queue = queued(sink, has_pixels=has_pixels)
        give(queue, 1)
        queue.close()
        sizes[has_pixels] = sink.got[0].image.size
    assert sizes == {True: 60 * 80 * 3, False: 0}


def _and_tell(method: Callable[..., None], event: threading.Event) -> Callable[..., None]:
    def both(*arguments: Any) -> None:
        method(*arguments)
        event.set()

    return both
