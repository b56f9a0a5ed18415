"""Cameras: whether there are any, this user may open them, and what pictures they offer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.host_probe import Patient
from edge.sources.camera import CSI_PREFIX, v4l2

_CSI_DRIVERS = ("unicam", "rp1-cfe")  # of a Raspberry Pi: raw sensor data that only picamera2 makes pictures of
_GROUP = "sudo usermod -aG video $USER, then log in again (a service: SupplementaryGroups=video)"
_CSI = "sudo apt install python3-picamera2, an environment made with --system-site-packages, then --camera csi:0"
_NONE = "plug in a USB camera; a CSI camera needs a 64-bit Raspberry Pi OS; --source demo needs none"


@dataclass(frozen=True, slots=True)
class Kernel:
    """What is asked of the kernel; see `edge.sources.camera.v4l2`."""

    nodes: Callable[[], list[Path]] = v4l2.nodes
    is_closed: Callable[[Path], bool] = v4l2.is_closed
    describe: Callable[[Path], v4l2.Device | None] = v4l2.describe
    formats: Callable[[Path], list[v4l2.Format]] = v4l2.formats


def check_cameras(patient: Patient, camera: str | None, kernel: Kernel | None = None) -> list[Finding]:
    """Look at every camera, or at the one that is wanted.

    Args:
        patient: the machine.
        camera: as given to --camera; None: whatever there is.
        kernel: the machine's V4L2; None: the real one.
    """
    kernel = kernel or Kernel()
    if camera is not None and camera.startswith(CSI_PREFIX):
        return [_check_csi(patient, camera)]
    nodes = kernel.nodes()
    if camera is not None:
        wanted = _node_of(camera)
        if wanted not in nodes:
            found = ", ".join(map(str, nodes)) or "none"
            return [Finding("camera", FAILURE, f"there is no camera {camera} (found: {found})", _NONE)]
        nodes = [wanted]
    findings = [finding for node in nodes for finding in _check_node(patient, kernel, node)]
    if findings:
        return findings
    if camera is not None:
        fix = "a webcam has two nodes, one of them without pictures: try the number before"
        return [Finding("camera", FAILURE, f"{camera} gives no pictures", fix)]
    return [Finding("camera", WARNING, "no camera was found", _NONE)]


def _check_node(patient: Patient, kernel: Kernel, node: Path) -> list[Finding]:
    """A finding on a node; none on one that never gives pictures, such as a webcam's second."""
    if kernel.is_closed(node):
        return [Finding("camera", FAILURE, f"no permission to open {node}", _GROUP)]
    device = kernel.describe(node)
    if device is None:
        return [Finding("camera", WARNING, f"{node} doesn't answer", "unplug it and plug it in again")]
    if device.driver in _CSI_DRIVERS:
        return [_check_csi(patient, f"{CSI_PREFIX}0")]
    if not device.gives_pictures:
        return []
    offered = [each.fourcc for each in kernel.formats(node)]
    text = f"{node}, {device.name}: {', '.join(offered) or 'formats unknown'}"
    if offered and not {"MJPG", "JPEG"} & set(offered):
        return [Finding("camera", OK, f"{text}; without MJPG expect few frames a second at large sizes")]
    return [Finding("camera", OK, text)]


def _check_csi(patient: Patient, camera: str) -> Finding:
    version = patient.installed("picamera2")
    if version is None:
        return Finding("camera", FAILURE, f"{camera} is a CSI camera, and picamera2 isn't here", _CSI)
    return Finding("camera", OK, f"{camera}, picamera2 {version}")


def _node_of(camera: str) -> Path:
    """The node behind a number, a path or a link of udev's."""
    return v4l2.DEVICES / f"video{camera}" if camera.isdecimal() else Path(os.path.realpath(camera))
