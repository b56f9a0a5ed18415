"""Viewers against a server that is a socket: who was sent a picture, and who never reads."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.hardening.soak.viewers import Viewers, status_of_health


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Listens on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_every_other_one_asks_for_pictures_and_is_unseen_until_one_comes(server: socket.socket) -> None:
    viewers = Viewers(server.getsockname()[1], 3, reads=True)
    accepted = [server.accept()[0] for _ in range(3)]
    asked = [connection.recv(1000).split()[1] for connection in accepted]
    assert asked == [b"/pictures", b"/messages", b"/pictures"]
    assert viewers.unseen == 2
    accepted[0].sendall(b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff...")
    viewers.look(5.0, lambda _: None)
    assert viewers.unseen == 1
    viewers.leave()
    with pytest.raises(ConnectionResetError):
        accepted[2].recv(10)
    for connection in accepted:
        connection.close()


def test_who_never_reads_lets_time_pass(server: socket.socket) -> None:
    rested: list[float] = []
    viewers = Viewers(server.getsockname()[1], 2, reads=False)
    viewers.look(7.0, rested.append)
    viewers.leave()
    assert (rested, viewers.unseen) == ([7.0], 0)


def test_where_nobody_answers_there_is_no_health(server: socket.socket) -> None:
    port = server.getsockname()[1]
    server.close()
    assert status_of_health(port) == 0
