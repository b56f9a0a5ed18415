"""Checks of the cameras: their presence, permission to open them, and the formats they offer."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.doctor.host_probe import FAILURE, OK, WARNING, Finding, HostProbe
from edge.sources.camera import CSI_PREFIX, v4l2

_GROUP = "sudo usermod -aG video $USER, then log in again (a service: SupplementaryGroups=video)"
_CSI = "sudo apt install python3-picamera2, an environment made with --system-site-packages, then --camera csi:0"
_NONE = "plug in a USB camera; a CSI camera needs a 64-bit Raspberry Pi OS; --source demo needs none"


@dataclass(frozen=True, slots=True)
class Kernel:
    """Queries to the kernel; see `edge.sources.camera.v4l2`."""

    nodes: Callable[[], list[Path]] = v4l2.nodes
    is_closed: Callable[[Path], bool] = v4l2.is_closed
    describe: Callable[[Path], v4l2.Device | None] = v4l2.describe
    formats: Callable[[Path], list[v4l2.Format]] = v4l2.formats


def check_cameras(probe: HostProbe, camera: str | None, kernel: Kernel | None = None) -> list[Finding]:
    """Check every camera, or the one that is named as for --camera; a kernel of None is the real one."""
    kernel = kernel or Kernel()
    if camera is not None and camera.startswith(CSI_PREFIX):
        return [_check_csi(probe, camera)]
    nodes = kernel.nodes()
    if camera is not None:
        named = _node_of(camera)
        if named not in nodes:
            others = ", ".join(map(str, nodes)) or "none"
            return [Finding("camera", FAILURE, f"there is no camera {camera} (found: {others})", _NONE)]
        nodes = [named]
    findings = [finding for node in nodes for finding in _check_node(probe, kernel, node)]
    if findings:
        return findings
    if camera is not None:
        fix = "a webcam has two nodes, one of them without pictures: try the number before"
        return [Finding("camera", FAILURE, f"{camera} gives no pictures", fix)]
    return [Finding("camera", WARNING, "no camera was found", _NONE)]


def _check_node(probe: HostProbe, kernel: Kernel, node: Path) -> list[Finding]:
    """Check a node; no finding on one that never gives pictures, such as a webcam's second."""
    if kernel.is_closed(node):
        return [Finding("camera", FAILURE, f"no permission to open {node}", _GROUP)]
    device = kernel.describe(node)
    if device is None:
        return [Finding("camera", WARNING, f"{node} doesn't answer", "unplug it and plug it in again")]
    if device.driver in v4l2.RAW_SENSORS:
        return [_check_csi(probe, f"{CSI_PREFIX}0")]
    if not device.gives_pictures:
        return []
    offered = [offer.fourcc for offer in kernel.formats(node)]
    text = f"{node}, {device.name}: {', '.join(offered) or 'formats unknown'}"
    if offered and not {"MJPG", "JPEG"} & set(offered):
        return [Finding("camera", OK, f"{text}; without MJPG expect few frames a second at large sizes")]
    return [Finding("camera", OK, text)]


def _check_csi(probe: HostProbe, camera: str) -> Finding:
    version = probe.installed("picamera2")
    if version is None:
        return Finding("camera", FAILURE, f"{camera} is a CSI camera, and picamera2 isn't here", _CSI)
    return Finding("camera", OK, f"{camera}, picamera2 {version}")


def _node_of(camera: str) -> Path:
    """Return the node behind a number, a path or a link of udev's."""
    return v4l2.DEVICES / f"video{camera}" if camera.isdecimal() else Path(os.path.realpath(camera))
