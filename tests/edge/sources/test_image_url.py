"""Images from a friendly server on this machine; passwords stay out of every message."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import SourceError
from edge.sources.images import ImageUrlSource

PNG = cv2.imencode(".png", np.full((3, 5, 3), 77, np.uint8))[1].tobytes()


class Handler(BaseHTTPRequestHandler):
    """Serves one picture, one text, one redirect; the picture behind /locked/ for ada:se@cret only."""

    logins: list[str | None]

    def do_GET(self) -> None:
        login = self.headers["Authorization"]
        self.logins.append(login)
        expected = "Basic " + base64.b64encode(b"ada:se@cret").decode()
        if self.path.startswith("/locked/") and login != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
            self.end_headers()
        elif self.path == "/locked/moved.png":
            self.send_response(302)
            self.send_header("Location", "/a.png")
            self.end_headers()
        elif self.path.endswith("/a.png"):
            self._send(PNG)
        elif self.path == "/text.png":
            self._send(b"no picture")
        elif self.path == "/garbled.png":
            self.wfile.write(b"\x00\x01\x02\n\n")
        else:
            self.send_error(404)

    def _send(self, content: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """A server on this machine; call it with a path, and perhaps a login, for the URL."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(Handler, "logins", [], raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield lambda path, login="": f"http://{login}127.0.0.1:{running.server_port}{path}"
        running.shutdown()
        thread.join()


def test_an_image_from_the_web_is_one_frame(server: Callable[..., str]) -> None:
    source = ImageUrlSource(server("/a.png"))
    (frame,) = source.frames()
    source.close()
    assert frame.image.tolist() == np.full((3, 5, 3), 77).tolist()
    assert (frame.number, frame.source) == (0, server("/a.png"))
    assert Handler.logins == [None]


def test_a_login_in_the_url_reaches_the_camera_and_no_message(server: Callable[..., str]) -> None:
    source = ImageUrlSource(server("/locked/a.png", "ada:se%40cret@"))
    (frame,) = source.frames()
    assert frame.source == source.name == server("/locked/a.png", "***@")
    assert not source.is_stream
    for path, words in (("/locked/gone.png", "Not Found"), ("/text.png", "not an image")):
        with pytest.raises(SourceError, match=words) as caught:
            ImageUrlSource(server(path, "ada:se@cret@"))
        assert "cret" not in str(caught.value)


def test_a_login_is_not_handed_on_by_a_redirect(server: Callable[..., str]) -> None:
    list(ImageUrlSource(server("/locked/moved.png", "ada:se%40cret@")).frames())
    assert [login is None for login in Handler.logins] == [True, False, True]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/gone.png", "{url}: the server answers 404 Not Found"),
        ("/locked/a.png", "{url}: the server answers 401 Unauthorized"),
        ("/text.png", "{url}: not an image that OpenCV can read"),
        ("/garbled.png", "can't fetch {url}: "),
    ],
    ids=["404", "401", "not an image", "not HTTP"],
)
def test_on_the_command_line_an_image_that_can_not_be_had_is_one_line(
    edge_classify: Callable[..., Any], server: Callable[..., str], path: str, words: str
) -> None:
    outcome = edge_classify("--source", server(path))
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.sentence.startswith(words.format(url=server(path)))


@pytest.mark.parametrize("url", ["http://ada:secret@127.0.0.1:port/a.png", "http://[::1/a.png", "http:///a.png"])
def test_a_malformed_url_is_an_error_without_its_password(url: str) -> None:
    with pytest.raises(SourceError, match="can't fetch http://") as caught:
        ImageUrlSource(url)
    assert "secret" not in str(caught.value)
