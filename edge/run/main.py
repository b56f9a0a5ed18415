"""Command line of the runner, `edge-classify`."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from edge.artifact.file import default_model
from edge.artifact.input_spec import GARMENT_RECIPE, ModelOptions
from edge.artifact.spec import RESERVED_LABELS
from edge.cli import config_file, console, signals
from edge.cli.libraries import prepare_libraries
from edge.cli.source_flags import DEMO_FRAMES, source_access, source_address
from edge.cli.trust_flags import trust_policy_from
from edge.errors import EXIT_DONE, EXIT_ERROR, ConfigError, SpecError
from edge.health import Health
from edge.run.flags import VERBS, parser, run_config_from, sink_config_from
from edge.system import process

if TYPE_CHECKING:
    from types import ModuleType

    from edge.artifact.trust import TrustPolicy
    from edge.classify.classifier import Classifier
    from edge.run.loop import RunConfig
    from edge.sinks import Sink
    from edge.sinks.open import SinkConfig
    from edge.sinks.systemd import SystemdSink
    from edge.sources import Source


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Classify frames, or run one of the verbs."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:2], "--help"]
    if arguments and arguments[0] in VERBS:
        return int(_command_of(arguments[0]).main(arguments[1:]))
    return classify(arguments)


def _command_of(verb: str) -> ModuleType:
    """Import the module of a verb."""
    if verb in ("bulk", "collect", "teach"):
        prepare_libraries()  # before numpy is imported: its threads would wait for those of the network
    return import_module("edge.run.completion" if verb == "completion" else f"edge.{verb}.command")


def classify(arguments: Sequence[str]) -> int:
    """Classify until the source or a limit ends the run; the last line on stderr holds the counts."""
    prepare_libraries()
    options = config_file.parse(parser(), arguments)
    console.start_logging(options)
    if options.list_cameras:
        from edge.sources.camera.listing import list_cameras

        print(list_cameras(as_json=options.json))
        return EXIT_DONE
    config, sink_config, policy = run_config_from(options), sink_config_from(options), trust_policy_from(options)
    health = Health()
    if config.store is None:
        return _classify(config, sink_config, health, lambda: _load(config, config.model or default_model(), policy))
    if policy:
        raise ConfigError("a store's models were verified by `edge-classify update`: give it --require-... instead")
    from edge.update.startup import TrialRun

    with TrialRun(config.store, health=health) as trial:
        return _classify(config, sink_config, health, lambda: trial.load(partial(_load, config)), trial.sinks)


def _classify(
    config: RunConfig,
    sink_config: SinkConfig,
    health: Health,
    load: Callable[[], Classifier],
    more_sinks: Callable[[], list[Sink]] = list,
) -> int:
    # While libraries and model are loaded nearly nothing is garbage, and what is there at the end is here to stay.
    with process.collector_paused(freezes=True):
        from edge.classify.decision import Decider
        from edge.run.loop import run
        from edge.sinks.open import open_sinks

        classifier = load()
        _check_recipe(config, classifier)
        process.limit_arenas()  # before a sink or the source starts a thread
        source = _source(config, classifier, health)  # a camera is opened with its first frame, after the sinks
        sinks = open_sinks(sink_config, classifier, health, is_live=source.is_live)
        is_stream = source.is_stream and not config.explain
        sinks.append(_text_sink(config, classifier, is_stream=is_stream))
        systemd = _systemd_sink()
        sinks += [*([systemd] if systemd else []), *more_sinks()]
    if config.explain:
        config = config._replace(max_frames=1)
    elif config.max_frames is config.duration_s is None:
        config = config._replace(max_frames=DEMO_FRAMES.get(source.name))
    decider = Decider(classifier.spec, is_stream=is_stream)
    on_wait = systemd.wait if systemd else None
    tally = run(config, source, classifier, sinks, decider=decider, health=health, on_wait=on_wait)
    if not config.quiet:
        print(tally.summary(), file=sys.stderr)
    return EXIT_ERROR if tally.skipped else EXIT_DONE


def entry() -> NoReturn:
    """Run as the console script."""
    signals.stop_cleanly_on_sigterm()
    console.run(main)


def _source(config: RunConfig, classifier: Classifier, health: Health) -> Source:
    from edge.sources import CameraSettings, LiveTimeouts, Orientation, open_source
    from edge.vision import least_edge

    timeouts = LiveTimeouts(
        stall_s=classifier.spec.decision.stale_after_s,
        freeze_s=config.freeze_timeout_s,
        give_up_s=math.inf if config.give_up_after_s is None else config.give_up_after_s,
        start_s=config.start_timeout_s,
        adapts=config.stale_after_s is None,
    )
    width, height = config.size
    is_camera = config.camera is not None
    return open_source(
        config.camera if config.camera is not None else source_address(config.source),
        health=health,
        timeouts=timeouts,
        settings=CameraSettings(height, width, config.fps),
        orientation=Orientation(config.rotate or 0, config.mirror),
        access=source_access(config.ca_file, is_insecure=config.insecure),
        every_s=config.every_s,
        is_camera=is_camera,
        least=least_edge(classifier.spec.input, config.roi),
        labels=classifier.spec.labels,
    )


def _load(config: RunConfig, model: Path, policy: TrustPolicy | None) -> Classifier:
    """Load a model with the place's region and background, and with the thresholds that flags override."""
    from dataclasses import replace

    from edge.classify.classifier import Classifier
    from edge.vision import EmptyScene, prepare

    scene = EmptyScene() if config.background == "learn" else None
    try:
        classifier = Classifier.load(
            model,
            runtime=config.runtime,
            threads=config.threads,
            options=config.model_options,
            policy=policy,
            prepare=partial(prepare, region=config.roi, scene=scene),
        )
    except SpecError as error:
        if config.model_options == ModelOptions():
            raise
        raise ConfigError(str(error)) from error  # what the flags say doesn't fit the file
    names = ("threshold", "hold_frames", "smoothing_s", "stale_after_s")
    overrides = {name: value for name in names if (value := getattr(config, name)) is not None}
    try:
        return classifier.with_decision(replace(classifier.spec.decision, **overrides))
    except SpecError as error:  # a threshold whose range depends on the model's score
        raise ConfigError(str(error)) from error


def _check_recipe(config: RunConfig, classifier: Classifier) -> None:
    """Refuse settings that only models of garments know.

    Raises:
        ConfigError: the demo with other classes, or a learned background with the recipe that needs none.
    """
    spec = classifier.spec
    if config.camera is None and config.source in DEMO_FRAMES:
        from edge.sources.demo import drawn_names

        if drawn_names(spec.labels) is None:
            raise ConfigError(
                f"--source {config.source} draws garments, and {classifier.artifact.path.name} knows other classes: "
                "give --source an image, a folder or a video, or --camera 0"
            )
    if config.background == "learn" and spec.input.recipe != GARMENT_RECIPE:
        raise ConfigError(
            f"--background is of the recipe {GARMENT_RECIPE}, and {classifier.artifact.path.name} has "
            f"{spec.input.recipe}, which uses the whole frame: leave it out, and cut the frame with --roi"
        )


def _text_sink(config: RunConfig, classifier: Classifier, *, is_stream: bool) -> Sink:
    if config.json:
        from edge.sinks.text.jsonl import JsonLinesSink

        return JsonLinesSink(sys.stdout, model_sha256=classifier.artifact.sha256)
    from edge.sinks.text.terminal import ChangesSink, TerminalSink

    sink_class = ChangesSink if is_stream else TerminalSink
    return sink_class(sys.stdout, label_width=max(map(len, (*classifier.spec.labels, *RESERVED_LABELS))))


def _systemd_sink() -> SystemdSink | None:
    """Return the sink for systemd, if it waits for messages; loaded only then."""
    if not os.environ.get("NOTIFY_SOCKET"):
        return None
    from edge.sinks.systemd import SystemdSink, notifier

    systemd = notifier()
    return SystemdSink(systemd) if systemd else None


if __name__ == "__main__":
    entry()
