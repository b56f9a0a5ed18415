"""Failure log, guard and queue: order, losses and delays; threads meet at events, never at a clock."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from typing import Any

import pytest

from edge.errors import ToolkitError
from edge.sinks.delivery import FailureLog, GuardedSink, QueuedSink

PATIENCE_S = 30.0


def test_a_failure_is_logged_once_and_so_is_the_recovery(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    failures = FailureLog("csv")
    failures.record_success()
    for _ in range(7):
        failures.record_failure(OSError(28, os.strerror(28), "out.csv"))
    failures.dropped = 7
    assert failures.message == f"out.csv: {os.strerror(28)}"
    failures.record_success()
    failures.record_success()
    assert failures.message == ""
    failed, recovered = caplog.messages
    assert failed.startswith(f"csv: out.csv: {os.strerror(28)}; ")
    assert recovered.startswith("csv: works again; 7 ")


def test_failures_that_come_and_go_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that lets everybody in and hangs up at once made two lines a second."""
    caplog.set_level(logging.INFO)
    now = [0.0]
    failures = FailureLog("mqtt", clock=lambda: now[0])
    for second in range(120):
        now[0] = float(second)
        failures.record_failure(ConnectionError("gone"))
        assert failures.message == "gone"
        failures.record_success()
        assert failures.message == ""
    assert len(caplog.messages) == 4


def test_losses_are_logged_at_the_end_if_there_were_any(caplog: pytest.LogCaptureFixture) -> None:
    failures = FailureLog("csv")
    failures.report_losses()
    failures.dropped = 3
    failures.report_losses()
    (message,) = caplog.messages
    assert message.startswith("csv: 3 ")


def test_delays_double_up_to_ten_seconds_and_start_over() -> None:
    failures, delays = FailureLog("csv"), []
    for _ in range(7):
        failures.record_failure(ValueError("no"))
        delays.append(failures.delay_s)
    assert delays == [0.5, 1, 2, 4, 8, 10, 10]
    failures.record_success()
    assert failures.delay_s == 0.5


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(5, "I/O error"), "I/O error"),
        (ToolkitError("two\nlines"), "two lines"),
        (ValueError(), "ValueError"),
        (ValueError("x" * 999), "x" * 200),
    ],
    ids=["no file", "ours", "no words", "too many"],
)
def test_the_message_of_a_failure_is_one_line(error: Exception, message: str) -> None:
    failures = FailureLog("csv")
    failures.record_failure(error)
    assert failures.message == message


def test_a_failure_costs_the_frames_until_the_next_attempt(
    fake_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    now = [0.0]
    sink = fake_sink(error=ValueError("no screen"))
    guard = GuardedSink(sink, name="display", clock=lambda: now[0])
    guard.write(frame(0), prediction(), decision())
    assert guard.failures.message == "no screen"
    sink.error = None
    now[0] = 0.4
    guard.write(frame(1), prediction(), decision())
    guard.idle(decision())
    now[0] = 0.5
    guard.write(frame(2), prediction(), decision())
    assert (sink.numbers, guard.failures.dropped, guard.failures.message) == ([2], 3, "")


def test_a_failing_sink_is_closed_all_the_same(fake_sink: Any, frame: Any, prediction: Any, decision: Any) -> None:
    sink = fake_sink(error=ValueError("no screen"))
    guard = GuardedSink(sink, name="display", clock=lambda: 0.0)
    guard.write(frame(0), prediction(), decision())
    guard.close()
    assert sink.closed == 1


class Gate:
    """A sink whose writes block until they are released."""

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
    """Return a queue of three places."""
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
    assert (sink.closed, queue.failures.dropped) == (1, 0)


def test_a_full_queue_drops_its_oldest_and_counts_and_never_waits(fake_sink: Any, give: Any) -> None:
    sink = fake_sink()
    gate = Gate(sink)
    queue = queued(gate)
    give(queue, 0)
    assert gate.arrived.acquire(timeout=PATIENCE_S)  # frame 0 is being written, for as long as we like
    give(queue, 1, 2, 3, 4, 5)
    assert queue.failures.dropped == 2
    gate.open.release(9)
    queue.close()
    assert sink.numbers == [0, 3, 4, 5]


def test_files_wait_for_a_place(fake_sink: Any, give: Any) -> None:
    sink = fake_sink()
    gate = Gate(sink)
    queue = queued(gate, wait_s=PATIENCE_S)
    gate.open.release(99)
    give(queue, *range(20))
    queue.close()
    assert sink.numbers == list(range(20))
    assert queue.failures.dropped == 0


def test_a_failing_sink_is_not_waited_for(fake_sink: Any, give: Any, monkeypatch: Any) -> None:
    failed = threading.Event()
    monkeypatch.setattr(FailureLog, "record_failure", _and_set(FailureLog.record_failure, failed))
    queue = queued(fake_sink(error=OSError("full")), wait_s=1e6)
    give(queue, 0)
    assert failed.wait(PATIENCE_S)
    give(queue, 1, 2, 3, 4, 5)  # would take a million seconds
    queue.close()
    assert queue.failures.dropped == 6


def test_a_failing_sink_is_tried_again_and_what_it_lost_is_counted(fake_sink: Any, give: Any, monkeypatch: Any) -> None:
    failed, worked = threading.Event(), threading.Event()
    monkeypatch.setattr(FailureLog, "record_failure", _and_set(FailureLog.record_failure, failed))
    sink = fake_sink(error=OSError(28, os.strerror(28)))
    queue = queued(sink)
    queue.failures.delay_s = 0.0
    give(queue, 1)
    assert failed.wait(PATIENCE_S)
    assert queue.failures.message == os.strerror(28)
    sink.error = None
    monkeypatch.setattr(FailureLog, "record_success", _and_set(FailureLog.record_success, worked))
    give(queue, 2)
    assert worked.wait(PATIENCE_S)
    queue.close()
    assert (sink.numbers, queue.failures.dropped, queue.failures.message) == ([2], 1, "")


def test_the_end_does_not_wait_for_a_sink_that_hangs(fake_sink: Any, give: Any) -> None:
    gate = Gate(fake_sink())
    queue = queued(gate, drain_s=0.0)
    give(queue, 0)
    assert gate.arrived.acquire(timeout=PATIENCE_S)
    give(queue, 1, 2)
    queue.close()
    assert queue.failures.dropped == 2
    gate.open.release(9)


def test_the_end_interrupts_the_wait_for_another_attempt(fake_sink: Any, give: Any, monkeypatch: Any) -> None:
    failed = threading.Event()
    monkeypatch.setattr(FailureLog, "record_failure", _and_set(FailureLog.record_failure, failed))
    sink = fake_sink(error=OSError("full"))
    queue = queued(sink)
    queue.failures.delay_s = 1e6
    give(queue, 1, 2, 3)
    assert failed.wait(PATIENCE_S)
    queue.close()
    assert sink.closed == 1
    assert queue.failures.dropped == 3


def test_images_that_the_sink_does_not_read_are_not_kept_alive(fake_sink: Any, give: Any) -> None:
    sizes = {}
    for has_pixels in (True, False):
        sink = fake_sink()
        queue = queued(sink, has_pixels=has_pixels)
        give(queue, 1)
        queue.close()
        sizes[has_pixels] = sink.got[0].image.size
    assert sizes == {True: 60 * 80 * 3, False: 0}


def _and_set(method: Callable[..., None], event: threading.Event) -> Callable[..., None]:
    def both(*arguments: Any) -> None:
        method(*arguments)
        event.set()

    return both
