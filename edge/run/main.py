"""`edge-classify`: the command line of the runner."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from edge.artifact.file import default_model
from edge.artifact.labels import RESERVED_LABELS
from edge.cli import config_file, console
from edge.cli.trust_flags import trust_policy_from
from edge.errors import EXIT_DONE, EXIT_ERROR, ConfigError, ModelFileError
from edge.health import Health
from edge.images import limits
from edge.run.flags import DEMO_FRAMES, parser
from edge.system import process

if TYPE_CHECKING:
    import argparse

    from edge.artifact.trust import TrustPolicy
    from edge.classify.classifier import Classifier
    from edge.sinks import Sink
    from edge.sources import Source
    from edge.vision import PreparedInput


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Classify, or do what the first argument says: examine the machine, or update the model."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["doctor"]:
        from edge.doctor import command as doctor

        return doctor.main(arguments[1:])
    if arguments[:1] == ["update"]:
        from edge.update import command as update

        return update.main(arguments[1:])
    return classify(arguments)


def classify(arguments: Sequence[str]) -> int:
    """Classify until the source or a limit ends it; the last line, on stderr, counts."""
    prepare_libraries()
    options = config_file.parse(parser(), arguments)
    console.start_logging(options)
    if options.list_cameras:
        return _list_cameras(options)
    if options.store is None:
        return _classify(options, lambda: _load(options, options.model or default_model(), trust_policy_from(options)))
    if trust_policy_from(options):
        raise ConfigError("a store's models were verified by `edge-classify update`: give it --require-... instead")
    from edge.update.startup import Run

    with Run(options.store) as updated:
        return _classify(options, lambda: updated.load(partial(_load, options)), updated.sinks)


def _classify(
    options: argparse.Namespace, load: Callable[[], Classifier], more_sinks: Callable[[], list[Sink]] = list
) -> int:
    # While libraries and model are loaded nearly nothing is garbage, and what is there at the end is here to stay.
    with process.collector_paused(freezes=True):
        from edge.classify.decision import Decider, decide_alone
        from edge.run.loop import run
        from edge.run.sink_flags import sink_config_from
        from edge.sinks.open import open_sinks

        classifier, health = load(), Health()
        process.limit_arenas()  # before a sink or the source starts a thread
        source = _source(options, classifier, health)  # a camera is opened with its first frame, after the sinks
        sinks = open_sinks(sink_config_from(options), classifier, health, is_live=source.is_live)
        is_stream = source.is_stream and not options.explain
        decider = Decider(classifier.spec)
        sinks.append(_text_sink(options, classifier, is_stream=is_stream))
        sinks += [*_service_sinks(), *more_sinks()]
    max_frames = 1 if options.explain else options.max_frames
    if max_frames is options.duration is None:
        max_frames = DEMO_FRAMES.get(source.name)
    tally = run(source, classifier, sinks, decide=decider.decide if is_stream else decide_alone, at=decider.at,
                health=health, top_k=options.top_k, max_frames=max_frames, duration_s=options.duration)  # fmt: skip
    if not options.quiet:
        print(tally.sentence(), file=sys.stderr)
    return EXIT_ERROR if tally.skipped else EXIT_DONE


def entry() -> NoReturn:
    """The console script."""
    console.end_well_on_sigterm()
    console.run(main)


def prepare_libraries() -> None:
    """What libraries read from the environment; must be there before they are imported, which --roi does."""
    defaults = {
        # numpy's linear algebra would start a thread a core at its import; products of 16 by 256 numbers need none.
        "OPENBLAS_NUM_THREADS": "1",
        # Nor does OpenCV, of whose pictures the largest is shrunk first; a video's decoder has threads of its own.
        "OPENCV_FOR_THREADS_NUM": "1",
        "OPENCV_LOG_LEVEL": "FATAL",  # our own sentence says the rest
        "OPENCV_FFMPEG_LOGLEVEL": "8",  # FFmpeg's AV_LOG_FATAL
    }
    for name, value in defaults.items():
        if not os.environ.get(name):  # OpenCV ends the process where one is there but empty
            os.environ[name] = value
    limits.tell_opencv()


def _list_cameras(options: argparse.Namespace) -> int:
    from edge.sources.camera.listing import list_cameras

    print(list_cameras(as_json=options.json))
    return EXIT_DONE


def _source(options: argparse.Namespace, classifier: Classifier, health: Health) -> Source:
    from edge.sources import CameraSettings, LiveTimeouts, open_source

    timeouts = LiveTimeouts(
        stall_s=classifier.spec.decision.stale_after_s,
        frozen_s=options.frozen_s,
        give_up_s=math.inf if options.give_up_s is None else options.give_up_s,
    )
    width, height = options.size
    is_camera = options.camera is not None
    return open_source(
        options.camera if is_camera else options.source,
        health=health,
        timeouts=timeouts,
        settings=CameraSettings(height, width, options.fps),
        is_camera=is_camera,
    )


def _locate_garment(options: argparse.Namespace) -> Callable[..., PreparedInput]:
    """The vision step with what the flags say about the place."""
    from edge.vision import EmptyScene, find_garment

    scene = EmptyScene() if options.background == "learn" else None
    return partial(find_garment, region=options.roi, scene=scene)


def _load(options: argparse.Namespace, model: Path, policy: TrustPolicy | None) -> Classifier:
    from edge.classify.classifier import Classifier

    labels = _read_labels(options.labels) if options.labels else None
    classifier = Classifier.load(
        model, runtime=options.runtime, threads=options.threads, labels=labels, policy=policy,
        locate_garment=_locate_garment(options),
    )  # fmt: skip
    flags = ("threshold", "hold_frames", "smoothing_s", "stale_after_s")
    given = {name: value for name in flags if (value := getattr(options, name)) is not None}
    return classifier.with_decision(replace(classifier.spec.decision, **given))


def _text_sink(options: argparse.Namespace, classifier: Classifier, *, is_stream: bool) -> Sink:
    if options.json:
        from edge.sinks.text.jsonl import JsonLinesSink

        return JsonLinesSink(sys.stdout, model_sha256=classifier.artifact.sha256)
    from edge.sinks.text.terminal import ChangesSink, TerminalSink

    kind = ChangesSink if is_stream else TerminalSink
    return kind(sys.stdout, label_width=max(map(len, (*classifier.spec.labels, *RESERVED_LABELS))))


def _service_sinks() -> list[Sink]:
    """Systemd, where it waits to be told."""
    from edge.system.sd_notify import notifier

    if not (systemd := notifier()):
        return []
    from edge.sinks.systemd import SystemdSink

    return [SystemdSink(systemd)]


def _read_labels(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"label file {path} can't be read ({error}): expected one class name a line") from error
    return tuple(line.strip() for line in lines if line.strip())


if __name__ == "__main__":
    entry()
