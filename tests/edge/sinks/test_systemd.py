"""Messages to systemd: ready once, alive at most once a second while the loop runs, stopping."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, cast

import pytest

from edge.classify.results import Decision
from edge.sinks.systemd import Notifier, SystemdSink
from edge.sinks.systemd import notifier as notifier_of

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


def test_a_loop_that_waits_for_a_slow_camera_is_alive() -> None:
    """With `--every 60` no frame comes for longer than WatchdogSec, and none is missing."""
    now = [0.0]
    notifier = FakeNotifier()
    sink = SystemdSink(cast("Notifier", notifier), clock=lambda: now[0])
    sink.wait()  # there is no answer yet: it isn't ready
    assert notifier.sent == []
    sink.write(UNUSED, UNUSED, COAT)
    for now[0] in (0.5, 1.0, 1.5, 2.0):
        sink.wait()
    assert notifier.sent[1:] == [{"WATCHDOG": "1"}] * 2


def test_a_loop_that_waits_for_a_camera_is_alive() -> None:
    now = [0.0]
    notifier = FakeNotifier()
    sink = SystemdSink(cast("Notifier", notifier), clock=lambda: now[0])
    for now[0] in (0.0, 1.0):
        sink.idle(STALE)
    assert [list(variables) for variables in notifier.sent] == [["READY", "WATCHDOG", "STATUS"], ["WATCHDOG", "STATUS"]]
    assert notifier.sent[1]["STATUS"] == f"stale ({STALE.reason})"


def test_a_loop_that_stands_still_sends_nothing() -> None:
    now = [0.0]
    notifier = FakeNotifier()
    sink = SystemdSink(cast("Notifier", notifier), clock=lambda: now[0])
    sink.write(UNUSED, UNUSED, COAT)
    now[0] = 1000.0
    assert len(notifier.sent) == 1


def test_closing_reports_the_end() -> None:
    notifier = FakeNotifier()
    SystemdSink(cast("Notifier", notifier)).close()
    assert notifier.sent == [{"STOPPING": "1", "STATUS": "ending"}]
    assert notifier.closed


# ---- datagrams, through real sockets


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def test_variables_become_the_lines_of_one_datagram(manager: socket.socket) -> None:
    notifier = notifier_of({"NOTIFY_SOCKET": manager.getsockname()})
    assert notifier is not None
    notifier.send(READY="1", STATUS="Coat 98%\n(top1 é)")
    assert manager.recv(4096).decode() == "READY=1\nSTATUS=Coat 98% (top1 é)"
    notifier.close()
    notifier.close()


def test_an_abstract_address_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel chooses an abstract name
        listener.settimeout(5)
        with closing(Notifier("@" + listener.getsockname()[1:].decode())) as notifier:
            notifier.send(WATCHDOG="1")
        assert listener.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_systemd_there_is_no_notifier(environment: dict[str, str]) -> None:
    assert notifier_of(environment) is None


def test_a_manager_that_is_gone_or_does_not_listen_is_no_error(
    manager: socket.socket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="edge")
    with closing(Notifier(str(tmp_path / "nobody"))) as lost:
        lost.send(READY="1")
    with closing(Notifier(manager.getsockname())) as unheard:
        for _ in range(10_000):  # more than any queue of the kernel takes
            unheard.send(WATCHDOG="1")
    assert caplog.messages[0].startswith("systemd didn't take READY: ")
    assert caplog.messages[-1].startswith("systemd didn't take WATCHDOG: ")
