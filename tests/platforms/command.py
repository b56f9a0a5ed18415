"""Installation on other platforms, tried and compared: the command line."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure.child_process import ask, own_environment
from edge.errors import ToolkitError
from tests.hardening.attack_command import attack_parser
from tests.hardening.figures import AttackResult
from tests.platforms import kit as kits
from tests.platforms import wheels
from tests.platforms.rows import figures, make_rows

_LOGGER = logging.getLogger(__name__)
_TIMEOUT_S = 7200.0  # an emulated processor installs and runs in ten minutes
_EXAMPLES = """examples:
  python -m tests.hardening platforms --python python3.10 --python python3.13
  python -m tests.hardening platforms --kit /srv/kit --prefix 'docker run --rm -v /srv/kit:/srv/kit debian-arm64'
  python3 kit/probe.py kit > pi.json      on another machine, which has a copy of the folder; then, here:
  python -m tests.hardening platforms --kit kit --merge pi.json
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = attack_parser(
        "platforms",
        "Install the project from the package registry into fresh environments, import every runtime, classify, and "
        "compare what the models put out on Fashion-MNIST's test images, bit by bit.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--python", action="append", default=[], metavar="PATH",
                       help="an interpreter to try, repeatable (default: this one; none with --merge)")  # fmt: skip
    flags.add_argument("--prefix", default="", metavar="COMMAND",
                       help="what starts a command on another machine, where the kit has the same path")  # fmt: skip
    flags.add_argument("--kit", type=Path, metavar="DIR", help="keep what machines are tried with there")
    flags.add_argument("--merge", type=Path, nargs="+", default=[], metavar="FILE",
                       help="what the kit's probe.py said on other machines")  # fmt: skip
    return flags


def measure(options: argparse.Namespace) -> AttackResult:
    """Try each Python and join the results of other machines."""
    with tempfile.TemporaryDirectory() as folder:
        kit = (options.kit or Path(folder)).absolute()
        pythons = options.python or ([] if options.merge else [sys.executable])
        if pythons or not kits.is_packed(kit):
            kits.pack(kit)
        found = [_try(python, options.prefix, kit) for python in pythons]
        found += [_read(path) for path in options.merge]
        rows, drawn = make_rows(found, kit), kits.drawn_sha256(kit)
    for_32_bit = wheels.for_32_bit_arm()
    return AttackResult(
        figures(rows, wheels_for_32_bit_arm=len(for_32_bit)),
        settings={"drawn_sha256": drawn, "wheels_for_32_bit_arm": for_32_bit},
        details=rows,
    )


def _try(python: str, prefix: str, kit: Path) -> dict[str, Any]:
    """Run the probe on one Python."""
    command = [*shlex.split(prefix), python, str(kit / kits.PROBE), str(kit)]
    _LOGGER.info("trying %s", " ".join(command))
    reply = ask(command, "", timeout_s=_TIMEOUT_S, environment=own_environment())
    if reply.reason:
        raise ToolkitError(f"{python} {reply.reason}")
    return _checked(python, reply.text)


def _read(path: Path) -> dict[str, Any]:
    try:
        return _checked(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ToolkitError(f"{path} can't be read: {error.strerror}") from error


def _checked(name: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ToolkitError(f"{name} gave no JSON ({error}): expected what probe.py prints") from error
    if not isinstance(found, dict) or "rows" not in found:
        raise ToolkitError(f"{name} isn't what probe.py prints: run it again, with this kit")
    return found
