"""What `--list-cameras` says: every camera with its stable names, formats, sizes and rates."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from edge.errors import RuntimeMissingError
from edge.sources.camera import CSI_PREFIX, v4l2
from edge.sources.camera.csi import csi_cameras

_NONE = "no camera was found (a USB camera? check the cable and `lsusb`; a CSI camera? it needs picamera2)"


def list_cameras(*, as_json: bool) -> str:
    """The cameras that are there, as text for people or as one JSON array.

    Args:
        as_json: objects with camera (what to give to --camera), name, driver, bus, by_id (list) and formats (list of
            fourcc and sizes, each with height, width and fps, a list).
    """
    cameras = [*_usb_cameras(), *_csi_cameras()]
    if as_json:
        return json.dumps(cameras, indent=2)
    closed = [f"{node}: no permission: sudo usermod -aG video $USER, then log in again" for node in _closed_nodes()]
    return "\n".join([*(_paragraph(camera) for camera in cameras), *closed]) or _NONE


def _usb_cameras() -> list[dict[str, Any]]:
    return [
        {
            "camera": str(device.node),
            "name": device.name,
            "driver": device.driver,
            "bus": device.bus,
            "by_id": list(device.by_id),
            "formats": [asdict(each) for each in v4l2.formats(device.node)],
        }
        for device in v4l2.devices()
        if device.gives_pictures
    ]


def _csi_cameras() -> list[dict[str, Any]]:
    try:
        found = csi_cameras()
    except RuntimeMissingError:
        return []
    return [
        {
            "camera": f"{CSI_PREFIX}{number}",
            "name": str(camera["Model"]),
            "driver": "libcamera",
            "bus": str(camera["Id"]),
            "by_id": [],
            "formats": [],
        }
        for number, camera in enumerate(found)
    ]


def _closed_nodes() -> list[str]:
    return [str(node) for node in v4l2.nodes() if v4l2.is_closed(node)]


def _paragraph(camera: dict[str, Any]) -> str:
    """One camera: a line for itself, one for each stable name, one for each format."""
    lines = [f"{camera['camera']}  {camera['name']}  ({camera['driver']}, {camera['bus']})"]
    lines += [f"    --camera {name}" for name in camera["by_id"]]
    for each in camera["formats"]:
        sizes = ", ".join(_size(size) for size in each["sizes"]) or "any size"
        lines.append(f"    {each['fourcc']}  {sizes}")
    return "\n".join(lines)


def _size(size: dict[str, Any]) -> str:
    text = f"{size['width']}x{size['height']}"
    return f"{text} at {max(size['fps']):g}/s" if size["fps"] else text
