"""Ioctls to a fake kernel, whose structures of linux/videodev2.h are packed by hand."""

from __future__ import annotations

import fcntl
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from edge.sources.camera import v4l2
from edge.sources.camera.listing import list_cameras
from edge.sources.camera.v4l2 import Device, Format, Size

BY_ID_NAME = "v4l/by-id/usb-HD_Webcam_12-video-index0"
CAPTURE, METADATA, M2M, PLANES = 0x1, 0x00800000, 0x8000, 0x1000
OF_NODE = 0x80000000  # the last field says what this node can


def capability(driver: str, name: str, bus: str, of_all: int, of_node: int) -> bytes:
    """struct v4l2_capability, 104 bytes."""
    return struct.pack("<16s32s32s6I", driver.encode(), name.encode(), bus.encode(), 0x60100, of_all, of_node, 0, 0, 0)


class Kernel:
    """Answers ioctls of two nodes: a webcam's pictures and its metadata."""

    formats = (b"MJPG", b"YUYV")
    sizes = ((640, 480), (1280, 720))
    rates = ((1, 30), (1001, 15000))  # seconds a frame, as a fraction
    in_use: tuple[str, ...] = ()
    nodes: ClassVar = {
        "video0": capability("uvcvideo", "HD Webcam", "usb-1.2", 0x84A00001, CAPTURE | 0x04200000),
        "video1": capability("uvcvideo", "HD Webcam", "usb-1.2", 0x84A00001, METADATA | 0x04200000),
        "video10": capability("bcm2835-codec", "codec", "platform:1", OF_NODE | M2M, M2M),
        "video11": capability("old", "Old driver", "pci:1", CAPTURE, 0),
        "video12": capability("bcm2835-isp", "isp", "platform:2", OF_NODE | CAPTURE, CAPTURE),
        "video13": capability("rkisp", "Planes", "platform:3", OF_NODE | PLANES, PLANES),
    }

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ioctl(self, file: int, request: int, question: bytes) -> bytes:
        node = Path(f"/proc/self/fd/{file}").readlink().name
        index = struct.unpack_from("<I", question)[0]
        try:
            match request:
                case 0x80685600:
                    return self.nodes[node]
                case 0xC0405602:
                    assert struct.unpack_from("<I", question, 4) == (1,)  # of what it captures
                    return question[:44] + self.formats[index] + question[48:]
                case 0xC02C564A:
                    assert question[4:8] in self.formats
                    return question[:8] + struct.pack("<3I", 1, *self.sizes[index]) + question[20:]
                case 0xC0145608:
                    assert question == struct.pack("<5I", 0, 1, 1, 0, 0)  # gives back no buffers of what it captures
                    if node in self.in_use:
                        raise OSError(16, "Device or resource busy")
                    return question
                case 0xC034564B:
                    assert struct.unpack_from("<2I", question, 8) in self.sizes
                    return question[:16] + struct.pack("<3I", 1, *self.rates[index]) + question[28:]
        except (KeyError, IndexError):
            pass
        raise OSError(22, "Invalid argument")


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Nodes of cameras and of what isn't one, a link by id, and a file that is no node."""
    made = Kernel(tmp_path)
    for name in (*made.nodes, "video7", "videos"):
        (tmp_path / name).touch()
    by_id = tmp_path / "v4l" / "by-id"
    by_id.mkdir(parents=True)
    (tmp_path / BY_ID_NAME).symlink_to("../../video0")
    (tmp_path / "sys" / "video1").mkdir(parents=True)
    (tmp_path / "sys" / "video1" / "index").write_text("1\n")
    monkeypatch.setattr(v4l2, "NODES", tmp_path / "sys")
    monkeypatch.setattr(v4l2, "DEVICES", tmp_path)
    monkeypatch.setattr(fcntl, "ioctl", made.ioctl)
    return made


def test_nodes_are_described_and_other_files_are_left_out(kernel: Kernel) -> None:
    found = v4l2.devices()
    assert [device.node.name for device in found] == ["video0", "video1", "video10", "video11", "video12", "video13"]
    assert found[0] == Device(
        kernel.folder / "video0",
        "uvcvideo",
        "HD Webcam",
        "usb-1.2",
        (f"{kernel.folder}/{BY_ID_NAME}",),
        gives_pictures=True,
    )
    assert [device.index for device in found] == [0, 1, 0, 0, 0, 0]
    assert [device.gives_pictures for device in found] == [True, False, False, True, False, True]


def test_a_camera_lists_its_formats_with_sizes_and_rates(kernel: Kernel) -> None:
    sizes = (Size(480, 640, (30.0, 14.985)), Size(720, 1280, (30.0, 14.985)))
    assert v4l2.formats(kernel.folder / "video0") == [Format("MJPG", sizes), Format("YUYV", sizes)]


def test_a_format_of_any_size_lists_none(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = kernel.ioctl

    def stepwise(file: int, request: int, question: bytes) -> bytes:
        answer = answered(file, request, question)
        return answer[:8] + struct.pack("<I", 3) + answer[12:] if request == 0xC02C564A else answer

    monkeypatch.setattr(fcntl, "ioctl", stepwise)
    assert v4l2.formats(kernel.folder / "video0") == [Format("MJPG", ()), Format("YUYV", ())]


def test_an_endless_list_of_a_driver_is_cut_at_a_hundred(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(tuple[bytes, ...]):
        def __getitem__(self, index: object) -> bytes:  # type: ignore[override]
            return b"YUYV"

    monkeypatch.setattr(kernel, "formats", Endless((b"YUYV",)))
    monkeypatch.setattr(kernel, "sizes", ())
    assert len(v4l2.formats(kernel.folder / "video0")) == 100


def test_a_big_endian_format_is_marked(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "formats", (b"Y16 ", b"Y16\xa0"))
    monkeypatch.setattr(kernel, "sizes", ())
    assert [offered.fourcc for offered in v4l2.formats(kernel.folder / "video0")] == ["Y16", "Y16-BE"]


def test_a_node_that_is_gone_has_no_description_and_no_formats(kernel: Kernel) -> None:
    assert v4l2.describe(kernel.folder / "video99") is None
    assert v4l2.formats(kernel.folder / "video99") == []


def test_the_text_names_camera_stable_name_and_formats(kernel: Kernel) -> None:
    name, by_id, *formats = list_cameras(as_json=False).splitlines()[:4]
    assert name.split() == [f"{kernel.folder}/video0", "HD", "Webcam", "(uvcvideo,", "usb-1.2)"]
    assert by_id.split() == ["--camera", f"{kernel.folder}/{BY_ID_NAME}"]
    sizes = ["640x480", "at", "30/s,", "1280x720", "at", "30/s"]
    assert [line.split() for line in formats] == [["MJPG", *sizes], ["YUYV", *sizes]]


def test_the_text_names_nodes_without_permission_and_is_never_empty(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(v4l2, "is_closed", lambda node: node.name == "video7")
    last = list_cameras(as_json=False).splitlines()[-1]
    assert last.startswith(f"{kernel.folder}/video7: no permission: ")
    assert "usermod" in last
    monkeypatch.setattr(v4l2, "DEVICES", tmp_path / "empty")
    assert list_cameras(as_json=False).startswith("no camera was found")
    assert list_cameras(as_json=True) == "[]"


def test_on_the_command_line_the_list_is_text_or_json(kernel: Kernel, edge_classify: Callable[..., Any]) -> None:
    outcome = edge_classify("--list-cameras")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{kernel.folder}/video0  HD Webcam")
    first = json.loads(edge_classify("--list-cameras", "--json").out)[0]
    assert list(first) == ["camera", "name", "driver", "bus", "by_id", "formats"]
    assert first["formats"][0]["sizes"][0] == {"height": 480, "width": 640, "fps": [30.0, 14.985]}


def test_a_camera_whose_stream_another_program_holds_is_in_use(kernel: Kernel) -> None:
    node = kernel.folder / "video0"
    assert not v4l2.is_in_use(node)
    kernel.in_use = ("video0",)
    assert v4l2.is_in_use(node)
    assert not v4l2.is_in_use(kernel.folder / "gone")
