"""The tables of `python -m benchmarks bulk` and `make fleet-test`, for `docs/render.py`."""

from __future__ import annotations

from typing import Any

_FLEET = {
    "model": "model",
    "share_percent": "share of the manifest, %",
    "devices": "devices",
    "running": "that run it",
    "rolled_back": "that rolled it back",
    "refused": "that refuse it then",
}


def page(figures: dict[str, Any]) -> str:
    """Return the steps of a staged update as a table."""
    steps = [[str(step[name]) for name in _FLEET] for step in figures["steps"]]
    rows = [[*_FLEET.values()], ["---", *["--:"] * (len(_FLEET) - 1)], *steps]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def bulk(report: dict[str, Any]) -> str:
    """Return the comparison of bulk classification with bare loops as a table."""
    from benchmarks.columns import as_text
    from benchmarks.host.environment import Environment, busy_sentence, machine_name, shown_time
    from benchmarks.overhead.command import COLUMNS
    from benchmarks.overhead.measure import Row
    from benchmarks.records import from_record

    environment = from_record(Environment, report["environment"])
    rows = [from_record(Row, row) for row in report["rows"]]
    about = " ".join(
        filter(None, (f"{machine_name(environment)}; {shown_time(environment)}.", busy_sentence(environment)))
    )
    return f"```text\n{as_text(COLUMNS, rows)}\n```\n\n{about}\n"
