"""`python -m tests.hardening`: attack the toolkit and count what it survived."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import cast

from edge.cli import console
from tests.hardening.attack_command import EXIT_CODES, AttackModule, run_attack

_MODULES = {
    "models": "tests.hardening.malformed_models.command",
    "checks": "tests.hardening.malformed_models.checks",
    "frames": "tests.hardening.malformed_media.command",
    "network_abuse": "tests.hardening.network_abuse.command",
    "power": "tests.hardening.power_loss.command",
    "soak": "tests.hardening.soak.command",
    "platforms": "tests.platforms.command",
}
ATTACKS = {
    "models": "damaged and forged model files against the runner",
    "checks": "the same files behind the bounds alone, with memory filled in two ways",
    "frames": "damaged images, videos and streams against the runner",
    "network_abuse": "requests nobody should send against the live page, and a broker that is away",
    "power": "kill -9 at random moments of everything that writes files",
    "soak": "hours at full speed and days in simulated time, with random faults",
    "platforms": "where the base install imports and predicts",
}

_EPILOG = f"`python -m tests.hardening NAME --help` says more of each.\n\n{EXIT_CODES}"


def parser() -> argparse.ArgumentParser:
    """Return the argument parser of the first word; what follows is the attack's own."""
    lines = "\n".join(f"  {name:15}{what}" for name, what in ATTACKS.items())
    flags = console.Parser(
        prog="python -m tests.hardening",
        description=f"Attack the toolkit and count what it survived.\n\n{lines}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    flags.add_argument("name", choices=sorted(ATTACKS), metavar="NAME", help="which attack")
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Run one attack."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = parser().parse_args(arguments[:1]).name
    return run_attack(name, cast("AttackModule", importlib.import_module(_MODULES[name])), arguments[1:])


if __name__ == "__main__":
    console.run(main)
