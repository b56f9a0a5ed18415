"""Command line that all attacks share: flags, the run, its report and exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Protocol

from benchmarks.overhead.command import report_path
from edge.cli import console
from edge.cli.outputs import output_file
from edge.errors import EXIT_DONE
from tests.hardening.figures import AttackResult, finish

EXIT_CODES = "exit codes: 0 every promise is held, 1 the attack could not start, 2 wrong call, 3 a promise is not held"


class AttackModule(Protocol):
    """Module of one attack."""

    def parser(self) -> argparse.ArgumentParser:
        """Return the argument parser."""
        ...

    def measure(self, options: argparse.Namespace) -> AttackResult:
        """Make the attack."""
        ...


def attack_parser(name: str, description: str | None, *, seed_of: str = "", epilog: str = "") -> console.Parser:
    """Return a parser with the flags that all attacks share.

    Args:
        name: of the attack, as after `python -m tests.hardening`.
        description: sentences at the top of the help.
        seed_of: noun that the help of --seed ends with; empty: nothing is random and there is no such flag.
        epilog: examples and hints at the end of the help, before the exit codes.
    """
    flags = console.Parser(
        prog=f"python -m tests.hardening {name}", description=description,
        epilog="\n\n".join(filter(None, (epilog.strip(), EXIT_CODES))),
    )  # fmt: skip
    if seed_of:
        flags.add_argument("--seed", type=console.natural, default=0, metavar="N", help=f"seed of {seed_of}")
    flags.add_argument("--out", type=output_file, metavar="FILE",
                       help=f"JSON to write (default: reports/hardening-{name}-<UTC time>.json)")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


def run_attack(name: str, module: AttackModule, arguments: Sequence[str]) -> int:
    """Make an attack; print its figures and write them.

    Args:
        name: of the attack.
        module: of the attack.
        arguments: of the command line, after the name.

    Raises:
        GateError: a promise was not held; everything is printed and written all the same.
        KeyboardInterrupt: Ctrl-C ended the attack early; its figures are written.
    """
    options = module.parser().parse_args(arguments)
    console.start_logging(options)
    out = report_path(f"hardening-{name}", options.out)
    result = module.measure(options)
    finish(name, result, arguments=arguments, seed=getattr(options, "seed", None), out=out)
    if result.is_interrupted:
        raise KeyboardInterrupt
    return EXIT_DONE
