"""`python -m benchmarks runner`: the command line of the comparison with a bare script."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from benchmarks.columns import MISSING, Column, as_text, number
from benchmarks.config import from_flags
from benchmarks.host.environment import Environment, busy_sentence, describe_environment, machine_name
from benchmarks.overhead.inputs import write_inputs
from benchmarks.overhead.measure import OK, Row, RunnerConfig, measure
from benchmarks.records import to_record
from edge.cli import console
from edge.cli.outputs import output_file, require_file
from edge.errors import EXIT_DONE, GateError, ToolkitError
from edge.system import atomic_file

NAME = "runner"

SCHEMA_VERSION = 2  # 2: readings are called toolkit and baseline
_LEAST_FRAMES = 1001  # the first thousand are what the rest is compared with

_EXAMPLES = """examples:
  python -m benchmarks runner
  python -m benchmarks runner --repeats 3 --calls 200 --frames 1500    a quick look
  python -m benchmarks runner --frames 1000000                         the growth of memory for real; most of an hour

Both sides run in turn, so that what slows the machine down slows both; a ratio is of two neighbours, and the median of
them counts. The bare script is benchmarks/overhead/baseline.py.

exit codes: 0 every limit is kept, 1 a side failed, 2 wrong call, 3 a limit is missed (the report is there all the same)
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `RunnerConfig`."""
    default = RunnerConfig()
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Compare the runner with a bare script: start, time a frame, memory, video; each with its limit.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--repeats", type=console.positive_int, default=default.repeats, metavar="N",
                       help="processes a side and row; starts thrice as many")  # fmt: skip
    flags.add_argument("--calls", type=console.positive_int, default=default.calls, metavar="N",
                       help="timed frames in memory, a process")  # fmt: skip
    flags.add_argument("--frames", type=console.positive_int, default=default.frames, metavar="N",
                       help="of the demo, for the growth of memory; more than 1,000")  # fmt: skip
    flags.add_argument("--video", type=Path, metavar="FILE", help="video file (default: a drawn one, 1920x1080)")
    flags.add_argument("--out", type=output_file, metavar="FILE",
                       help=f"the report (default: reports/{NAME}-<UTC time>.json)")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Compare; print the table and the report's path."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = parser().parse_args(arguments)
    console.start_logging(options)
    config = from_flags(RunnerConfig, vars(options))
    if config.frames < _LEAST_FRAMES:
        raise ToolkitError(f"--frames {config.frames} is too few: expected {_LEAST_FRAMES:,} or more")
    out = report_path(NAME, config.out)
    environment = describe_environment(["python", "-m", "benchmarks", NAME, *map(shlex.quote, arguments)],
                                       seed=None, threads=1)  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        rows = measure(config, write_inputs(Path(folder), config.video))
    report(rows, config, environment, out)
    return EXIT_DONE


def report_path(name: str, out: Path | None) -> Path:
    """Return where the report of a command goes, by default below reports/.

    Raises:
        ConfigError: it can't be written there.
    """
    path = out or Path("reports") / f"{name}-{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}.json"
    require_file(path)
    return path


def report(rows: Sequence[Row], config: object, environment: Environment, path: Path) -> None:
    """Write the report and print the table.

    Raises:
        GateError: a limit is missed; the report is there.
    """
    atomic_file.write_text(path, to_json(rows, config, environment))
    print(machine_name(environment), as_text(COLUMNS, rows), f"report: {path}", sep="\n")
    _require_limits(rows, busy_sentence(environment))


def to_json(rows: Sequence[Row], config: object, environment: Environment) -> str:
    """Return the report as JSON; the settings are a dataclass."""
    record = {"schema_version": SCHEMA_VERSION, "environment": environment, "settings": config, "rows": list(rows)}
    return json.dumps(to_record(record), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _require_limits(rows: Sequence[Row], busy: str) -> None:
    missed = [f"{row.what} {row.figure:.2f}, {row.limit_kind} {row.limit}"
              for row in rows if row.status != OK]  # fmt: skip
    if missed:
        raise GateError(f"{len(missed)} of {len(rows)} limits missed: {'; '.join(missed)}{' ' * bool(busy)}{busy}")


def _median_of(side: Callable[[Row], tuple[float, ...]]) -> Callable[[Row], str]:
    return lambda row: f"{median(side(row)):,.2f}" if side(row) else MISSING


COLUMNS: tuple[Column[Row], ...] = (
    Column("", "what", lambda row: row.what, is_number=False),
    Column("median", "ours", _median_of(lambda row: row.toolkit)),
    Column("median", "bare", _median_of(lambda row: row.baseline)),
    Column("", "unit", lambda row: row.unit, is_number=False),
    Column("ratio", "median", number("figure", digits=2)),
    Column("ratio", "least", number("least", digits=2)),
    Column("ratio", "largest", number("largest", digits=2)),
    Column("", "limit", lambda row: f"{row.limit_kind} {row.limit:g}", is_number=False),
    Column("", "status", lambda row: row.status, is_number=False),
)
