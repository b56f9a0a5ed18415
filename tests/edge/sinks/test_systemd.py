"""What systemd is told: ready once, alive at most once a second while the loop turns, stopping."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, cast

from edge.classify.results import Decision
from edge.sinks.systemd import SystemdSink
from edge.system.sd_notify import Notifier

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
COAT = Decision("Coat", 0.984, NOON, changed=True, reason="top1 0.98 reaches threshold 0.60")
STALE = Decision("stale", 0.0, NOON, changed=True, reason="no frame for more than 2 s")
UNUSED = cast("Any", None)


class FakeNotifier:
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.closed = False

    def send(self, **variables: str) -> None:
        self.sent.append(variables)

    def close(self) -> None:
        self.closed = True


def test_ready_with_the_first_answer_then_alive_once_a_second() -> None:
    now = [10.0]
    notifier = FakeNotifier()
    sink = SystemdSink(cast("Notifier", notifier), clock=lambda: now[0])
    for now[0] in (10.0, 10.5, 10.99, 11.0, 11.5):
        sink.write(UNUSED, UNUSED, COAT)
    status = "Coat 98% (top1 0.98 reaches threshold 0.60)"
    assert notifier.sent == [
        {"READY": "1", "WATCHDOG": "1", "STATUS": status},
        {"WATCHDOG": "1", "STATUS": status},
    ]


def test_waiting_for_a_camera_is_alive_too() -> None:
    now = [0.0]
    notifier = FakeNotifier()
    sink = SystemdSink(cast("Notifier", notifier), clock=lambda: now[0])
    for now[0] in (0.0, 1.0):
        sink.idle(STALE)
    assert [list(variables) for variables in notifier.sent] == [["READY", "WATCHDOG", "STATUS"], ["WATCHDOG", "STATUS"]]
    assert notifier.sent[1]["STATUS"] == "stale (no frame for more than 2 s)"


def test_a_loop_that_does_not_turn_is_not_alive() -> None:
    now = [0.0]
    notifier = FakeNotifier()
    sink = SystemdSink(cast("Notifier", notifier), clock=lambda: now[0])
    sink.write(UNUSED, UNUSED, COAT)
    now[0] = 1000.0
    assert len(notifier.sent) == 1


def test_the_end_is_said() -> None:
    notifier = FakeNotifier()
    SystemdSink(cast("Notifier", notifier)).close()
    assert notifier.sent == [{"STOPPING": "1", "STATUS": "ending"}]
    assert notifier.closed
