"""`python -m tests.hardening`: attack the toolkit and count what it survived."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from edge.cli import console

# Each has `parser()` and `main(arguments)`.
_MODULES = {
    "models": "tests.hardening.malformed_models",
    "checks": "tests.hardening.malformed_models.checks",
    "frames": "tests.hardening.frames",
    "strangers": "tests.hardening.network_abuse",
    "power": "tests.hardening.power_loss",
    "soak": "tests.hardening.soak",
    "platforms": "tests.platforms",
}
ATTACKS = {
    "models": "damaged and forged model files against the runner",
    "checks": "the same files behind the bounds alone, with memory filled in two ways",
    "frames": "damaged images, videos and streams against the runner",
    "strangers": "requests nobody should send against the live page, and a broker that is away",
    "power": "kill -9 at random moments of everything that writes files",
    "soak": "hours at full speed and days in fake time, with random faults",
    "platforms": "where the base install imports and predicts",
}

_EPILOG = """`python -m tests.hardening NAME --help` says more of each.

exit codes: 0 every promise is held, 1 an attack could not be made, 2 wrong call, 3 a promise is not held
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser of the first word; what follows is the attack's own."""
    lines = "\n".join(f"  {name:12}{what}" for name, what in ATTACKS.items())
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
    """Hand over to the attack."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = parser().parse_args(arguments[:1]).name
    attack = importlib.import_module(_MODULES[name])
    code: int = attack.main(arguments[1:])
    return code


if __name__ == "__main__":
    console.run(main)
