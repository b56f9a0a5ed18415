"""Small drawn videos in several containers, and what becomes of them when header, frames and index are damaged."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.demo import draw_frame
from edge.errors import ToolkitError
from tests.hardening.malformed_media.bombs import claiming
from tests.hardening.malformed_media.pictures import Rng, damage, encoded

# By OpenCV, and by PyAV where it is installed: FFmpeg's names of what writes them.
_KINDS = (("mjpg.avi", "MJPG"), ("mpeg4.avi", "XVID"), ("mpeg4.mp4", "mp4v"), ("mpeg4.mkv", "mp4v"))
_PYAV_KINDS = (("h264.mp4", "libx264"), ("h265.mkv", "libx265"), ("vp8.webm", "libvpx"), ("vp9.mkv", "libvpx-vp9"))
_HEIGHT, _WIDTH, _FRAMES, _FPS = 120, 160, 24, 12
_HEAD_BYTES, _TAIL_BYTES = 600, 2000  # where headers and indices stand in files this small


def seeds() -> list[tuple[str, bytes]]:
    """Whole videos, as file name and content.

    Raises:
        ToolkitError: this OpenCV writes none of them.
    """
    drawn = [draw_frame(number, hold=_FRAMES // 2, height=_HEIGHT, width=_WIDTH).image for number in range(_FRAMES)]
    with tempfile.TemporaryDirectory() as folder:
        for name, code in _KINDS:
            writer = cv2.VideoWriter(str(Path(folder, name)), cv2.VideoWriter.fourcc(*code), _FPS, (_WIDTH, _HEIGHT))
            for image in drawn:
                writer.write(image)
            writer.release()
        if not any(Path(folder).iterdir()):
            raise ToolkitError("OpenCV writes no video here: install opencv-python-headless, which has FFmpeg")
        if find_spec("av"):
            for name, codec in _PYAV_KINDS:
                _write_with_pyav(Path(folder, name), codec, drawn)
        return [(path.name, path.read_bytes()) for path in sorted(Path(folder).iterdir())]


def _write_with_pyav(path: Path, codec: str, images: Sequence[NDArray[np.uint8]]) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=_FPS, height=_HEIGHT, width=_WIDTH, pix_fmt="yuv420p")
        assert isinstance(stream, av.VideoStream)
        if codec == "libx265":  # it is the only one that talks
            stream.options = {"x265-params": "log-level=none"}
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))


def mutant(number: int, *, seed: int, originals: Sequence[tuple[str, bytes]]) -> tuple[str, bytes]:
    """One damaged video, always the same one for a number: see `pictures.mutant`."""
    rng = np.random.default_rng([seed, number])
    name, content = originals[number % len(originals)]
    first, last = _region(len(content), rng)
    part = bytearray(content[first:last])
    damage(part, rng)
    return name, content[:first] + bytes(part) + content[last:]


def misdeclared_videos() -> list[tuple[str, bytes]]:
    """Streams that are larger than they seem, or change in the middle, as file name and content."""
    sizes = [(120, 160), (16, 16), (1080, 1920), (48, 640)]
    jpegs = [encoded(".jpg", np.full((height, width, 3), 90, np.uint8)) for height, width in sizes]
    progressive = encoded(".jpg", np.zeros((64, 64, 3), np.uint8), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    return [
        ("another_size_each_frame.mjpeg", b"".join(jpegs * 5)),
        ("claims_16000x16000.mjpeg", claiming(progressive, 16_000) * 3),
        ("claims_16000x16000_later.mjpeg", jpegs[0] * 5 + claiming(progressive, 16_000) + jpegs[0] * 5),
        ("playlist_of_files.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"),
        ("list_of_files.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n"),
    ]


def _region(length: int, rng: Rng) -> tuple[int, int]:
    """Header, index or all of it."""
    return [(0, min(_HEAD_BYTES, length)), (max(0, length - _TAIL_BYTES), length), (0, length)][int(rng.integers(3))]
