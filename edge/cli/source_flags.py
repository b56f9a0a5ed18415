"""Flags of the commands that read frames: where they come from, and which part of them is looked at."""

from __future__ import annotations

import argparse
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from edge.cli import console
from edge.cli.console import parsed_by
from edge.system.connection import SOURCE_VARIABLES, Access
from edge.system.urls import with_login

if TYPE_CHECKING:
    from edge.vision.region import Region

# Frames after which an endless demo stops: two of each garment, or each garment for 2 s at 30 frames a second.
DEMO_FRAMES = {"demo": 20, "demo-video": 600}
_UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def add_origin_flags(group: argparse._MutuallyExclusiveGroup, *, default: str | None) -> None:
    """Add --camera and --source, whose default it is."""
    group.add_argument("--camera", metavar="N", help="camera number, /dev/videoN, /dev/v4l/by-id/... or csi:0")
    group.add_argument(
        "--source",
        default=default,
        help="image, folder, 'glob', video, URL, - (MJPEG on standard input), demo (drawn garments) or demo-video "
        "(each for 2 s)",
    )


def add_roi_flag(flags: argparse.ArgumentParser, *, verb: str) -> None:
    """Add --roi; the verb says what is done with that part of the frame."""
    flags.add_argument("--roi", type=parsed_by(_region), metavar="X,Y,W,H",
                       help=f"{verb} only this part of the frame: pixels, or shares of the frame if no number is "
                       "above 1")  # fmt: skip


def add_camera_flags(
    flags: argparse.ArgumentParser, *, size: tuple[int, int], freeze_timeout_s: float, stall_timeout_s: float | None
) -> argparse._ArgumentGroup:
    """Add the flags of what `edge.sources.open_source` takes, with these defaults, and return their group.

    Without a `stall_timeout_s` it is the model file's.
    """
    live = flags.add_argument_group("cameras and streams", "A lost one is reopened until it is back.")
    live.add_argument("--rotate", type=int, choices=(90, 180, 270),
                      help="turn every frame by so many degrees clockwise, for a camera on its side or upside down; "
                      "before --roi, and of any source")  # fmt: skip
    live.add_argument("--mirror", action="store_true", help="swap left and right in every frame, after --rotate")
    live.add_argument("--size", type=frame_size, default="{}x{}".format(*size), metavar="WxH",
                      help="frame size to ask a camera for, in pixels")  # fmt: skip
    live.add_argument("--fps", type=console.positive_float, metavar="N",
                      help="frames a second: to ask a camera for, or at which a recording without times was "
                      "filmed")  # fmt: skip
    live.add_argument("--ca-file", type=Path, metavar="FILE",
                      help="PEM file of certificates to trust besides the system's, for https:// and rtsps://; user "
                      f"name, password or token may stand in {', '.join(SOURCE_VARIABLES.values())}")  # fmt: skip
    live.add_argument("--insecure", action="store_true", help="take any certificate: anybody may be the camera")
    live.add_argument("--start-timeout", type=console.non_negative_float, dest="start_timeout_s", metavar="S",
                      default=0.0,
                      help="try a camera that can't be opened at the start again for S seconds")  # fmt: skip
    default = (
        " (default: the model file's value, or three times the pace of a slow source)"
        if stall_timeout_s is None
        else ""
    )
    live.add_argument("--stall-timeout", type=console.positive_float, dest="stale_after_s", metavar="S",
                      default=stall_timeout_s,
                      help=f"answer stale after S seconds without a frame{default}")  # fmt: skip
    live.add_argument("--freeze-timeout", type=console.non_negative_float, dest="freeze_timeout_s", metavar="S",
                      default=freeze_timeout_s,
                      help="reconnect a camera that sends identical frames for S seconds, if its frames differed "
                           "before; 0: never")  # fmt: skip
    live.add_argument("--give-up-after", type=console.positive_float, dest="give_up_after_s", metavar="S",
                      help="end with exit code 4 after S seconds without a frame (default: never)")  # fmt: skip
    return live


def source_access(ca_file: Path | None, *, is_insecure: bool) -> Access:
    """Return trust and token for a source, the token from the environment.

    Raises:
        ConfigError: the file holds no certificate.
    """
    access = Access(ca_file, is_insecure, os.environ.get(SOURCE_VARIABLES["token"], ""))
    if ca_file is not None:
        access.context()
    return access


def source_address(text: str) -> str:
    """Return a URL with the login that stands in the environment, if it has none; any other text as it is."""
    return with_login(text, *(os.environ.get(SOURCE_VARIABLES[name], "") for name in ("username", "password")))


def frame_size(text: str) -> tuple[int, int]:
    """Parse WIDTHxHEIGHT in pixels, for argparse: (width, height), as the flag has it."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 1 <= int(width) <= 16384 and 1 <= int(height) <= 16384):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT in pixels, such as 640x480, got {text!r}")
    return int(width), int(height)


def size_bytes(text: str) -> int:
    """Parse a size such as 200MB, 1.5GiB or 5000000, for argparse."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match and match[2] in _UNITS:
        size = float(match[1]) * _UNITS[match[2]]
        if 1 <= size < math.inf:
            return int(size)
    raise argparse.ArgumentTypeError(f"expected a size such as 200MB, got {text!r}")


def _region(text: str) -> Region:
    from edge.vision.region import Region

    return Region.parse(text)
