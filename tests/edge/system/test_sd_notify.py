"""Datagrams as systemd would get them, through real sockets; and that nothing ends or waits without a listener."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.system import sd_notify


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def test_variables_become_the_lines_of_one_datagram(manager: socket.socket) -> None:
    notifier = sd_notify.notifier({"NOTIFY_SOCKET": manager.getsockname()})
    assert notifier is not None
    notifier.send(READY="1", STATUS="Coat 98%\n(top1 é)")
    assert manager.recv(4096).decode() == "READY=1\nSTATUS=Coat 98% (top1 é)"
    notifier.close()
    notifier.close()


def test_an_abstract_address_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel chooses an abstract name
        listener.settimeout(5)
        with closing(sd_notify.Notifier("@" + listener.getsockname()[1:].decode())) as notifier:
            notifier.send(WATCHDOG="1")
        assert listener.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_without_systemd_there_is_no_notifier(environment: dict[str, str]) -> None:
    assert sd_notify.notifier(environment) is None


def test_a_manager_that_is_gone_or_does_not_listen_is_no_error(
    manager: socket.socket, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="edge")
    with closing(sd_notify.Notifier(str(tmp_path / "nobody"))) as lost:
        lost.send(READY="1")
    with closing(sd_notify.Notifier(manager.getsockname())) as unheard:
        for _ in range(10_000):  # more than any queue of the kernel takes
            unheard.send(WATCHDOG="1")
    assert caplog.messages[0].startswith("systemd didn't take READY: ")
    assert caplog.messages[-1].startswith("systemd didn't take WATCHDOG: ")
