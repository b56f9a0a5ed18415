"""The flags that say where answers go."""

from __future__ import annotations

import argparse
import math
import re
from dataclasses import fields
from pathlib import Path

from edge.cli import console
from edge.sinks.addresses import MQTT_VARIABLES, TOKEN_VARIABLE, BrokerAddress, PageAddress
from edge.sinks.open import SinkConfig

_UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def add_sink_flags(flags: argparse.ArgumentParser) -> None:
    """Add them, in groups of their own. None of these sinks stops classification when it fails."""
    _add_file_flags(flags.add_argument_group("files, a window", "A full disk stops none of it: see the log."))
    _add_page_flags(flags.add_argument_group("a web page (extra `web`)"))
    _add_broker_flags(flags.add_argument_group("an MQTT broker (extra `mqtt`)"))


def _add_file_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--csv", type=Path, metavar="FILE", help="append a row a frame")
    group.add_argument("--video", type=Path, metavar="FILE",
                       help="write an annotated .mp4, or .avi, which survives a power cut")  # fmt: skip
    group.add_argument("--display", action="store_true", help="show a window (extra `display`); q ends the run")
    group.add_argument("--snapshots", type=Path, metavar="DIR",
                       help="keep uncertain frames, in a folder for each answer: correct them, then train with "
                       "`python -m train --data DIR`")  # fmt: skip
    group.add_argument("--snapshots-limit", type=size_bytes, default="200MB", metavar="SIZE",
                       help="of all of them together; the oldest go first")  # fmt: skip
    group.add_argument("--snapshots-every", type=console.non_negative_float, default=10.0, metavar="S",
                       help="at most one in S seconds")  # fmt: skip


def _add_page_flags(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--serve", type=_page_address, nargs="?", const=PageAddress(), metavar="HOST:PORT",
                       help=f"show a live page ({PageAddress().url} unless said otherwise), /healthz and /metrics. "
                       f"Beyond this machine it needs a token, from {TOKEN_VARIABLE} or a file")  # fmt: skip
    group.add_argument("--serve-token-file", type=Path, metavar="FILE", help="holds the token")


def _add_broker_flags(group: argparse._ArgumentGroup) -> None:
    names = MQTT_VARIABLES
    group.add_argument("--mqtt", type=_broker_address, metavar="URL",
                       help="mqtt://HOST[:PORT]/TOPIC, or mqtts:// for TLS: publish TOPIC/decision, TOPIC/telemetry "
                       f"and TOPIC/availability. {names['username']} and {names['password']} log in; PEM files of "
                       f"one's own: {names['authority']}, {names['certificate']}, {names['key']}")  # fmt: skip
    group.add_argument("--mqtt-every", type=console.positive_float, default=30.0, metavar="S",
                       help="seconds from one telemetry to the next")  # fmt: skip
    group.add_argument("--mqtt-discovery", nargs="?", const="homeassistant", metavar="PREFIX",
                       help="announce it to Home Assistant (PREFIX homeassistant unless said otherwise)")  # fmt: skip


def sink_config_from(options: argparse.Namespace) -> SinkConfig:
    """Return the parsed flags as the settings of all sinks."""
    return SinkConfig(**{field.name: getattr(options, field.name) for field in fields(SinkConfig)})


def size_bytes(text: str) -> int:
    """Parse a size such as 200MB, 1.5GiB or 5000000, for argparse."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    if match and match[2] in _UNITS:
        size = float(match[1]) * _UNITS[match[2]]
        if 1 <= size < math.inf:
            return int(size)
    raise argparse.ArgumentTypeError(f"expected a size such as 200MB, got {text!r}")


def _page_address(text: str) -> PageAddress:
    try:
        return PageAddress.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _broker_address(text: str) -> BrokerAddress:
    try:
        return BrokerAddress.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
