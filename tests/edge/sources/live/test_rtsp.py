"""An RTSP server that refuses: each of its answers has its sentence, and the login is given as it wants it."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable, Iterator

import pytest

from edge.errors import SourceError, SourceRefusedError
from edge.sources.live.rtsp import require_description
from edge.sources.live.stream import Stream
from edge.system import http_login
from edge.system.connection import Access
from edge.system.http_login import Login

LONG_S = 30.0  # never waited for: a test that does has failed
DIGEST = 'Digest realm="cam", nonce="n"'


@pytest.fixture
def camera() -> Iterator[Callable[[Callable[[str], str]], str]]:
    """Call it with a function from a request's head to the answer's; it gives the URL."""
    servers: list[socketserver.ThreadingTCPServer] = []

    def start(respond: Callable[[str], str]) -> str:
        class Script(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while head := "".join(iter(lambda: self.rfile.readline().decode().strip("\r\n"), "")):
                    self.wfile.write(respond(head).encode())

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Script)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"rtsp://127.0.0.1:{server.server_address[1]}/1"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def answer(code: int, *lines: str) -> str:
    """The head of an answer."""
    return "\r\n".join([f"RTSP/1.0 {code} Words", *lines, "", ""])


@pytest.mark.parametrize(
    ("code", "error"), [(401, SourceRefusedError), (403, SourceRefusedError), (404, SourceError), (503, SourceError)]
)
def test_what_the_camera_refuses_is_said_without_the_password(
    camera: Callable[..., str], code: int, error: type[Exception]
) -> None:
    url = camera(lambda _: answer(code, f"WWW-Authenticate: {DIGEST}")).replace("//", "//ada:secret@")
    with pytest.raises(SourceError, match=rf"rtsp://\*\*\*@127\.0\.0\.1:\d+/1: .* {code} ") as caught:
        Stream(url, read_timeout_s=LONG_S).open()
    assert type(caught.value) is error
    assert "secret" not in str(caught.value)


def test_the_login_is_sent_by_digest(camera: Callable[..., str]) -> None:
    asked: list[str] = []

    def respond(head: str) -> str:
        asked.append(head)
        sent = re.search(r"Authorization: (Digest .*)", head)
        url = re.search(r"DESCRIBE (\S+) RTSP", head)[1]  # type: ignore[index]
        expected = http_login.answer([DIGEST], Login("ada", "se@cret"), method="DESCRIBE", uri=url)
        return answer(200) if sent and sent[1] == expected else answer(401, f"WWW-Authenticate: {DIGEST}")

    url = camera(respond)
    require_description(url.replace("//", "//ada:se%40cret@"), timeout_s=LONG_S, access=Access())
    assert ["Authorization" in head for head in asked] == [False, True]
    assert not any("ada:" in head for head in asked)
    for login, fact in (("ada:wrong@", "password"), ("", "wants a login")):
        with pytest.raises(SourceRefusedError, match=f"401.*{fact}"):
            require_description(url.replace("//", f"//{login}"), timeout_s=LONG_S, access=Access())


@pytest.mark.parametrize("words", ["HTTP/1.0 400 Bad Request\r\n\r\n", "SSH-2.0\r\n\r\n"])
def test_what_speaks_another_language_is_told(camera: Callable[..., str], words: str) -> None:
    with pytest.raises(SourceError, match="speak RTSP"):
        require_description(camera(lambda _: words), timeout_s=LONG_S, access=Access())
