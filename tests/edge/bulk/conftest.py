"""Archives of drawn garments, a server that speaks S3, and a pool without Ray for the tests of whole calls."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import pytest

from edge import demo
from edge.artifact.file import default_model

pytest.importorskip("pyarrow", reason="bulk needs the extra `bulk`: pip install 'edge-classify[bulk]'")

from edge.bulk import arrow
from edge.bulk.listing import Archive
from edge.bulk.worker import BulkClassifier, Job


@cache
def garment(number: int) -> bytes:
    """A drawn garment as JPEG."""
    return bytes(cv2.imencode(".jpg", demo.draw_frame(number, seed=31).image)[1])


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., Path]:
    """Write so many drawn garments into a folder, some of them into a folder inside."""

    def write(count: int, name: str = "photos") -> Path:
        folder = tmp_path / name
        for number in range(count):
            path = folder / ("inner" if number % 3 == 2 else "") / f"{number:03d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(garment(number))
        return folder

    return write


@pytest.fixture
def job() -> Job:
    """The built-in model's."""
    content = default_model().read_bytes()
    return Job(default_model().name, content, hashlib.sha256(content).hexdigest(), "0" * 64, "litert")


def names(archive: Archive, *inputs: object) -> list[str]:
    """File names, or what follows the last slash."""
    return [item.path.rpartition("/")[2] for item in archive.items([str(each) for each in inputs])]


class LocalPool:
    """Pool of one worker in this process."""

    workers = 1

    @classmethod
    @contextmanager
    def started(cls, **_: object) -> Iterator[LocalPool]:
        yield cls()

    def classify(self, job: Job, chunks: Sequence[arrow.Table]) -> Iterator[arrow.Table]:
        yield from map(BulkClassifier(job), chunks)


class Bucket(ThreadingHTTPServer):
    """The part of S3 that Arrow asks for: HEAD, ranges, and lists; the bucket `denied` answers with 403."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.sent_bytes = 0

    def url(self, path: str) -> str:
        """URL of a path in the bucket."""
        return f"s3://k:secret@{path}?endpoint_override=127.0.0.1:{self.server_port}&scheme=http"

    @property
    def read(self) -> list[str]:
        """Objects whose bytes were asked for."""
        return [path for method, path in self.requests if method == "GET" and path in self.objects]


class _Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path, query = unquote(url.path).strip("/"), parse_qs(url.query, keep_blank_values=True)
        bucket, _, key = path.partition("/")
        self.server.requests.append((self.command, path))
        if bucket == "denied":
            self._send(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")
        elif path in self.server.objects:
            content = self.server.objects[path]
            first, last = 0, len(content) - 1
            if asked := self.headers.get("Range"):
                first, last = map(int, asked.removeprefix("bytes=").split("-"))
            self._send(206 if asked else 200, content[first : last + 1])
        elif key:
            self._send(404, b"")
        elif "list-type" in query:
            prefix = f"{bucket}/{query.get('prefix', [''])[0]}"
            found = {name: each for name, each in sorted(self.server.objects.items()) if name.startswith(prefix)}
            rows = "".join(
                f"<Contents><Key>{name.partition('/')[2]}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>"
                f"<Size>{len(content)}</Size></Contents>"
                for name, content in found.items()
            )
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>{len(found)}</KeyCount>{rows}"
            self._send(200, f"{text}</ListBucketResult>".encode())
        else:
            self._send(200, b"")

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Fri, 02 Jan 2026 03:04:05 GMT")
        self.end_headers()
        if self.command == "GET":
            self.server.sent_bytes += len(content)
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A server on the loopback interface."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with Bucket() as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()
