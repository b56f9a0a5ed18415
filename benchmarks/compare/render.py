"""Tables of a comparison, as text for a terminal and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.analysis.gate import PASSED, Gate, gate_lines
from benchmarks.analysis.row import Comparison, Row
from benchmarks.columns import MISSING, Column, as_markdown, as_text
from benchmarks.compare.changes import Change, Changes
from benchmarks.compare.sentences import caveats, summary, verdict
from benchmarks.host.environment import machine_name, shown_time
from benchmarks.report.schema import Report
from benchmarks.stats.ratios import Ratio


def text(changes: Changes, old: Report, new: Report, gate: Gate | None) -> str:
    """Lay a comparison out for a terminal, without a newline at the end.

    Args:
        changes: comparison from `benchmarks.compare.changes.compare_reports`.
        old: the older report.
        new: the newer one.
        gate: outcome of the limits; None: there is no gate.
    """
    lines = [
        *(f"{name}: {_origin(report)}" for name, report in (("old", old), ("new", new))),
        "",
        as_text(COLUMNS, changes.rows),
        "",
        *caveats(changes, new.settings["margin_pp"]),
        "",
        summary(changes),
        *(gate_lines(gate) if gate else ()),
    ]
    return "\n".join(lines)


def markdown(changes: Changes, old: Report, new: Report, gate: Gate | None) -> str:
    """Lay a comparison out as Markdown: a comment on a pull request. The arguments are those of `text`."""
    bullets = [f"old: {_origin(old)}", f"new: {_origin(new)}", *caveats(changes, new.settings["margin_pp"])]
    parts = [
        "### Benchmark",
        f"**{summary(changes)}**",
        _gate_markdown(gate) if gate else "",
        as_markdown(COLUMNS, changes.rows),
        "<details><summary>What was compared, and how</summary>",
        "\n".join(f"- {line}" for line in bullets),
        "</details>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _gate_markdown(gate: Gate) -> str:
    mark = "✅" if gate.outcome == PASSED else "❌"
    broken = [f"- {result.row}: {result.sentence}" for result in gate.checks if not result.passed]
    return "\n".join([f"{mark} Gate: {gate.sentence}.", *broken])


def _origin(report: Report) -> str:
    environment = report.environment
    commit = (environment["git_commit"] or "no commit")[:12]
    return f"{commit}, {shown_time(environment)}, {machine_name(environment)}"


def _both(group: str, read: Callable[[Row], float | None], *, scale: float, digits: int) -> tuple[Column[Change], ...]:
    """Return two columns: a figure of the old row and of the new one."""

    def cell(row: Row | None) -> str:
        value = read(row) if row else None
        return MISSING if value is None else f"{value * scale:,.{digits}f}"

    return (
        Column(group, "old", lambda change: cell(change.old)),
        Column(group, "new", lambda change: cell(change.new)),
    )


def _interval(low: float | None, high: float | None, digits: int = 2) -> str:
    return MISSING if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def _loss(show: Callable[[Comparison], str]) -> Callable[[Change], str]:
    return lambda change: show(change.loss) if change.loss else MISSING


def _latency(show: Callable[[Ratio], str]) -> Callable[[Change], str]:
    return lambda change: show(change.latency) if change.latency else MISSING


COLUMNS: tuple[Column[Change], ...] = (
    Column("", "variant", lambda change: change.row.variant, is_number=False),
    Column("", "runtime", lambda change: change.row.runtime or MISSING, is_number=False),
    *_both("size, kB", lambda row: row.size_bytes, scale=1e-3, digits=1),
    *_both("top-1, %", lambda row: row.top1_accuracy, scale=100, digits=2),
    Column("loss, pp", "new", _loss(lambda loss: f"{loss.loss_pp:.2f}")),
    Column("loss, pp", "95 %", _loss(lambda loss: _interval(loss.interval_pp[0], loss.interval_pp[1]))),
    Column("agree", "%", _loss(lambda loss: f"{100 * loss.agreement:.2f}")),
    *_both("invoke, µs", lambda row: row.invoke.median_ns if row.invoke else None, scale=1e-3, digits=1),
    Column("time, new / old", "ratio", _latency(lambda ratio: f"{ratio.value:.2f}")),
    Column("time, new / old", "95 %", _latency(lambda ratio: _interval(ratio.low, ratio.high))),
    Column("", "verdict", verdict, is_number=False),
)
