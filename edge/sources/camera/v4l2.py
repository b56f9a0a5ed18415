"""Cameras as the kernel lists them (Linux, V4L2): names, stable ids, formats, sizes, rates."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
_REQBUFS = 0xC0145608
_BUFFERS = struct.Struct("3I8x")  # count, type, memory; capabilities, flags
_MEMORY_MAP = 1
_VIDEO_CAPTURE = 0x1 | 0x1000  # in one plane, in several
_IMAGE_PROCESSORS = ("bcm2835-isp", "pispbe")  # drivers of a Raspberry Pi that turn images into images
_HAS_DEVICE_CAPS = 0x80000000
_CAPTURE_BUFFER = 1
_DISCRETE = 1
_MOST = 100  # entries of a list, for a driver that never ends it

_Ask = Callable[[int, bytes], bytes]
"""One ioctl: takes a request and the bytes of a structure, returns them filled in."""


@dataclass(frozen=True, slots=True)
class Size:
    """A size that a camera offers, and its rates."""

    height: int
    width: int
    fps: tuple[float, ...]
    """Frames a second, highest first; empty if the driver lists none."""


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


def is_in_use(node: Path) -> bool:
    """Return whether another program holds a camera's stream; to be asked where it couldn't be opened.

    Giving back no buffers changes nothing, and fails with EBUSY while another has some (VIDIOC_REQBUFS).
    """
    try:
        with _opened(node) as ask:
            ask(_REQBUFS, _BUFFERS.pack(0, _CAPTURE_BUFFER, _MEMORY_MAP))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False


def describe(node: Path) -> Device | None:
    """Describe a node; None if it is gone, closed to this user, or no V4L2 device."""
    try:
        with _opened(node) as ask:
            fields = _CAPABILITY.unpack(ask(_QUERYCAP, bytes(_CAPABILITY.size)))
    except OSError:
        return None
    driver, name, bus = (field.split(b"\0")[0].decode(errors="replace") for field in fields[:3])
    of_all_nodes, of_this_node = fields[4:]
    can = of_this_node if of_all_nodes & _HAS_DEVICE_CAPS else of_all_nodes
    is_camera = bool(can & _VIDEO_CAPTURE) and driver not in _IMAGE_PROCESSORS
    links = sorted((DEVICES / BY_ID).glob("*"))
    by_id = tuple(str(link) for link in links if os.path.realpath(link) == os.path.realpath(node))
    try:
        index = int((NODES / node.name / "index").read_text())
    except (OSError, ValueError):
        index = 0
    return Device(node, driver, name, bus, by_id, gives_pictures=is_camera, index=index)


def formats(node: Path) -> list[Format]:
    """List what a camera offers; nothing if the node can't be opened."""
    try:
        with _opened(node) as ask:
            codes = [code for *_, code in _entries(ask, _ENUM_FMT, _FORMAT, _CAPTURE_BUFFER, 0, b"", b"")]
            return [Format(_text(code), tuple(_sizes(ask, code))) for code in codes]
    except OSError:
        return []


@contextlib.contextmanager
def _opened(node: Path) -> Iterator[_Ask]:
    """Open a video node for ioctls, which neither disturb nor need a stream."""
    if sys.platform != "linux":
        raise OSError("V4L2 is Linux's")
    import fcntl

    file = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield lambda request, structure: fcntl.ioctl(file, request, structure)
    finally:
        os.close(file)


def _entries(ask: _Ask, request: int, layout: struct.Struct, *question: object) -> Iterator[tuple[Any, ...]]:
    """Yield the structures for 0, 1, 2, ... in the first field until the driver ends the list."""
    with contextlib.suppress(OSError):
        for index in range(_MOST):
            yield layout.unpack(ask(request, layout.pack(index, *question)))


def _sizes(ask: _Ask, code: bytes) -> Iterator[Size]:
    for _, _, kind, width, height in _entries(ask, _ENUM_FRAMESIZES, _SIZE, code, 0, 0, 0):
        if kind != _DISCRETE:
            return
        yield Size(height, width, tuple(_rates(ask, code, width, height)))


def _rates(ask: _Ask, code: bytes, width: int, height: int) -> Iterator[float]:
    question = (code, width, height, 0, 0, 0)
    for *_, kind, numerator, denominator in _entries(ask, _ENUM_FRAMEINTERVALS, _INTERVAL, *question):
        if kind != _DISCRETE:
            return
        yield round(denominator / numerator, 3) if numerator else 0.0


def _text(code: bytes) -> str:
    """Return the four characters of a format, whose highest bit stands for big-endian."""
    text = bytes(byte & 0x7F for byte in code).decode("ascii").strip()
    return f"{text}-BE" if code[3] & 0x80 else text
