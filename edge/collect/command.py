"""`edge-classify collect`: makes images of your own classes from any source, by a page's buttons or at intervals."""

from __future__ import annotations

import argparse
import logging
import math
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edge.cli import console
from edge.cli.console import parsed_by
from edge.cli.source_flags import (
    DEMO_FRAMES,
    add_camera_flags,
    add_origin_flags,
    add_roi_flag,
    size_bytes,
    source_access,
    source_address,
)
from edge.datasets.class_names import check_class_name, check_class_names, parse_class_names
from edge.errors import EXIT_DONE, EXIT_ERROR, ConfigError
from edge.health import Health
from edge.sinks.addresses import TOKEN_VARIABLE, PageAddress, PageMount, add_mount_flags, mount_from

if TYPE_CHECKING:
    from edge.collect.session import Session
    from edge.sources import Source
    from edge.vision.region import Region

_LOGGER = logging.getLogger(__name__)
NAME = "collect"
"""First argument of `edge-classify` that leads here."""
_RATE_HZ = 4.0
_FEW = 20  # images of a class: fewer are warned of in training
_FOREVER_S = math.inf
_EXAMPLES = """examples:
  edge-classify collect fruit/ --camera 0 --classes ripe,unripe,unknown
                            prints the address of a page: hold a button or its key
  edge-classify collect fruit/ --camera 0 --classes ripe,unripe,unknown --serve 0.0.0.0
                            the same from a phone: scan the code, hold the camera's thing in the other hand
  edge-classify collect fruit/ --camera 0        go on with the classes that fruit/ has
  edge-classify collect gate/ --camera 0 --every 60 --class open --duration 3600 --near-copies keep
                            without a page: one image a minute for an hour, though little moves
  edge-classify collect fruit/ --source photos/ --classes ripe,unripe
                            give each photograph of a folder its class
  edge-classify collect try/ --source demo --every 0 --class garment

then: python -m train --data fruit/

A class named unknown is for everything else that the camera may see: empty scenes, hands, other things. Collect in the
place and light where it will run, from all sides. Images that look like one that the class has are skipped.

exit codes: 0 done, 1 error (also: --every reached the limit), 2 wrong call, 4 camera or stream given up, 130 Ctrl-C;
SIGTERM stops cleanly (0)
"""


class CollectConfig(NamedTuple):
    """Settings of a session; each field is the flag of its name."""

    folder: Path
    camera: str | None
    source: str | None
    classes: tuple[str, ...] | None
    """None: those that the folder has."""
    class_name: str | None
    """Class of the images that are saved without a page; None: there is a page."""
    every_s: float | None
    rate_hz: float
    limit: int
    """Bytes."""
    near_copies: str
    max_images: int | None
    duration_s: float | None
    serve: PageAddress
    serve_token_file: Path | None
    serve_mount: PageMount
    roi: Region | None
    size: tuple[int, int]
    fps: float | None
    rotate: int | None
    mirror: bool
    ca_file: Path | None
    insecure: bool
    start_timeout_s: float
    stale_after_s: float
    freeze_timeout_s: float
    give_up_after_s: float | None
    quiet: bool


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Save frames of a camera, or of any other source, as images of your own classes: one folder for "
        "each class, as training takes them.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("folder", type=Path, metavar="DIR", help="folder of the class folders; made if it is missing")
    origin = flags.add_mutually_exclusive_group(required=True)
    add_origin_flags(origin, default=None)
    flags.add_argument("--classes", type=parsed_by(parse_class_names), metavar="A,B,...",
                       help="names of the classes, each of which gets a button and a key (default: the folders in "
                       "DIR)")  # fmt: skip
    add_roi_flag(flags, verb="save")
    flags.add_argument("--limit", type=size_bytes, default="1GB", metavar="SIZE",
                       help="largest size of all collected images in DIR together; nothing is saved beyond "
                       "it")  # fmt: skip
    flags.add_argument("--near-copies", choices=("skip", "keep"), default="skip",
                       help="frames that look like an image of the same class and session; training puts them on one "
                       "side of its division")  # fmt: skip
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="stop after N images")
    flags.add_argument("--duration", type=console.positive_float, dest="duration_s", metavar="S",
                       help="stop after S seconds")  # fmt: skip
    page = flags.add_argument_group("by the buttons of a page (extra `web`)")
    page.add_argument("--rate", type=console.positive_float, default=_RATE_HZ, dest="rate_hz", metavar="N",
                      help="most images a second while a button is held")  # fmt: skip
    page.add_argument("--serve", type=parsed_by(PageAddress.parse), default="127.0.0.1:8080", metavar="HOST:PORT",
                      help="address of the page; 0.0.0.0 lets a phone in")  # fmt: skip
    page.add_argument("--serve-token-file", type=Path, metavar="FILE",
                      help=f"file that holds the page's token (default: {TOKEN_VARIABLE} in the environment, else one "
                      "is made for this session and shown)")  # fmt: skip
    add_mount_flags(page)
    timer = flags.add_argument_group("without a page")
    timer.add_argument("--every", type=console.non_negative_float, dest="every_s", metavar="S",
                       help="save a frame every S seconds, by a video's own time; 0: every frame")  # fmt: skip
    timer.add_argument("--class", type=parsed_by(check_class_name), dest="class_name", metavar="NAME",
                       help="class of these images")  # fmt: skip
    add_camera_flags(flags, size=(640, 480), freeze_timeout_s=10.0, stall_timeout_s=2.0)
    console.add_logging_flags(flags)
    return flags


def config_from(options: argparse.Namespace) -> CollectConfig:
    """Return the parsed flags as settings of the session.

    Raises:
        ConfigError: flags that don't go together.
    """
    if (options.every_s is None) != (options.class_name is None):
        raise ConfigError("--every S and --class NAME belong together: they save frames of one class without a page")
    if options.class_name is not None and options.classes is not None:
        raise ConfigError("--class saves all frames as one class: leave --classes out, or --every and --class")
    names = (name for name in CollectConfig._fields if name != "serve_mount")
    return CollectConfig(**{name: getattr(options, name) for name in names}, serve_mount=mount_from(options))


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Collect until Ctrl-C, a limit or the source's end; the last lines on stderr hold the counts."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    config = config_from(options)
    from edge.collect.loop import Limits, collect
    from edge.collect.session import Session
    from edge.images.folders import list_class_folders, refuse_parts_beside_others, split_parts
    from edge.sinks.images.class_folders import COLLECTED, ClassFolders

    if config.folder.is_dir():
        if parts := split_parts(config.folder):
            raise ConfigError(
                f"{config.folder} comes split into {', '.join(parts)}: collect into {config.folder / parts[0]}"
            )
        refuse_parts_beside_others(config.folder, flag="")
    found = list_class_folders(config.folder).images if config.folder.is_dir() else {}
    names = _class_names(config, tuple(found))
    for path in (config.folder, *(config.folder / name for name in names)):
        if path.exists() and not path.is_dir():
            raise ConfigError(f"{path} is a file, where images would go into a folder: move it, or choose another name")
    health = Health()
    source = _open(config, health)
    folders = ClassFolders(config.folder, limit_bytes=config.limit, ending=COLLECTED)
    session = Session(
        folders,
        {name: len(found.get(name, ())) for name in names},
        interval_s=1 / config.rate_hz if config.every_s is None else config.every_s * source.is_stream,
        keeps_near_copies=config.near_copies == "keep",
        raises=config.every_s is not None,
        shows_again=not source.is_stream,
        region=config.roi,
    )
    limits = Limits(images=config.max_images, duration_s=config.duration_s)
    if config.class_name is not None:
        session.hold(config.class_name, "every", for_s=_FOREVER_S)
        if config.max_images is config.duration_s is None:
            limits = Limits(frames=DEMO_FRAMES.get(source.name))
    try:
        with _page(config, session, source, health):
            collect(source, session, health=health, limits=limits, is_watched=config.class_name is None)
    finally:
        if not config.quiet:
            print(_summary(config, session), file=sys.stderr)
    return EXIT_ERROR if source.skipped else EXIT_DONE


def _class_names(config: CollectConfig, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes of the session: those that were named, or the folders that there are.

    Raises:
        ConfigError: a name differs from a folder's by capitals alone, or there are neither names nor folders.
    """
    named = config.classes if config.class_name is None else (config.class_name,)
    if named is not None:
        folders = {name.casefold(): name for name in found}
        for name in named:
            folder = folders.get(name.casefold(), name)
            if folder != name and name not in found:
                raise ConfigError(
                    f"{config.folder} has a folder {folder}, and {name} would be another class: write {folder}"
                )
        return named
    try:
        return check_class_names(found)
    except ValueError as error:
        reason = str(error) if found else "it has no class folders yet"
        raise ConfigError(f"{config.folder}: {reason}: name the classes, --classes ripe,unripe,unknown") from error


def _open(config: CollectConfig, health: Health) -> Source:
    from edge.sources import CameraSettings, LiveTimeouts, Orientation, open_source

    timeouts = LiveTimeouts(
        stall_s=config.stale_after_s,
        freeze_s=config.freeze_timeout_s,
        give_up_s=math.inf if config.give_up_after_s is None else config.give_up_after_s,
        start_s=config.start_timeout_s,
    )
    width, height = config.size
    return open_source(
        config.camera if config.camera is not None else source_address(config.source or ""),
        health=health,
        timeouts=timeouts,
        settings=CameraSettings(height, width, config.fps),
        orientation=Orientation(config.rotate or 0, config.mirror),
        access=source_access(config.ca_file, is_insecure=config.insecure),
        is_camera=config.camera is not None,
    )


@contextmanager
def _page(config: CollectConfig, session: Session, source: Source, health: Health) -> Iterator[None]:
    """Serve the session's page and say where; does nothing without one."""
    if config.class_name is not None:
        yield
        return
    from edge.collect.invitation import invite, new_token
    from edge.collect.page import CollectPage
    from edge.sinks.web.access import configured_token

    token = configured_token(config.serve_token_file)
    made = "" if token else new_token()
    page = CollectPage(
        config.serve, session, token=token or made, health=health, source=source.name, folder=config.folder,
        is_stepped=not source.is_stream, stall_s=config.stale_after_s, mount=config.serve_mount,
    )  # fmt: skip
    try:
        print(invite(page.address, made, has_code=sys.stdout.isatty()), flush=True)
        _LOGGER.info("hold a button of the page, or its key, to save images of %s; Ctrl-C ends",
                     ", ".join(session.names))  # fmt: skip
        yield
    finally:
        page.close()


def _summary(config: CollectConfig, session: Session) -> str:
    """Return the counts, and the next step."""
    state = session.state()
    counts = ", ".join(f"{name} {images}" + (f" (+{added})" if added else "") for name, images, added in state.classes)
    lines = [f"{config.folder}: {counts}; near copies skipped: {state.near_copies}"]
    few = [name for name, images, _ in state.classes if images < _FEW]
    if few and session.added:
        lines.append(f"fewer than {_FEW} images promise little: {', '.join(few)}")
    if session.added:
        lines.append(f"next: python -m train --data {shlex.quote(str(config.folder))}")
    return "\n".join(lines)
