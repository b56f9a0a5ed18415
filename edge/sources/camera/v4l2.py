"""Cameras as the kernel lists them (Linux, V4L2): names, stable ids, formats, sizes, rates."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEVICES = Path("/dev")
NODES = Path("/sys/class/video4linux")
BY_ID = "v4l/by-id"  # folder of udev's links, named by maker, model and serial number
RAW_SENSORS = ("unicam", "rp1-cfe")
"""Drivers of a Raspberry Pi whose nodes give raw sensor data, from which only picamera2 makes images."""

# Numbers and layouts of linux/videodev2.h, the same on every 64-bit and 32-bit Linux.
_QUERYCAP = 0x80685600
_CAPABILITY = struct.Struct("16s32s32s3I12x")  # driver, card, bus_info, version, capabilities, device_caps
_ENUM_FMT = 0xC0405602
_FORMAT = struct.Struct("3I32s4s16x")  # index, type, flags, description, pixelformat
_ENUM_FRAMESIZES = 0xC02C564A
_SIZE = struct.Struct("I4s3I24x")  # index, pixel_format, type, width, height; stepwise: least, greatest width
_ENUM_FRAMEINTERVALS = 0xC034564B
_INTERVAL = struct.Struct("I4s5I24x")  # index, pixel_format, width, height, type, numerator, denominator
_VIDEO_CAPTURE = 0x1 | 0x1000  # in one plane, in several
_IMAGE_PROCESSORS = ("bcm2835-isp", "pispbe")  # drivers of a Raspberry Pi that turn images into images
_HAS_DEVICE_CAPS = 0x80000000
_CAPTURE_BUFFER = 1
_DISCRETE = 1
_MOST = 100  # entries of a list, for a driver that never ends it


@dataclass(frozen=True, slots=True)
class Size:
    """A size that a camera offers, and its rates."""

    height: int
    width: int
    fps: tuple[float, ...]
    """Frames a second, highest first; empty where the driver doesn't say."""


@dataclass(frozen=True, slots=True)
class Format:
    """A pixel format that a camera offers."""

    fourcc: str
    """Four-character code: MJPG, YUYV, ..."""
    sizes: tuple[Size, ...]
    """Empty where it takes any size."""


@dataclass(frozen=True, slots=True)
class Device:
    """A video node."""

    node: Path
    """/dev/videoN."""
    driver: str
    name: str
    bus: str
    """Name of the socket, which stays the same whatever the node's number is."""
    by_id: tuple[str, ...]
    """Stable names by maker, model and serial number; none without udev."""
    gives_pictures: bool
    """False for metadata nodes, codecs and the like."""
    index: int = 0
    """Number among the nodes of its camera: some have one for colour and one for infrared."""


def devices() -> list[Device]:
    """List every video node that may be opened, in the order of the numbers; none on systems other than Linux."""
    return [device for node in nodes() if (device := describe(node)) is not None]


def nodes() -> list[Path]:
    """List every video node, also those that may not be opened."""
    return sorted(DEVICES.glob("video[0-9]*"), key=lambda node: (len(node.name), node.name))


def is_closed(node: Path) -> bool:
    """Return whether a node exists but may not be opened by this user."""
    return node.exists() and not os.access(node, os.R_OK | os.W_OK)


def describe(node: Path) -> Device | None:
    """Describe a node; None if it is gone, closed to this user, or no V4L2 device."""
    try:
        with _Node(node) as opened:
            fields = _CAPABILITY.unpack(opened.ask(_QUERYCAP, bytes(_CAPABILITY.size)))
    except OSError:
        return None
    driver, name, bus = (field.split(b"\0")[0].decode(errors="replace") for field in fields[:3])
    of_all_nodes, of_this_node = fields[4:]
    can = of_this_node if of_all_nodes & _HAS_DEVICE_CAPS else of_all_nodes
    is_camera = bool(can & _VIDEO_CAPTURE) and driver not in _IMAGE_PROCESSORS
    return Device(node, driver, name, bus, _ids_of(node), gives_pictures=is_camera, index=_index_of(node))


def formats(node: Path) -> list[Format]:
    """List what a camera offers; nothing if the node can't be opened."""
    try:
        with _Node(node) as opened:
            return [Format(_text(code), tuple(_sizes(opened, code))) for code in _codes(opened)]
    except OSError:
        return []


class _Node:
    """An open video node for ioctls that neither disturb nor need a stream."""

    def __init__(self, path: Path) -> None:
        if sys.platform != "linux":
            raise OSError("V4L2 is Linux's")
        self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def __enter__(self) -> _Node:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def ask(self, request: int, question: bytes) -> bytes:
        """Send one ioctl: take the bytes of a structure, and return them filled in."""
        import fcntl

        return fcntl.ioctl(self._file, request, question)

    def ask_each(self, request: int, layout: struct.Struct, *question: object) -> Iterator[tuple[int | bytes, ...]]:
        """Yield the structures for 0, 1, 2, ... in the first field until the driver ends the list."""
        with contextlib.suppress(OSError):
            for index in range(_MOST):
                yield layout.unpack(self.ask(request, layout.pack(index, *question)))


def _codes(node: _Node) -> Iterator[bytes]:
    for *_, code in node.ask_each(_ENUM_FMT, _FORMAT, _CAPTURE_BUFFER, 0, b"", b""):
        assert isinstance(code, bytes)
        yield code


def _sizes(node: _Node, code: bytes) -> Iterator[Size]:
    for _, _, kind, width, height in node.ask_each(_ENUM_FRAMESIZES, _SIZE, code, 0, 0, 0):
        if kind != _DISCRETE:
            return
        assert isinstance(width, int)
        assert isinstance(height, int)
        yield Size(height, width, tuple(_rates(node, code, width, height)))


def _rates(node: _Node, code: bytes, width: int, height: int) -> Iterator[float]:
    question = (code, width, height, 0, 0, 0)
    for *_, kind, numerator, denominator in node.ask_each(_ENUM_FRAMEINTERVALS, _INTERVAL, *question):
        if kind != _DISCRETE:
            return
        assert isinstance(numerator, int)
        assert isinstance(denominator, int)
        yield round(denominator / numerator, 3) if numerator else 0.0


def _index_of(node: Path) -> int:
    try:
        return int((NODES / node.name / "index").read_text())
    except (OSError, ValueError):
        return 0


def _ids_of(node: Path) -> tuple[str, ...]:
    links = sorted((DEVICES / BY_ID).glob("*"))
    return tuple(str(link) for link in links if os.path.realpath(link) == os.path.realpath(node))


def _text(code: bytes) -> str:
    """Return the four characters of a format, whose highest bit stands for big-endian."""
    text = bytes(byte & 0x7F for byte in code).decode("ascii").strip()
    return f"{text}-BE" if code[3] & 0x80 else text
