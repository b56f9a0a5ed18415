"""Values of --source, and the error for each kind that leads to nothing."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.errors import ConfigError, SourceError
from edge.health import Health
from edge.images import kinds
from edge.sources import CameraSettings, LiveTimeouts, Source, images, video
from edge.sources import open as sources
from edge.sources.images import ImageSource
from edge.sources.live.reconnecting import LiveSource
from edge.system import process


def open_source(text: str, *, is_camera: bool = False) -> Source:
    """Open it with a usual timeouts and settings."""
    return sources.open_source(
        text, health=Health(), timeouts=LiveTimeouts(2.0, 10.0), settings=CameraSettings(480, 640), is_camera=is_camera
    )


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three pictures, a text, a sub-folder with one more picture and one that is called like one."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "folder.png").mkdir()
    for name in ("b.png", "a.JPG", "c[1].png", "deep/d.png"):
        done, content = cv2.imencode(Path(name).suffix.lower(), np.zeros((2, 2, 3), np.uint8))
        assert done
        (tmp_path / name).write_bytes(content.tobytes())
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["a.JPG", "b.png", "c[1].png"]),
        ("/b.png", ["b.png"]),
        ("/a.JPG", ["a.JPG"]),
        ("/c[1].png", ["c[1].png"]),
        ("/*.png", ["b.png", "c[1].png"]),
        ("/*", ["a.JPG", "b.png", "c[1].png"]),
        ("/**/*.png", ["b.png", "c[1].png", "d.png"]),
        ("/[ab].*", ["a.JPG", "b.png"]),
        ("/?.png", ["b.png"]),
    ],
    ids=["folder", "image", "upper case", "brackets in a name", "glob", "all", "recursive", "set", "question mark"],
)
def test_images_in_the_order_of_their_names(pictures: Path, text: str, names: list[str]) -> None:
    source = open_source(f"{pictures}{text}")
    assert isinstance(source, ImageSource)
    assert source.name == f"{pictures}{text}"
    assert [Path(frame.source).name for frame in source.frames()] == names
    assert source.skipped == 0
    assert not source.is_stream


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/gone.png", r"no source '.*gone\.png': expected an image, a folder, a glob, a video, a URL, - or demo$"),
        ("/*.webp", r"no image matches '.*\*\.webp' \(0 other files do\): check the pattern"),
        ("/*.txt", r"no image matches '.*\*\.txt' \(1 other files do\)"),
        ("/empty", r"no image in folder .*empty$"),
        ("/outer", r"no image in folder .*outer: .*give '.*outer/\*/\*'$"),
    ],
    ids=["gone", "no match", "matches no image", "empty folder", "images deeper"],
)
def test_a_source_without_an_image_is_an_error_with_a_remedy(pictures: Path, text: str, words: str) -> None:
    (pictures / "empty").mkdir()
    (pictures / "outer").mkdir()
    (pictures / "deep").rename(pictures / "outer" / "deep")
    with pytest.raises(SourceError, match=words):
        open_source(f"{pictures}{text}")


@pytest.mark.parametrize("text", ["0", "12", "/dev/video77", "/dev/v4l/by-id/none", "csi:0"])
def test_a_camera_given_as_a_source_is_an_error_with_the_right_flag(text: str) -> None:
    with pytest.raises(ConfigError, match=rf"\(a camera\? then: --camera {text}\)"):
        open_source(text)


@pytest.mark.parametrize("text", ["/dev/disk/by-label/none/a.mp4", "/dev/none", "/dev/videos/a.mp4", "2024"])
def test_an_absent_file_is_not_taken_for_a_camera(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as raised:
        open_source(text)
    assert "--camera" not in str(raised.value)


def test_a_pipe_by_its_path_is_told_to_be_standard_input() -> None:
    with pytest.raises(ConfigError, match="--source -") as raised:
        open_source("/dev/fd/999")
    assert "--camera" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("http://host/a.jpg", "ImageUrlSource"),
        ("https://host/a.PNG?width=3", "ImageUrlSource"),
        ("http://host/video.mp4", "VideoSource"),
        ("http://host/video.MKV?token=1", "VideoSource"),
    ],
)
def test_a_file_behind_a_url_is_opened_by_its_suffix(monkeypatch: pytest.MonkeyPatch, text: str, kind: str) -> None:
    opened: list[tuple[str, str]] = []
    for module, name in ((images, "ImageUrlSource"), (video, "VideoSource")):
        monkeypatch.setattr(module, name, lambda url, name=name, **_: opened.append((name, url)))
    opened_source: Source | None = open_source(text)
    assert opened_source is None
    assert opened == [(kind, text)]


@pytest.mark.parametrize(
    "text",
    [
        "http://host/stream",
        "http://host/stream?still=a.jpg",
        "http://host/stream?file=a.mp4",
        "rtsp://host/a.jpg",
        "rtsp://host/a.mp4",
        "udp://127.0.0.1:5000",
    ],
)
def test_other_urls_are_live(text: str) -> None:
    source = open_source(text)
    assert isinstance(source, LiveSource)
    assert source.name == text


@pytest.mark.parametrize(("text", "name"), [("0", "camera 0"), ("/dev/video3", "/dev/video3")])
def test_cameras_are_live(text: str, name: str) -> None:
    source = open_source(text, is_camera=True)
    assert isinstance(source, LiveSource)
    assert source.name == name
    assert source.is_stream


@pytest.mark.parametrize(
    ("text", "is_camera", "is_live"),
    [
        ("0", True, True),
        ("rtsp://host/a.mp4", False, True),
        ("http://host/stream", False, True),
        ("http://host/clip.mp4", False, False),
        ("file:///clip.mp4", False, False),
        ("demo-video", False, False),
    ],
)
def test_a_source_is_live_if_it_does_not_wait_for_its_reader(*, text: str, is_camera: bool, is_live: bool) -> None:
    assert open_source(text, is_camera=is_camera).is_live is is_live


def test_standard_input_is_live_if_it_is_a_pipe_and_not_a_file(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(writer)
    for stream, is_live in ((os.fdopen(reader, "rb"), True), ((pictures / "a.JPG").open("rb"), False)):
        with stream:
            monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream, isatty=lambda: False))
            assert open_source("-").is_live is is_live


def test_pictures_of_what_is_live_have_pages_of_their_own_and_others_none(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(process, "use_mmap_for_frames", lambda: told.append("apart"))
    for text in ("demo", "demo-video", str(pictures), str(pictures / "b.png")):
        open_source(text)
    assert told == []
    open_source("0", is_camera=True)
    assert told == ["apart"]


def gif(count: int) -> bytes:
    file = io.BytesIO()
    first, *more = [Image.new("L", (32, 32), 60 * number) for number in range(count)]
    first.save(file, "GIF", save_all=True, append_images=more)
    return file.getvalue()


def jpeg() -> bytes:
    return cv2.imencode(".jpg", np.zeros((32, 32, 3), np.uint8))[1].tobytes()


@pytest.mark.parametrize(
    ("name", "content", "is_image"),
    [
        ("photo.jfif", jpeg(), True),
        ("photo", jpeg(), True),
        ("photo.mp4", jpeg(), True),
        ("frames.mjpeg", 2 * jpeg(), False),
        ("photo.jpg", 2 * jpeg(), True),
        ("a.gif", gif(1), kinds.is_readable(kinds.GIF)),
        ("a.jpg", gif(2), False),
        ("damaged.png", b"hello", True),
        ("empty.png", b"", True),
        ("hello", b"hello", False),
        ("film.png", b"\0\0\0\x10ftypisom\0\0\0\0", False),
    ],
)
def test_a_file_is_an_image_or_a_video_by_its_bytes(
    tmp_path: Path, name: str, content: bytes, *, is_image: bool
) -> None:
    (tmp_path / name).write_bytes(content)
    source = open_source(str(tmp_path / name))
    assert isinstance(source, ImageSource if is_image else video.VideoSource)
    source.close()


def test_an_image_of_a_kind_that_nothing_reads_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"8BPS" + bytes(60))
    with pytest.raises(SourceError, match="Photoshop .*PNG"):
        open_source(str(tmp_path / "a.jpg"))


def test_what_a_folder_or_pattern_leaves_out_is_logged_by_kind(
    pictures: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for text in (str(pictures), f"{pictures}/*"):
        caplog.clear()
        open_source(text)
        assert any(message.startswith(f"left out of {text}: 1 other file (notes.txt)") for message in caplog.messages)
    caplog.clear()
    open_source(str(pictures))
    assert f"'{pictures}/*/*'" in caplog.messages[-1]
