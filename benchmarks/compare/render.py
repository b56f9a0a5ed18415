"""The comparison of two reports as text for a terminal and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.analysis.gate import PASSED, gate_lines
from benchmarks.columns import MISSING, Column, Row, as_markdown, as_text
from benchmarks.compare.sentences import caveats, summary, verdict
from benchmarks.host.environment import machine_name, shown_time


def text(changes: Row, old: Row, new: Row, gate: Row | None) -> str:
    """Lay a comparison out for a terminal, without a newline at the end.

    Args:
        changes: from `benchmarks.compare.changes.compare_reports`.
        old: the older report.
        new: the newer one.
        gate: from `benchmarks.analysis.gate.judge`; None: there is none.
    """
    lines = [
        *(f"{name}: {_origin(report)}" for name, report in (("old", old), ("new", new))),
        "",
        as_text(COLUMNS, changes["rows"]),
        "",
        *caveats(changes, new["settings"]["margin_pp"]),
        "",
        summary(changes),
        *(gate_lines(gate) if gate else ()),
    ]
    return "\n".join(lines)


def markdown(changes: Row, old: Row, new: Row, gate: Row | None) -> str:
    """Lay a comparison out as Markdown: a comment on a pull request. The arguments are those of `text`."""
    bullets = [f"old: {_origin(old)}", f"new: {_origin(new)}", *caveats(changes, new["settings"]["margin_pp"])]
    parts = [
        "### Benchmark",
        f"**{summary(changes)}**",
        _gate_markdown(gate) if gate else "",
        as_markdown(COLUMNS, changes["rows"]),
        "<details><summary>What was compared, and how</summary>",
        "\n".join(f"- {line}" for line in bullets),
        "</details>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _gate_markdown(gate: Row) -> str:
    mark = "✅" if gate["outcome"] == PASSED else "❌"
    broken = [f"- {found['row']}: {found['sentence']}" for found in gate["checks"] if not found["passed"]]
    return "\n".join([f"{mark} Gate: {gate['sentence']}.", *broken])


def _origin(report: Row) -> str:
    environment = report["environment"]
    commit = (environment["git_commit"] or "no commit")[:12]
    return f"{commit}, {shown_time(environment)}, {machine_name(environment)}"


def _side(side: str, key: str, *, scale: float, digits: int) -> Callable[[Row], str]:
    def show(row: Row) -> str:
        value = row[side] and row[side][key]
        return MISSING if value is None else f"{value * scale:,.{digits}f}"

    return show


def _interval(low: float | None, high: float | None, digits: int = 2) -> str:
    return MISSING if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def _answers(show: Callable[[dict[str, Any]], str]) -> Callable[[Row], str]:
    return lambda row: show(row["answers"]) if row["answers"] else MISSING


def _latency(show: Callable[[dict[str, Any]], str]) -> Callable[[Row], str]:
    return lambda row: show(row["latency"]) if row["latency"] else MISSING


COLUMNS = (
    Column("", "variant", lambda row: row["variant"], is_number=False),
    Column("", "runtime", lambda row: row["runtime"] or MISSING, is_number=False),
    Column("size, kB", "old", _side("old", "size_bytes", scale=1e-3, digits=1)),
    Column("size, kB", "new", _side("new", "size_bytes", scale=1e-3, digits=1)),
    Column("top-1, %", "old", _side("old", "top1_accuracy", scale=100, digits=2)),
    Column("top-1, %", "new", _side("new", "top1_accuracy", scale=100, digits=2)),
    Column("loss, pp", "new", _answers(lambda found: f"{found['loss_pp']:.2f}")),
    Column("loss, pp", "95 %", _answers(lambda found: _interval(*found["interval_pp"]))),
    Column("agree", "%", _answers(lambda found: f"{100 * found['agreement']:.2f}")),
    Column("invoke, µs", "old", _side("old", "invoke_median_ns", scale=1e-3, digits=1)),
    Column("invoke, µs", "new", _side("new", "invoke_median_ns", scale=1e-3, digits=1)),
    Column("time, new / old", "ratio", _latency(lambda found: f"{found['value']:.2f}")),
    Column("time, new / old", "95 %", _latency(lambda found: _interval(found["low"], found["high"]))),
    Column("", "verdict", verdict, is_number=False),
)
