"""Single pictures from servers that send what they please: decided once, fetched again, or refused."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from edge.errors import ConfigError, SourceError
from edge.health import Health
from edge.images import limits
from edge.sources import CameraSettings, LiveTimeouts, images, open_source
from edge.sources.images import ImageUrlSource
from edge.sources.live import http_stream
from edge.sources.live.http_stream import Snapshots
from edge.system.connection import Access
from tests.edge.sources.live.conftest import LONG_S, OK, connected, jpeg

PNG = cv2.imencode(".png", np.full((16, 24, 3), 50, np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    "pieces",
    [
        [OK + b"Content-Type: image/jpeg\r\n\r\n", jpeg(50)],
        [OK + b"\r\n", jpeg(50)],
        [OK + b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(jpeg(50)), jpeg(50)],
        [OK + b"Content-Type: image/png\r\n\r\n", PNG],
    ],
    ids=["by its type", "by its bytes", "a wrong type", "PNG"],
)  # fmt: skip
def test_an_address_of_one_picture_is_decided_as_a_picture(hostile: Callable[..., str], pieces: list[bytes]) -> None:
    health = Health()
    source = open_source(hostile(*pieces), health=health, timeouts=LiveTimeouts(LONG_S, LONG_S),
                         settings=CameraSettings(480, 640))  # fmt: skip
    (frame,) = source.frames()
    source.close()
    assert frame is not None
    assert (frame.is_single, frame.image.shape) == (True, (16, 24, 3))
    assert frame.image.mean() == pytest.approx(50, abs=3)
    assert (health.state, source.skipped) == ("live", 0)


def test_half_a_picture_at_an_address_of_one_is_an_error(hostile: Callable[..., str]) -> None:
    connection = connected(hostile(OK + b"Content-Type: image/jpeg\r\n\r\n", jpeg(50)[:-30]))
    with pytest.raises(SourceError, match="half"):
        connection.read()
    connection.close()


def test_a_picture_is_fetched_again_and_again_and_not_too_often(
    hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept_s: list[float] = []
    monkeypatch.setattr(http_stream, "time", SimpleNamespace(sleep=slept_s.append, monotonic=lambda: 7.0))
    url = hostile(OK + b"Content-Type: image/jpeg\r\n\r\n", jpeg(50))
    opener = Snapshots(url, every_s=3.0, read_timeout_s=LONG_S, access=Access())
    assert opener.open().read().mean() == pytest.approx(50, abs=3)
    assert slept_s == []
    assert [opener.read().shape for _ in range(2)] == [(16, 24, 3)] * 2
    assert slept_s == [3.0, 3.0]


@pytest.mark.parametrize(("every_s", "is_stream"), [(0.5, True), (5.0, False)])
def test_pictures_far_apart_are_decided_each_on_its_own(
    hostile: Callable[..., str], every_s: float, is_stream: bool
) -> None:
    url = hostile(OK + b"Content-Type: image/jpeg\r\n\r\n", jpeg(50))
    source = open_source(url, health=Health(), timeouts=LiveTimeouts(2.0, 10.0), settings=CameraSettings(480, 640),
                         every_s=every_s)  # fmt: skip
    assert (source.is_live, source.is_stream) == (True, is_stream)
    with pytest.raises(ConfigError, match="--every"):
        open_source("a.jpg", health=Health(), timeouts=LiveTimeouts(2.0, 10.0), settings=CameraSettings(480, 640),
                    every_s=every_s)  # fmt: skip


@pytest.mark.parametrize("where", ["file:///etc/passwd", "file:///dev/zero"])
def test_an_image_is_not_redirected_to_a_file(hostile: Callable[..., str], where: str) -> None:
    url = hostile(f"HTTP/1.0 302 Found\r\nLocation: {where}\r\n\r\n".encode())
    with pytest.raises(SourceError, match=r"http://127.*: the server answers 302"):
        ImageUrlSource(url)


def test_an_image_that_never_ends_is_refused(hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 10_000)
    with pytest.raises(SourceError, match=r"/camera: larger than 10,000 bytes"):
        ImageUrlSource(hostile(OK + b"\r\n", for_ever=b"\xff\xd8\xff" * 99))


def test_an_image_that_takes_for_ever_is_not_waited_for(
    hostile: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "_LONGEST_S", 0.0)
    with pytest.raises(SourceError, match=r"http://127.*: .* 0 s$"):
        ImageUrlSource(hostile(OK + b"\r\n", for_ever=b"\xff\xd8\xff"))
