"""A comparison in words and tables, as text for a terminal and as Markdown for a pull request."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.analysis.gate import PASSED, Gate, gate_lines
from benchmarks.analysis.quantization_loss import GAIN, LOSS, NO_LOSS, SMALL_LOSS, UNDECIDED
from benchmarks.analysis.row import Comparison
from benchmarks.columns import MISSING, Column, as_markdown, as_text, number
from benchmarks.compare.changes import Change, Changes
from benchmarks.host.environment import machine_name, shown_time
from benchmarks.measure.job import OK
from benchmarks.report.schema import Report
from benchmarks.stats.ratios import Ratio

_ACCURACY = {
    GAIN: "more accurate",
    NO_LOSS: "no loss shown",
    SMALL_LOSS: "a small real loss",
    UNDECIDED: "a loss isn't excluded",
    LOSS: "LESS ACCURATE",
}


def verdict(change: Change) -> str:
    """Return the changes of one row in a few words."""
    if change.new and _fails_now(change):
        return f"FAILS NOW: {change.new.reason}"
    alone = "" if change.old and change.new else f"only in the {'new' if change.new else 'old'} report"
    times = f"times: {change.caveats.times}" if change.caveats.times else ""
    parts = (alone, _accuracy_words(change), change.caveats.answers, _latency_words(change), times)
    return ", ".join(filter(None, parts)) or MISSING


def summary(changes: Changes) -> str:
    """Return the comparison in one line: the rows that are worse beyond the noise, or that none is."""
    losses = {change.row.id: change.loss.verdict for change in changes.rows if change.loss}
    worse = [
        _part("Fail now", {change.row.id: "" for change in changes.rows if _fails_now(change)}),
        _part("Gone", {change.row.id: "" for change in changes.rows if change.new is None}),
        _part("Less accurate", _answer_caveats(changes, lambda name: losses.get(name) in (LOSS, SMALL_LOSS))),
        _part("Slower", {each.row.id: each.caveats.times for each in changes.rows if _direction(each) > 0}),
    ]
    better = [
        _part("More accurate", _answer_caveats(changes, lambda name: losses.get(name) == GAIN)),
        _part("Faster", {each.row.id: each.caveats.times for each in changes.rows if _direction(each) < 0}),
    ]
    compared = [change for change in changes.rows if change.loss or change.latency]
    none = f"No row of {len(compared)} is worse beyond the noise." if compared else "No row could be compared."
    if doubtful := sum(bool(change.latency and change.caveats.times) for change in compared):
        none += f" The times of {doubtful} aren't to be relied on: noisy or drifting."
    return " ".join(filter(None, [*(worse if any(worse) else [none]), *better]))


def _answer_caveats(changes: Changes, is_named: Callable[[str], bool]) -> dict[str, str]:
    return {each.row.id: each.caveats.answers for each in changes.rows if is_named(each.row.id)}


def _part(title: str, rows: Mapping[str, str]) -> str:
    """Return the title and the rows, each with its caveat; empty without rows."""
    names = ", ".join(f"{name} ({caveat})" if caveat else name for name, caveat in rows.items())
    return f"{title}: {names}." if names else ""


def caveats(changes: Changes, margin_pp: float) -> list[str]:
    """Return the facts to know before quoting a comparison."""
    found = []
    if not changes.has_same_images:
        found.append("The reports counted accuracy on different images: nothing can be said of a loss.")
    if changes.machine_differences:
        names = ", ".join(changes.machine_differences).replace("_", " ")
        found.append(f"The reports are of different machines ({names}): their latencies aren't compared.")
    found += [
        f"INVALID times of {row.id} in the {name} report: {row.invalid}."
        for change in changes.rows
        for name, row in (("old", change.old), ("new", change.new))
        if row and row.invalid
    ]
    if any(change.latency and change.latency.low is None for change in changes.rows):
        found.append("A report has a single repeat of some rows: how far repeats lie apart isn't known (--repeats 5).")
    found += [
        "Loss: percentage points of the old report's top-1, with Newcombe's 95 % interval for pairs; real: McNemar's "
        f"exact test, Holm over all rows, below 5 %; small: a loss of {margin_pp:g} points is excluded.",
        "Time: of one invoke, new over old, with the 95 % interval that the repeats' medians give (Welch). It doesn't "
        "hold what differs between two days: measure both one after the other.",
    ]
    return found


def _accuracy_words(change: Change) -> str:
    if not change.loss:
        return ""
    return "the same answers" if change.loss.agreement == 1 else _ACCURACY[change.loss.verdict]


def _latency_words(change: Change) -> str:
    if not change.latency:
        return ""
    if change.latency.is_significant is None:
        return "time from a single repeat"
    return {1: "SLOWER", 0: "as fast within the noise", -1: "faster"}[_direction(change)]


def _direction(change: Change) -> int:
    """Return 1: surely slower, -1: surely faster, 0: neither is shown."""
    if not change.latency or not change.latency.is_significant:
        return 0
    return 1 if change.latency.value > 1 else -1


def _fails_now(change: Change) -> bool:
    if change.old is None or change.new is None:
        return False
    return change.old.status == OK != change.new.status


def text(changes: Changes, old: Report, new: Report, gate: Gate | None) -> str:
    """Lay a comparison out for a terminal, without a newline at the end."""
    lines = [
        *(f"{name}: {_origin(report)}" for name, report in (("old", old), ("new", new))),
        "",
        as_text(COLUMNS, changes.rows),
        "",
        *caveats(changes, new.settings.margin_pp),
        "",
        summary(changes),
        *(gate_lines(gate) if gate else ()),
    ]
    return "\n".join(lines)


def markdown(changes: Changes, old: Report, new: Report, gate: Gate | None) -> str:
    """Lay a comparison out as Markdown: a comment on a pull request. The arguments are those of `text`."""
    bullets = [f"old: {_origin(old)}", f"new: {_origin(new)}", *caveats(changes, new.settings.margin_pp)]
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
    commit = (environment.git_commit or "no commit")[:12]
    return f"{commit}, {shown_time(environment)}, {machine_name(environment)}"


def _both(group: str, key: str, *, scale: float, digits: int) -> tuple[Column[Change], ...]:
    """Return two columns: a figure of the old row and of the new one."""
    show = number(key, scale=scale, digits=digits)
    return (
        Column(group, "old", lambda change: show(change.old)),
        Column(group, "new", lambda change: show(change.new)),
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
    *_both("size, kB", "size_bytes", scale=1e-3, digits=1),
    *_both("top-1, %", "top1_accuracy", scale=100, digits=2),
    Column("loss, pp", "new", _loss(lambda loss: f"{loss.loss_pp:.2f}")),
    Column("loss, pp", "95 %", _loss(lambda loss: _interval(loss.interval_pp[0], loss.interval_pp[1]))),
    Column("agree", "%", _loss(lambda loss: f"{100 * loss.agreement:.2f}")),
    *_both("invoke, µs", "invoke.median_ns", scale=1e-3, digits=1),
    Column("time, new / old", "ratio", _latency(lambda ratio: f"{ratio.value:.2f}")),
    Column("time, new / old", "95 %", _latency(lambda ratio: _interval(ratio.low, ratio.high))),
    Column("", "verdict", verdict, is_number=False),
)
