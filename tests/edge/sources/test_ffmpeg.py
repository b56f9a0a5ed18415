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


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, *arguments: object) -> None:
        """Stay quiet."""


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """A server with a certificate of its own, and a video of two frames; its URL and the certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl isn't here: apt install openssl")
    monkeypatch.setenv("no_proxy", "*")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", "key.pem", "-out", "certificate.pem", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    writer = cv2.VideoWriter(str(tmp_path / "walk.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
    for _ in range(2):
        writer.write(np.full((48, 64, 3), 90, np.uint8))
    writer.release()
    shutil.copy(tmp_path / "walk.mp4", tmp_path / "walk")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Quiet(*given, directory=str(tmp_path)))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign, assignment]  # the client hangs up
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}", tmp_path / "certificate.pem"
    server.shutdown()
    server.server_close()


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


def test_the_servers_of_a_playlist_are_checked_too(secure: tuple[str, Path]) -> None:
    url, certificate = secure
    playlist = f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="key"\n#EXTINF:1,\n{url}/walk.ts\n'
    for text in (playlist, playlist.replace("key", f"{url}/key").replace("walk.ts", "")):
        ffmpeg.require_trusted_parts(text, "https://cam/1", timeout_s=LONG_S, access=Access(certificate))
        with pytest.raises(SourceError, match="certificate"):
            ffmpeg.require_trusted_parts(text, "https://cam/1", timeout_s=LONG_S, access=Access())


def test_options_are_set_while_it_opens_and_those_of_the_user_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with ffmpeg.options("https://cam/1", Access(Path("ca.pem").absolute(), token="t0ken")):
        said = os.environ[VARIABLE].split("|")
    assert VARIABLE not in os.environ
    assert "tls_verify;1" in said
    assert "rtsp_transport;tcp" in said
    assert "headers;Authorization: Bearer t0ken\r\n" in said
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
