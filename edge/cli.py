"""`edge-classify`: the command line of the runner."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from edge import __version__, console
from edge.artifact import default_model
from edge.errors import EXIT_DONE, EXIT_ERROR, ModelFileError
from edge.runtimes import RUNTIMES

if TYPE_CHECKING:
    from edge.sinks import Sink
    from edge.vision import Region, Sighting

DEMO_FRAMES = 20  # the demo never ends by itself; two of each garment show what there is to see

_EXAMPLES = """examples:
  edge-classify                                      drawn garments: needs no camera, no file
  edge-classify --camera 0                           the first camera, until Ctrl-C
  edge-classify --source shirts/ --json > out.jsonl  every image of a folder
  edge-classify --source a.mp4 --model mine.tflite   a video, with a model of one's own
  edge-classify --camera 0 --roi 0.25,0,0.5,1 --background learn
  edge-classify --source 'shirts/*.jpg' --picture seen.png

exit codes: 0 done, 1 error (also: some images were unreadable), 2 wrong call, 4 camera or stream lost, 130 Ctrl-C
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = argparse.ArgumentParser(
        prog="edge-classify",
        description="Classify garments in camera frames, images or videos with a small TFLite or ONNX model.",
        epilog=_EXAMPLES,
        formatter_class=console.HelpFormatter,
    )
    origin = flags.add_mutually_exclusive_group()
    origin.add_argument("--camera", metavar="N", help="camera number, /dev/videoN or /dev/v4l/by-id/...")
    origin.add_argument("--source", default="demo", help="image, folder, 'glob', video, URL, or demo (drawn garments)")
    flags.add_argument("--model", type=Path, metavar="FILE", help=".tflite or .onnx file (default: the built-in one)")
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
    flags.add_argument("--max-frames", type=console.positive_int, metavar="N",
                       help=f"stop after N frames (demo: {DEMO_FRAMES} unless given)")  # fmt: skip
    flags.add_argument("--duration", type=console.positive_float, metavar="S", help="stop after S seconds")
    flags.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    flags.add_argument("--picture", type=Path, metavar="FILE", help="write an annotated picture of the last ten frames")
    flags.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Classify until the source or a limit ends it; the last line, on stderr, counts."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # must be set before OpenCV is imported, also by --roi
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "8")  # FFmpeg's AV_LOG_FATAL: our own sentence says the rest
    options = parser().parse_args(argv)
    console.start_logging(options)
    from edge.classifier import Classifier
    from edge.runner import run
    from edge.sources import open_source

    labels = _read_labels(options.labels) if options.labels else None
    model = options.model or default_model()
    classifier = Classifier.load(model, runtime=options.runtime, threads=options.threads, labels=labels)
    sinks = _sinks(options, classifier.artifact.sha256, label_width=max(map(len, classifier.spec.labels)))
    classifier.find = _finder(options)
    is_camera = options.camera is not None
    source = open_source(options.camera if is_camera else options.source, is_camera=is_camera)
    endless_demo = source.name == "demo" and options.max_frames is options.duration is None
    max_frames = DEMO_FRAMES if endless_demo else options.max_frames
    tally = run(source, classifier, sinks, top_k=options.top_k, max_frames=max_frames, duration_s=options.duration)
    if not options.quiet:
        print(tally.sentence(), file=sys.stderr)
    return EXIT_ERROR if tally.skipped else EXIT_DONE


def entry() -> NoReturn:
    """The console script."""
    console.run(main)


def _region(text: str) -> Region:
    from edge.vision import Region

    try:
        return Region.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _finder(options: argparse.Namespace) -> Callable[..., Sighting]:
    """The vision step with what the flags say about the place."""
    from edge.vision import EmptyScene, find_garment

    scene = EmptyScene() if options.background == "learn" else None
    return partial(find_garment, region=options.roi, scene=scene)


def _sinks(options: argparse.Namespace, model_sha256: str, *, label_width: int) -> list[Sink]:
    from edge.sinks import JsonLinesSink, PictureSink, TerminalSink

    sinks: list[Sink] = [
        JsonLinesSink(sys.stdout, model_sha256=model_sha256)
        if options.json
        else TerminalSink(sys.stdout, label_width=label_width)
    ]
    if options.picture:
        sinks.append(PictureSink(options.picture))
    return sinks


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"label file {path} can't be read ({error}): expected one class name a line") from error
    return tuple(line.strip() for line in lines if line.strip())


if __name__ == "__main__":
    entry()
