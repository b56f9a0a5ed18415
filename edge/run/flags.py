"""The flags of `edge-classify`; a default that isn't written here is the model file's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from edge import __version__
from edge.cli import config_file, console
from edge.cli.trust_flags import add_trust_flags
from edge.run.sink_flags import add_sink_flags
from edge.runtimes import RUNTIMES

if TYPE_CHECKING:
    from edge.vision.prepared_input import Region

# The demos never end by themselves: two pictures of each garment, or each once for 2 s of 30 frames.
DEMO_FRAMES = {"demo": 20, "demo-video": 600}

_EXAMPLES = """examples:
  edge-classify                                      drawn garments: needs no camera, no file
  edge-classify --camera 0                           the first camera, until Ctrl-C
  edge-classify --list-cameras                       what there is, and names that stay
  edge-classify --source shirts/ --json > out.jsonl  every image of a folder
  edge-classify --source a.mp4 --model mine.tflite   a video, with a model of one's own
  edge-classify --camera 0 --roi 0.25,0,0.5,1 --background learn
  edge-classify --source 'shirts/*.jpg' --picture seen.png
  edge-classify --source shirt.jpg --explain why.png what was found, what the network saw, and why
  edge-classify --source demo-video                  a drawn video: a line whenever the answer changes

`edge-classify doctor --help` says why this machine can or can't run it, `edge-classify update --help` how a new model
gets onto it.

exit codes: 0 done, 1 error (also: some images were unreadable), 2 wrong call, 4 camera or stream given up, 130 Ctrl-C;
SIGTERM ends a run well: 0
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="edge-classify",
        description="Classify garments in camera frames, images or videos with a small TFLite or ONNX model.",
        epilog=_EXAMPLES,
    )
    origin = flags.add_mutually_exclusive_group()
    origin.add_argument("--camera", metavar="N", help="camera number, /dev/videoN, /dev/v4l/by-id/... or csi:0")
    origin.add_argument(
        "--source",
        default="demo",
        help="image, folder, 'glob', video, URL, - (MJPEG on standard input), demo (drawn garments) or demo-video "
        "(each for 2 s)",
    )
    origin.add_argument("--list-cameras", action="store_true", help="say what cameras there are (--json: in JSON)")
    model = flags.add_mutually_exclusive_group()
    model.add_argument("--model", type=Path, metavar="FILE", help=".tflite or .onnx file (default: the built-in one)")
    model.add_argument("--store", type=_store_folder, nargs="?", const="", metavar="DIR",
                       help="run the model that `edge-classify update` installed in DIR (default: models/ in a "
                       "service's state folder, else ~/.local/state/edge-classify/models); the built-in one where "
                       "there is none")  # fmt: skip
    add_trust_flags(flags)
    flags.add_argument("--roi", type=_region, metavar="X,Y,W,H",
                       help="look only here: pixels, or shares of the frame if no number is above 1")  # fmt: skip
    flags.add_argument("--background", choices=("border", "learn"), default="border",
                       help="what is no garment: what the frame's border shows, or what a camera that doesn't move "
                       "saw in its first second, with nothing in view (default: %(default)s)")  # fmt: skip
    flags.add_argument("--labels", type=Path, metavar="FILE",
                       help="class names, one a line, for a model file that carries none")  # fmt: skip
    flags.add_argument("--runtime", choices=("auto", *RUNTIMES), default="auto", help="library that runs the model")
    flags.add_argument("--threads", type=console.thread_count, default=1, metavar="N", help="for the arithmetic")
    flags.add_argument("--top-k", type=console.positive_int, default=3, metavar="N", help="classes to name a frame")
    end = flags.add_mutually_exclusive_group()
    demo_limits = ", ".join(f"{name}: {frames}" for name, frames in DEMO_FRAMES.items())
    end.add_argument("--max-frames", type=console.positive_int, metavar="N",
                     help=f"stop after N frames ({demo_limits} unless given)")  # fmt: skip
    flags.add_argument("--duration", type=console.positive_float, metavar="S", help="stop after S seconds")
    flags.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    flags.add_argument("--picture", type=Path, metavar="FILE", help="write an annotated picture of the last ten frames")
    end.add_argument("--explain", type=Path, metavar="FILE",
                     help="write a picture that explains the first frame, decided on its own, and stop")  # fmt: skip
    _add_camera_flags(flags)
    add_sink_flags(flags)
    _add_decision_flags(flags)
    config_file.add_config_flag(flags)
    flags.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    console.add_logging_flags(flags)
    return flags


def _add_camera_flags(flags: argparse.ArgumentParser) -> None:
    """Flags of the fields of `edge.sources.CameraSettings` and `edge.sources.LiveTimeouts`."""
    live = flags.add_argument_group("cameras and streams", "When one is lost, it is opened again until it is back.")
    live.add_argument("--size", type=_size, default="640x480", metavar="WxH", help="of the frames to ask a camera for")
    live.add_argument("--fps", type=console.positive_float, metavar="N", help="frames a second to ask a camera for")
    live.add_argument("--stall-timeout", type=console.positive_float, dest="stale_after_s", metavar="S",
                      help="the answer is stale when there was no frame for S seconds (default: what the model file "
                           "says)")  # fmt: skip
    live.add_argument("--freeze-timeout", type=console.non_negative_float, default=10.0, dest="frozen_s", metavar="S",
                      help="a camera whose pictures always differed hangs when it repeats the very same bytes for S "
                           "seconds; 0: never")  # fmt: skip
    live.add_argument("--give-up-after", type=console.positive_float, dest="give_up_s", metavar="S",
                      help="end with exit code 4 after S seconds without a frame (default: never)")  # fmt: skip


def _add_decision_flags(flags: argparse.ArgumentParser) -> None:
    """Flags of the fields of `DecisionSpec` that a place may want otherwise than a model's maker."""
    rule = flags.add_argument_group(
        "when to answer what", "Each overrides what the model file says. --json gives the reason for every answer."
    )
    rule.add_argument("--threshold", type=float, metavar="P",
                      help="answer unknown below this score of the likeliest class, 0-1: higher lets less of what is "
                           "no garment pass for one, and calls more real garments unknown")  # fmt: skip
    rule.add_argument("--hold-frames", type=console.positive_int, metavar="N",
                      help="cameras and videos: change the answer when N frames in a row agree; more is calmer and "
                           "slower, 1 answers at once")  # fmt: skip
    rule.add_argument("--smoothing", type=console.non_negative_float, dest="smoothing_s", metavar="S",
                      help="cameras and videos: average over about S seconds, whatever the frame rate; 0 takes every "
                           "frame as it is")  # fmt: skip


def _region(text: str) -> Region:
    from edge.vision.prepared_input import Region

    try:
        return Region.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _store_folder(text: str) -> Path:
    from edge.update.store import default_folder

    return Path(text) if text else default_folder()


def _size(text: str) -> tuple[int, int]:
    """Parse WIDTHxHEIGHT in pixels, for argparse: (width, height), as the flag has it."""
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and 1 <= int(width) <= 16384 and 1 <= int(height) <= 16384):
        raise argparse.ArgumentTypeError(f"expected WIDTHxHEIGHT in pixels, such as 640x480, got {text!r}")
    return int(width), int(height)
