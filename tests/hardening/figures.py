"""Figures of an attack with their limits, written as JSON and printed as tables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.columns import MISSING, Column, as_markdown, as_text
from benchmarks.host.environment import Environment, describe_environment, machine_name, shown_time
from benchmarks.records import from_record, to_record
from edge.errors import GateError
from edge.system import atomic_file

SCHEMA_VERSION = 1
KEPT, MISSED = "kept", "missed"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that an attack left behind."""

    what: str
    """Name in a table: `runner crashes`."""
    value: float
    unit: str = ""
    """Empty for a plain count."""
    limit: float | None = None
    """Promised limit; None: the number is only reported."""
    limit_kind: str = "at most"
    """Either `at most` or `at least`."""

    @property
    def is_kept(self) -> bool:
        """Return whether the promise held; a number without one always holds."""
        if self.limit is None:
            return True
        return self.value <= self.limit if self.limit_kind == "at most" else self.value >= self.limit


@dataclass(frozen=True, slots=True)
class AttackResult:
    """Figures of one attack, with what they depend on."""

    figures: Sequence[Figure]
    """Rows of the table, at least one."""
    settings: dict[str, Any]
    """Settings that the figures depend on, as JSON values."""
    details: Sequence[dict[str, Any]] = ()
    """Tries, one JSON object each; kept in the file, not printed."""
    is_interrupted: bool = False
    """True after Ctrl-C: the figures are those until then."""


def figure_with(figures: Sequence[Figure], words: str) -> Figure:
    """Return the only figure that has these words in its name.

    Raises:
        LookupError: none has, or several have.
    """
    matches = [figure for figure in figures if words in figure.what]
    if len(matches) != 1:
        raise LookupError(f"{len(matches)} figures have {words!r}")
    return matches[0]


def finish(name: str, result: AttackResult, *, arguments: Sequence[str], seed: int | None, out: Path) -> None:
    """Print the figures and write them as JSON.

    Args:
        name: of the attack, as after `python -m tests.hardening`.
        result: figures and settings.
        arguments: of the command line, after the name.
        seed: of the run; None where nothing is random.
        out: the file.

    Raises:
        GateError: a promise was not held; everything is printed and written all the same.
    """
    rows = [asdict(figure) | {"status": _status(figure)} for figure in result.figures]
    command = ["python", "-m", "tests.hardening", name, *map(shlex.quote, arguments)]
    environment = describe_environment(command, seed=seed, threads=1)
    report = {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "environment": to_record(environment),
        "settings": result.settings,
        "figures": rows,
        "details": list(result.details),
    }
    atomic_file.write_text(out, json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    print(machine_name(environment), as_text(COLUMNS, rows), f"report: {out}", sep="\n")
    if missed := [f"{row['what']} {_shown(row['value'])}, {_limit(row)}" for row in rows if row["status"] == MISSED]:
        raise GateError(f"{len(missed)} of {len(rows)} promises not held: {'; '.join(missed)}")


def page(report: dict[str, Any]) -> str:
    """The Markdown that the docs show of a report: table, machine, command."""
    environment = from_record(Environment, report["environment"])
    table = as_markdown(COLUMNS, report["figures"])
    return f"{table}\n\n`{environment.command}`; {machine_name(environment)}; {shown_time(environment)}\n"


def _status(figure: Figure) -> str:
    if figure.limit is None:
        return MISSING
    return KEPT if figure.is_kept else MISSED


def _shown(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def _limit(row: dict[str, Any]) -> str:
    return MISSING if row["limit"] is None else f"{row['limit_kind']} {_shown(row['limit'])}"


COLUMNS: tuple[Column[dict[str, Any]], ...] = (
    Column("", "what", lambda row: str(row["what"]), is_number=False),
    Column("", "measured", lambda row: _shown(row["value"])),
    Column("", "unit", lambda row: str(row["unit"]), is_number=False),
    Column("", "promised", _limit, is_number=False),
    Column("", "status", lambda row: str(row["status"]), is_number=False),
)
