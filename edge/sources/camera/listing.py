"""Output of `--list-cameras`: every camera with its stable names, formats, sizes and rates."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from edge.errors import RuntimeMissingError
from edge.sources.camera import CSI_PREFIX, v4l2
from edge.sources.camera.csi import csi_cameras

_NONE = "no camera was found (a USB camera? check the cable and `lsusb`; a CSI camera? it needs picamera2)"


@dataclass(frozen=True, slots=True)
class _Camera:
    """A camera; the fields are the keys in JSON."""

    camera: str
    """Value for --camera."""
    name: str
    driver: str
    bus: str
    by_id: tuple[str, ...]
    formats: tuple[v4l2.Format, ...]


def list_cameras(*, as_json: bool) -> str:
    """Return the cameras that are present, as text for people or as one JSON array.

    Its objects hold camera (the value for --camera), name, driver, bus, by_id (list) and formats (list of fourcc and
    sizes, each with height, width and fps, a list).
    """
    cameras = [*_usb_cameras(), *_csi_cameras()]
    if as_json:
        return json.dumps([asdict(camera) for camera in cameras], indent=2)
    closed = [
        f"{node}: no permission: sudo usermod -aG video $USER, then log in again"
        for node in v4l2.nodes()
        if v4l2.is_closed(node)
    ]
    return "\n".join([*map(_paragraph, cameras), *closed]) or _NONE


def _usb_cameras() -> list[_Camera]:
    return [
        _Camera(
            str(device.node), device.name, device.driver, device.bus, device.by_id, tuple(v4l2.formats(device.node))
        )
        for device in v4l2.devices()
        if device.gives_pictures
    ]


def _csi_cameras() -> list[_Camera]:
    try:
        cameras = csi_cameras()
    except RuntimeMissingError:
        return []
    return [
        _Camera(f"{CSI_PREFIX}{number}", camera.model, "libcamera", camera.id, (), ())
        for number, camera in enumerate(cameras)
    ]


def _paragraph(camera: _Camera) -> str:
    """Return a line for the camera, one for each stable name and one for each format."""
    lines = [f"{camera.camera}  {camera.name}  ({camera.driver}, {camera.bus})"]
    lines += [f"    --camera {name}" for name in camera.by_id]
    for offered in camera.formats:
        sizes = ", ".join(_size(size) for size in offered.sizes) or "any size"
        lines.append(f"    {offered.fourcc}  {sizes}")
    return "\n".join(lines)


def _size(size: v4l2.Size) -> str:
    text = f"{size.width}x{size.height}"
    return f"{text} at {max(size.fps):g}/s" if size.fps else text
