"""The relay between FFmpeg and servers on this machine: addresses, logins, ranges, refusals, and playlists."""

from __future__ import annotations

import http.client
import re
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import cv2
import pytest

from edge.sources import ffmpeg
from edge.sources.relay import Relay
from edge.system.connection import Access
from edge.system.http import HttpError

LONG_S = 30.0  # never waited for
FILM = bytes(range(100))


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, bytes]], Any]]:
    """Serve contents by their paths; keeps what was asked for: path, login, range."""
    monkeypatch.setenv("no_proxy", "*")
    servers: list[ThreadingHTTPServer] = []

    def start(contents: dict[str, bytes]) -> Any:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, self.headers.get("Authorization"), self.headers.get("Range")))
                content = contents.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                if content.startswith(b"http"):
                    self.send_response(302)
                    self.send_header("Location", content.decode())
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                first, last = re.findall(r"\d+", self.headers.get("Range", f"bytes=0-{len(content)}"))
                self.send_response(206 if "Range" in self.headers else 200)
                self.send_header("Content-Type", "video/mp2t")
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
                self.send_header("Content-Length", str(len(content[int(first) : int(last) + 1])))
                self.end_headers()
                self.wfile.write(content[int(first) : int(last) + 1])

            def log_message(self, *_: Any) -> None:
                pass

        asked: list[tuple[str, str | None, str | None]] = []
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return SimpleNamespace(url=f"http://127.0.0.1:{server.server_port}", asked=asked)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def relay_to() -> Iterator[Callable[..., Relay]]:
    """Start a relay, which is closed at the end."""
    relays: list[Relay] = []

    def start(url: str, *, token: str = "") -> Relay:
        relays.append(Relay(url, timeout_s=LONG_S, access=Access(token=token)))
        return relays[-1]

    yield start
    for relay in relays:
        relay.close()


def ask(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body, as FFmpeg gets them."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=LONG_S)
    connection.request("GET", parts.path, headers=headers)
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


def test_a_film_comes_through_in_the_parts_that_are_asked_for(serve: Any, relay_to: Any) -> None:
    server = serve({"/film.mp4": FILM})
    relay = relay_to(f"{server.url}/film.mp4")
    assert relay.url.startswith("http://127.0.0.1:")
    assert relay.url.endswith(".mp4")
    status, headers, body = ask(relay.url, Range="bytes=10-19")
    assert (status, body) == (206, FILM[10:20])
    assert (headers["content-range"], headers["content-type"]) == ("bytes 10-19/100", "video/mp2t")
    assert ask(relay.url)[::2] == (200, FILM)
    assert server.asked == [("/film.mp4", None, "bytes=10-19"), ("/film.mp4", None, None)]


def test_every_address_of_a_playlist_is_asked_of_the_relay(serve: Any, relay_to: Any) -> None:
    other = serve({"/b.ts": b"b"})
    playlist = (
        '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="key?a=1",IV=0x00\n#EXT-X-KEY:METHOD=X,URI="data:,k"\n'
        f"#EXTINF:2,\na.ts\n#EXTINF:2,\n{other.url}/b.ts\n\n#EXTINF:2,\n../c.ts\n#EXT-X-ENDLIST\n"
    )
    server = serve({"/x/1.m3u8": playlist.encode(), "/x/a.ts": b"a", "/x/key?a=1": b"k", "/c.ts": b"c"})
    relay = relay_to(f"{server.url}/x/1.m3u8")
    status, headers, body = ask(relay.url)
    assert (status, headers["content-type"]) == (200, "application/vnd.apple.mpegurl")
    lines = body.decode().splitlines()
    kept = [line for line in lines if not line.startswith("http") and "AES" not in line]
    assert kept == ["#EXTM3U", '#EXT-X-KEY:METHOD=X,URI="data:,k"', "#EXTINF:2,", "#EXTINF:2,", "", "#EXTINF:2,",
                    "#EXT-X-ENDLIST"]  # fmt: skip
    key = re.fullmatch(r'#EXT-X-KEY:METHOD=AES-128,URI="(http://127\.[^"]+)",IV=0x00', lines[1])
    assert key is not None
    parts = [line for line in lines if line.startswith("http")]
    assert [ask(url)[2] for url in (key[1], *parts)] == [b"k", b"a", b"b", b"c"]
    assert {urlsplit(url).netloc for url in (key[1], *parts)} == {urlsplit(relay.url).netloc}


@pytest.mark.parametrize("uri", ['"key"', "key"], ids=["quoted", "bare"])
def test_an_address_of_a_tag_is_asked_of_the_relay_also_without_quotes(serve: Any, relay_to: Any, uri: str) -> None:
    """FFmpeg takes both."""
    server = serve({"/1.m3u8": f"#EXTM3U\n#EXT-X-MAP:URI={uri}\n".encode(), "/key": b"k"})
    found = re.search(r'URI="(http://127\.[^"]+)"', ask(relay_to(f"{server.url}/1.m3u8").url)[2].decode())
    assert found is not None
    assert ask(found[1])[2] == b"k"


def test_a_playlist_leads_to_http_alone(serve: Any, relay_to: Any) -> None:
    server = serve({"/1.m3u8": b"#EXTM3U\n#EXTINF:2,\nftp://127.0.0.1:9/a.ts\n"})
    part = ask(relay_to(f"{server.url}/1.m3u8").url)[2].decode().splitlines()[-1]
    assert ask(part)[0] == 403


def test_token_and_login_go_to_their_own_server_alone(serve: Any, relay_to: Any) -> None:
    other = serve({"/b.ts": b"b", "/c.ts": b"c"})
    server = serve({"/1.m3u8": f"#EXTM3U\n/a.ts\n{other.url}/b.ts\n/moved.ts\n".encode(), "/a.ts": b"a",
                    "/moved.ts": f"{other.url}/c.ts".encode()})  # fmt: skip
    relay = relay_to(f"{server.url}/1.m3u8", token="t0ken")
    for url in ask(relay.url)[2].decode().splitlines()[1:]:
        assert ask(url)[0] == 200
    assert {login for _, login, _ in server.asked} == {"Bearer t0ken"}
    assert [path for path, _, _ in server.asked] == ["/1.m3u8", "/a.ts", "/moved.ts"]
    assert other.asked == [("/b.ts", None, None), ("/c.ts", None, None)]


def test_a_login_of_the_address_is_sent_for_the_parts_too(relay_to: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def open_url(url: str, **_: object) -> None:
        asked.append(url)
        raise HttpError(url)

    monkeypatch.setattr("edge.system.http.open_url", open_url)
    relay = relay_to("https://ada:secret@cam:7/1.m3u8")
    for part in relay.localised("a.ts\nhttps://cam:7/b.ts\nhttps://cam/c.ts\nhttps://eve@cam:7/d.ts\n",
                                "https://cam:7/1.m3u8").splitlines():  # fmt: skip
        with pytest.raises(HttpError):
            relay.fetch(urlsplit(part).path, "")
    assert asked == ["https://ada:secret@cam:7/a.ts", "https://ada:secret@cam:7/b.ts", "https://cam/c.ts",
                     "https://eve@cam:7/d.ts"]  # fmt: skip


def test_a_refusal_is_passed_on_and_kept_as_the_reason(serve: Any, relay_to: Any) -> None:
    server = serve({"/1.m3u8": b"#EXTM3U\ngone.ts\n"})
    relay = relay_to(f"{server.url}/1.m3u8")
    part = ask(relay.url)[2].decode().splitlines()[1]
    assert relay.failure == ""
    assert ask(part)[0] == 404
    assert "404" in relay.failure
    ask(relay.url)
    assert relay.failure == ""


def test_a_playlist_over_tls_leads_to_nothing_without(relay_to: Any) -> None:
    relay = relay_to("https://cam/1.m3u8")
    part = relay.localised("http://cam/a.ts", "https://cam/1.m3u8").strip()
    status, _, _ = ask(part)
    assert status == 403
    assert "https" in relay.failure


def test_only_who_was_told_the_address_gets_something(serve: Any, relay_to: Any) -> None:
    server = serve({"/film.mp4": FILM})
    relay = relay_to(f"{server.url}/film.mp4")
    _, key, name = urlsplit(relay.url).path.split("/")
    address = relay.url.partition("/" + key)[0]
    for path in ("/", f"/{name}", f"/{key[:-1]}/{name}", f"/x/{key}/{name}", f"/{key}", "/film.mp4"):
        assert ask(address + path)[0] == 404
    assert ask(f"{address}/{key}/!.mp4")[0] == 502  # no address in it
    assert server.asked == []


def test_ffmpeg_asks_a_relay_without_the_environment_s_proxy(
    serve: Any, relay_to: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve({"/film.mp4": FILM})
    relay = relay_to(f"{server.url}/film.mp4")
    monkeypatch.setattr(urllib.request, "getproxies", dict)
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with ffmpeg.options(relay.url, Access()):
        cv2.VideoCapture(relay.url, cv2.CAP_FFMPEG).release()  # no film, but it was asked for
    assert server.asked
