"""FFmpeg is told to check certificates, and isn't handed what Python refused."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import SourceError, SourceRefusedError
from edge.sources import ffmpeg
from edge.sources.live.stream import Stream
from edge.sources.video import VideoSource
from edge.system.connection import Access, reason
from tests.edge.sources.fake_video import FakeCapture

VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
LONG_S = 30.0  # never waited for


def make_certificate(folder: Path) -> ssl.SSLContext:
    """Make certificate.pem and key.pem for this machine, and return a server's settings."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl isn't here: apt install openssl")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


@contextlib.contextmanager
def serving(folder: Path, context: ssl.SSLContext, *, redirects_to: list[str], asked: list[str]) -> Iterator[str]:
    """Serve a folder over TLS; what lies below /redirect/ is elsewhere, and the logins that came are kept."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given, directory=str(folder))

        def do_GET(self) -> None:
            asked.append(str(self.headers.get("Authorization")))
            if self.path.startswith("/redirect/"):
                self.send_response(302)
                self.send_header("Location", redirects_to[0] + self.path.removeprefix("/redirect"))
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]  # the client hangs up
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """Another server for the same files, its certificate, and the logins that it got."""
    folder, asked = tmp_path / "other", []  # type: ignore[var-annotated]
    folder.mkdir()
    with serving(tmp_path, make_certificate(folder), redirects_to=[], asked=asked) as url:
        yield url, folder / "certificate.pem", asked


@pytest.fixture
def secure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: tuple[str, Path, list[str]]
) -> Iterator[tuple[str, Path]]:
    """A server with a certificate of its own, and a video of two frames; its URL and the certificate."""
    monkeypatch.setenv("no_proxy", "*")
    writer = cv2.VideoWriter(str(tmp_path / "walk.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
    for _ in range(2):
        writer.write(np.full((48, 64, 3), 90, np.uint8))
    writer.release()
    shutil.copy(tmp_path / "walk.mp4", tmp_path / "walk")
    with serving(tmp_path, make_certificate(tmp_path), redirects_to=[other[0]], asked=[]) as url:
        yield url, tmp_path / "certificate.pem"


@pytest.mark.parametrize("name", ["walk.mp4", "walk"])
def test_a_certificate_that_nobody_vouches_for_keeps_ffmpeg_away(
    secure: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    url, certificate = secure

    def frames(access: Access) -> int:
        if name == "walk":
            capture = Stream(f"{url}/{name}", read_timeout_s=LONG_S, access=access).open()
            shapes = [capture.read().shape for _ in range(2)]
            capture.close()
            return len(shapes)
        return len(list(VideoSource(f"{url}/{name}", access=access).frames()))

    assert frames(Access(ca_file=certificate)) == 2
    assert frames(Access(is_insecure=True)) == 2
    monkeypatch.setattr(cv2, "VideoCapture", None)
    with pytest.raises(SourceError, match="127.*certificate.*--ca-file"):
        frames(Access())


def test_ffmpeg_checks_certificates_itself(secure: tuple[str, Path]) -> None:
    """Between Python's check and FFmpeg's connection another server may have taken the place."""
    url, certificate = secure
    for access, is_opened in ((Access(), False), (Access(ca_file=certificate), True), (Access(is_insecure=True), True)):
        with ffmpeg.options(url, access):
            capture = cv2.VideoCapture(f"{url}/walk.mp4", cv2.CAP_FFMPEG)
        assert capture.isOpened() is is_opened
        capture.release()


@pytest.mark.parametrize("scheme", ["https", "rtsps", "rtmps"])
def test_ffmpeg_sends_nothing_to_a_server_that_is_not_trusted(secure: tuple[str, Path], scheme: str) -> None:
    """Each of its protocols hands the options on; another FFmpeg might not."""
    _, certificate = secure
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    for access, comes in ((Access(), False), (Access(ca_file=certificate), True), (Access(is_insecure=True), True)):
        received: list[bytes] = []
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def take(listener: socket.socket = listener, received: list[bytes] = received) -> None:
                with contextlib.suppress(OSError):
                    connection, _ = listener.accept()
                    with context.wrap_socket(connection, server_side=True) as secured:
                        received.append(secured.recv(4))

            thread = threading.Thread(target=take)
            thread.start()
            url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/1"
            with ffmpeg.options(url, access):
                cv2.VideoCapture(url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 20_000]).release()
            thread.join()
        assert any(received) is comes


@pytest.mark.parametrize("way", ["named", "in a master playlist", "by a redirect"])
def test_parts_of_a_playlist_come_from_trusted_servers_alone(
    secure: tuple[str, Path], other: tuple[str, Path, list[str]], way: str, tmp_path: Path
) -> None:
    """FFmpeg itself fetches them from anybody, token and all."""
    url, certificate = secure
    elsewhere, others_certificate, asked = other
    writer = cv2.VideoWriter(str(tmp_path / "walk.ts"), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
    for _ in range(20):
        writer.write(np.full((48, 64, 3), 90, np.uint8))
    writer.release()
    part = "redirect/walk.ts" if way == "by a redirect" else f"{elsewhere}/walk.ts"
    (tmp_path / "1").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{part}\n#EXT-X-ENDLIST\n")
    (tmp_path / "0").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n1\n")
    opener = Stream(f"{url}/{'0' if way == 'in a master playlist' else '1'}", read_timeout_s=5.0,
                    access=Access(certificate, token="t0ken"))  # fmt: skip
    with pytest.raises(SourceError, match=r"certificate.*--ca-file"):
        opener.open()
    assert asked == []
    both = tmp_path / "both.pem"
    both.write_text(certificate.read_text() + others_certificate.read_text())
    opener = Stream(f"{url}/1", read_timeout_s=5.0, access=Access(both, token="t0ken"))
    capture = opener.open()
    assert capture.read().shape == (48, 64, 3)
    capture.close()
    assert set(asked) == {"None"}  # it got no token


def test_options_are_set_while_it_opens_and_those_of_the_user_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with ffmpeg.options("https://cam/1", Access(Path("ca.pem").absolute(), token="t0ken")):
        said = os.environ[VARIABLE].split("|")
    assert VARIABLE not in os.environ
    assert "tls_verify;1" in said
    assert "rtsp_transport;tcp" in said
    assert "t0ken" not in "|".join(said)  # FFmpeg would send it to every host of a playlist
    monkeypatch.setenv(VARIABLE, "rtsp_transport;udp|stimeout;9")
    with ffmpeg.options("rtsp://cam/1", Access(is_insecure=True)):
        assert os.environ[VARIABLE] == "rtsp_transport;udp|stimeout;9"
    assert os.environ[VARIABLE] == "rtsp_transport;udp|stimeout;9"


@pytest.mark.parametrize("scheme", ["rtsp", "rtmp"])
def test_a_closed_port_and_an_unknown_host_are_told_apart(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    class Capture(FakeCapture):
        def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
            return False

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    with socket.socket() as closed:  # bound, so that nobody else takes the port, and not listening
        closed.bind(("127.0.0.1", 0))
        url = f"{scheme}://ada:secret@127.0.0.1:{closed.getsockname()[1]}/1"
        with pytest.raises(SourceError, match=rf"{scheme}://\*\*\*@127.*refused"):
            Stream(url, read_timeout_s=LONG_S).open()

    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", unknown)
    with pytest.raises(SourceError, match=r"no host.*known"):
        Stream(f"{scheme}://ada:secret@cam/1", read_timeout_s=LONG_S).open()


def test_a_password_with_an_end_in_it_reaches_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", None)
    monkeypatch.setattr(socket, "create_connection", None)
    with pytest.raises(SourceRefusedError, match=r"rtsp://\*\*\*@camera/s.*%40") as caught:
        Stream("rtsp://user:p@ss/w0rd@camera/s", read_timeout_s=LONG_S).open()
    assert not {"p@ss", "w0rd"} & set(str(caught.value).split())


@pytest.mark.parametrize(
    ("error", "fact"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refused"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), "can't be resolved now"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no host"),
        (TimeoutError("timed out"), "in time"),
        (OSError(113, "No route to host"), "can't be reached"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "TLS"),
    ],
)
def test_every_way_to_fail_has_its_sentence(error: Exception, fact: str) -> None:
    assert fact in reason(error)
