"""Flags of `edge-classify`; their defaults are those of `RunConfig`."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge import __version__
from edge.artifact.file import DEFAULT_MODEL, builtin_models, model_path
from edge.cli import config_file, console
from edge.cli.console import parsed_by
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.source_flags import DEMO_FRAMES, add_camera_flags, add_origin_flags, add_roi_flag, size_bytes
from edge.cli.trust_flags import add_trust_flags
from edge.run.loop import RunConfig
from edge.runtimes import RUNTIMES
from edge.sinks.addresses import (
    MQTT_VARIABLES,
    TOKEN_VARIABLE,
    BrokerAddress,
    PageAddress,
    add_mount_flags,
    mount_from,
    parse_topic,
)
from edge.sinks.open import SinkConfig

VERBS = {
    "collect": "makes images of your own classes to train on",
    "doctor": "can this machine run it, and what to do if not?",
    "describe": "what is in a model file; writes a specification into it",
    "update": "fetches a new model, tests it, and switches to it",
    "teach": "learns your own classes on this device, without TensorFlow",
    "bulk": "classifies a large archive on all cores or a cluster, into Parquet",
    "completion": "prints what bash, zsh or fish need to complete flags",
}
"""First words of the command line that lead to other commands, each with its summary."""
_COMMON_FLAGS = (
    *("camera", "source", "list-cameras", "model", "labels", "roi", "threshold", "max-frames", "json", "picture"),
    *("csv", "serve", "mqtt", "config", "help", "help-all", "version"),
)
_EXAMPLES = """examples:
  edge-classify                                      drawn garments: needs no camera, no file
  edge-classify --camera 0                           the first camera, until Ctrl-C
  edge-classify --list-cameras                       what there is, and names that stay
  edge-classify --source shirts/ --json > out.jsonl  every image of a folder
  edge-classify --source a.mp4 --model mine.tflite   a video, with a model of one's own
  edge-classify --camera 0 --roi 0.25,0,0.5,1 --background learn
  edge-classify --source 'shirts/*.jpg' --picture seen.png
  edge-classify --source shirt.jpg --explain why.png the decision explained
  edge-classify --source demo-video                  a drawn video: a line whenever the answer changes

exit codes: 0 done, 1 error (also: some images were unreadable), 2 wrong call, 4 camera or stream given up, 130 Ctrl-C;
SIGTERM stops cleanly (0)
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    default = RunConfig()
    flags = console.Parser(
        prog="edge-classify",
        description="Classify garments in camera frames, images or videos with a small TFLite or ONNX model.",
        usage="edge-classify [FLAG ...]\n       edge-classify VERB ...",
        epilog=_EXAMPLES,
        verbs=VERBS,
        common=_COMMON_FLAGS,
    )
    origin = flags.add_mutually_exclusive_group()
    add_origin_flags(origin, default=default.source)
    origin.add_argument("--list-cameras", action="store_true", help="list the cameras (--json: as JSON)")
    model = flags.add_mutually_exclusive_group()
    model.add_argument("--model", type=model_path, metavar="FILE",
                       help=f".tflite or .onnx file, or a built-in one: {', '.join(builtin_models())} (default: "
                       f"{DEFAULT_MODEL})")  # fmt: skip
    model.add_argument("--store", type=_store_folder, nargs="?", const="", metavar="DIR",
                       help="run the model that `edge-classify update` installed in DIR (default: models/ in a "
                       "service's state folder, else ~/.local/state/edge-classify/models); the built-in one where "
                       "there is none")  # fmt: skip
    add_trust_flags(flags)
    add_model_flags(flags)
    add_roi_flag(flags, verb="classify")
    flags.add_argument("--background", choices=("border", "learn"), default=default.background,
                       help="model of the background: the frame's border, or the first second of a camera that doesn't "
                       "move, with nothing in view (default: %(default)s)")  # fmt: skip
    flags.add_argument(
        "--runtime", choices=("auto", *RUNTIMES), default=default.runtime, help="library that runs the model"
    )
    flags.add_argument(
        "--threads", type=console.thread_count, default=default.threads, metavar="N", help="number of inference threads"
    )
    flags.add_argument(
        "--top-k", type=console.positive_int, default=default.top_k, metavar="N", help="classes to name a frame"
    )
    end = flags.add_mutually_exclusive_group()
    demo_limits = ", ".join(f"{name}: {frames}" for name, frames in DEMO_FRAMES.items())
    end.add_argument("--max-frames", type=console.positive_int, metavar="N",
                     help=f"stop after N frames ({demo_limits} unless given)")  # fmt: skip
    flags.add_argument(
        "--duration", type=console.positive_float, dest="duration_s", metavar="S", help="stop after S seconds"
    )
    flags.add_argument("--json", action="store_true", help="one JSON object a line on stdout")
    flags.add_argument("--picture", type=Path, metavar="FILE", help="write an annotated picture of the last ten frames")
    end.add_argument("--explain", type=Path, metavar="FILE",
                     help="write a picture that explains the decision on the first frame, and stop")  # fmt: skip
    live = add_camera_flags(flags, size=default.size, freeze_timeout_s=default.freeze_timeout_s,
                            stall_timeout_s=default.stale_after_s)  # fmt: skip
    live.add_argument("--every", type=console.positive_float, dest="every_s", metavar="S",
                      help="fetch a picture every S seconds from a web address that gives one for each "
                      "request")  # fmt: skip
    _add_sink_flags(flags)
    _add_decision_flags(flags)
    config_file.add_config_flag(flags)
    flags.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    console.add_logging_flags(flags)
    return flags


def run_config_from(options: argparse.Namespace) -> RunConfig:
    """Return the parsed flags as settings of the run."""
    names = (name for name in RunConfig._fields if name != "model_options")
    return RunConfig(**{name: getattr(options, name) for name in names}, model_options=model_options_from(options))


def sink_config_from(options: argparse.Namespace) -> SinkConfig:
    """Return the parsed flags as the settings of all sinks."""
    names = (name for name in SinkConfig._fields if name != "serve_mount")
    return SinkConfig(**{name: getattr(options, name) for name in names}, serve_mount=mount_from(options))


def _add_decision_flags(flags: argparse.ArgumentParser) -> None:
    """Add the flags of `DecisionSpec` whose best value depends on the place."""
    rule = flags.add_argument_group(
        "decision", "Each overrides the model file's value. --json gives the reason for every answer."
    )
    rule.add_argument("--threshold", type=console.finite_float, metavar="P",
                      help="answer unknown below this score of the likeliest class, 0-1; higher rejects more "
                           "non-garments and more real garments")  # fmt: skip
    rule.add_argument("--hold-frames", type=console.positive_int, metavar="N",
                      help="cameras and videos: change the answer when N frames in a row agree; more is steadier and "
                           "slower, 1 changes it at once")  # fmt: skip
    rule.add_argument("--smoothing", type=console.non_negative_float, dest="smoothing_s", metavar="S",
                      help="cameras and videos: average over about S seconds, at any frame rate; 0: no "
                           "averaging")  # fmt: skip


def _add_sink_flags(flags: argparse.ArgumentParser) -> None:
    """Add the flags of `SinkConfig`; none of these sinks stops classification when it fails."""
    _add_file_flags(flags.add_argument_group("files, a window", "Failures are logged once, retried, and counted."))
    _add_page_flags(flags.add_argument_group("a web page (extra `web`)"))
    _add_broker_flags(flags.add_argument_group("an MQTT broker (extra `mqtt`)"))


def _add_file_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--csv", type=Path, metavar="FILE", help="append a row a frame")
    group.add_argument("--video", type=Path, metavar="FILE",
                       help="write an annotated .mp4, or .avi, which survives a power cut")  # fmt: skip
    group.add_argument("--display", action="store_true", help="show a window (extra `display`); q ends the run")
    group.add_argument("--snapshots", type=Path, metavar="DIR",
                       help="keep uncertain frames, in a folder for each answer; correct them, then train with "
                       "`python -m train --data DIR`")  # fmt: skip
    group.add_argument("--snapshots-limit", type=size_bytes, default="200MB", metavar="SIZE",
                       help="largest size of all snapshots together; the oldest are deleted first")  # fmt: skip
    group.add_argument("--snapshots-every", type=console.non_negative_float, default=10.0, metavar="S",
                       help="least seconds between two snapshots")  # fmt: skip


def _add_page_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--serve", type=parsed_by(PageAddress.parse), nargs="?", const=PageAddress(),
                       metavar="HOST:PORT",
                       help=f"show a live page (default: {PageAddress().url}), /healthz and /metrics. "
                       f"Beyond this machine it needs a token, from {TOKEN_VARIABLE} or a file")  # fmt: skip
    group.add_argument("--serve-token-file", type=Path, metavar="FILE", help="file that holds the token")
    add_mount_flags(group)
    group.add_argument("--corrections", type=Path, metavar="DIR",
                       help="let viewers of the page give a frame its true class, and save it in a folder for each "
                       "class, as training takes them; the page then needs a token on this machine too")  # fmt: skip
    group.add_argument("--corrections-limit", type=size_bytes, default="200MB", metavar="SIZE",
                       help="largest size of all corrections together; nothing is saved beyond it")  # fmt: skip


def _add_broker_flags(group: argparse._ArgumentGroup) -> None:
    names = MQTT_VARIABLES
    group.add_argument("--mqtt", type=parsed_by(BrokerAddress.parse), metavar="URL",
                       help="mqtt://HOST[:PORT]/TOPIC, or mqtts:// for TLS: publish TOPIC/decision, TOPIC/telemetry "
                       f"and TOPIC/availability. {names['username']} and {names['password']} log in; your own PEM "
                       f"files: {names['authority']}, {names['certificate']}, {names['key']}")  # fmt: skip
    group.add_argument("--mqtt-every", type=console.positive_float, default=30.0, metavar="S",
                       help="seconds between two telemetry messages")  # fmt: skip
    group.add_argument("--mqtt-discovery", type=parsed_by(parse_topic), nargs="?", const="homeassistant",
                       metavar="PREFIX",
                       help="announce the device to Home Assistant (default PREFIX: homeassistant)")  # fmt: skip


def _store_folder(text: str) -> Path:
    from edge.update.store import default_folder

    return Path(text) if text else default_folder()
