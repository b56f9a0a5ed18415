"""`python -m benchmarks compare`: the command line of the comparison of two reports."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.config import Limits, add_gate_flags, from_flags
from edge.cli import console
from edge.errors import EXIT_DONE

NAME = "compare"

_EXAMPLES = """examples:
  python -m benchmarks compare reports/before reports/after
  python -m benchmarks compare before after --gate --max-latency-ratio 1.1      for CI: exit code 3 if it got worse
  python -m benchmarks compare before after --markdown >> "$GITHUB_STEP_SUMMARY"

OLD and NEW are report.json, or the folders they lie in. docs/benchmark-pull-request.yml is a workflow for GitHub that
comments the table on a pull request.

A row that OLD measured and NEW doesn't, and a limit that can't be held, as the images or the machines differ, break the
gate like a limit that isn't kept.

exit codes: 0 done, 1 error, 2 wrong call, with --gate: 1 some variant of NEW failed, 3 a limit was not kept or couldn't
be held, 5 a machine was unfit (throttled)
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Compare two reports row by row: what changed, and whether it is more than noise.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("old", type=Path, metavar="OLD", help="report.json or its folder")
    flags.add_argument("new", type=Path, metavar="NEW", help="report.json or its folder")
    flags.add_argument("--markdown", action="store_true", help="print Markdown, as for a comment on a pull request")
    add_gate_flags(flags, against="the same row of the old report")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Compare, print, and hold the limits."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    # scipy takes a second to import: not for --help.
    from benchmarks.analysis.gate import raise_for
    from benchmarks.compare.changes import compare_reports, judge_changes, read_report
    from benchmarks.compare.render import markdown, text

    old, new = read_report(options.old), read_report(options.new)
    changes = compare_reports(old, new)
    gate = judge_changes(changes, old, new, from_flags(Limits, vars(options))) if options.gate else None
    print((markdown if options.markdown else text)(changes, old, new, gate))
    if gate:
        raise_for(gate)
    return EXIT_DONE
