"""`edge-classify`: the command line of the runner."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from edge import console
from edge.artifact import default_model
from edge.errors import EXIT_DONE, EXIT_ERROR, ModelFileError
from edge.flags import DEMO_FRAMES, parser
from edge.spec import RESERVED_LABELS

if TYPE_CHECKING:
    import argparse

    from edge.classifier import Classifier
    from edge.sinks import Sink
    from edge.vision import Sighting


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Classify until the source or a limit ends it; the last line, on stderr, counts."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # must be set before OpenCV is imported, also by --roi
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "8")  # FFmpeg's AV_LOG_FATAL: our own sentence says the rest
    options = parser().parse_args(argv)
    console.start_logging(options)
    from edge.decision import Decider, decide_alone
    from edge.health import Health
    from edge.runner import run
    from edge.sinks.choose import open_sinks
    from edge.sources import open_source

    classifier = _classifier(options)
    classifier.find = _finder(options)
    is_camera = options.camera is not None
    sinks = open_sinks(options, classifier, Health())  # what can't be written is said before a camera is opened
    source = open_source(options.camera if is_camera else options.source, is_camera=is_camera)
    is_stream = source.is_stream and not options.explain
    decide = Decider(classifier.spec).decide if is_stream else decide_alone
    sinks.append(_text_sink(options, classifier, is_stream=is_stream))
    max_frames = 1 if options.explain else options.max_frames
    if max_frames is options.duration is None:
        max_frames = DEMO_FRAMES.get(source.name)
    tally = run(source, classifier, sinks, decide=decide, top_k=options.top_k, max_frames=max_frames,
                duration_s=options.duration)  # fmt: skip
    if not options.quiet:
        print(tally.sentence(), file=sys.stderr)
    return EXIT_ERROR if tally.skipped else EXIT_DONE


def entry() -> NoReturn:
    """The console script."""
    console.run(main)


def _finder(options: argparse.Namespace) -> Callable[..., Sighting]:
    """The vision step with what the flags say about the place."""
    from edge.vision import EmptyScene, find_garment

    scene = EmptyScene() if options.background == "learn" else None
    return partial(find_garment, region=options.roi, scene=scene)


def _classifier(options: argparse.Namespace) -> Classifier:
    from edge.classifier import Classifier

    labels = _read_labels(options.labels) if options.labels else None
    model = options.model or default_model()
    classifier = Classifier.load(model, runtime=options.runtime, threads=options.threads, labels=labels)
    given = {name: getattr(options, name) for name in ("threshold", "hold_frames", "smoothing_s")}
    rule = replace(classifier.spec.decision, **{name: value for name, value in given.items() if value is not None})
    return classifier.with_decision(rule)


def _text_sink(options: argparse.Namespace, classifier: Classifier, *, is_stream: bool) -> Sink:
    from edge.sinks import ChangesSink, JsonLinesSink, TerminalSink

    if options.json:
        return JsonLinesSink(sys.stdout, model_sha256=classifier.artifact.sha256)
    kind = ChangesSink if is_stream else TerminalSink
    return kind(sys.stdout, label_width=max(map(len, (*classifier.spec.labels, *RESERVED_LABELS))))


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"label file {path} can't be read ({error}): expected one class name a line") from error
    return tuple(line.strip() for line in lines if line.strip())


if __name__ == "__main__":
    entry()
