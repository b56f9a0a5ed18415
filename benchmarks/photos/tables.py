"""The tables of the report on photographs, as columns that terminal, Markdown and HTML lay out."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.columns import MISSING, Column, Row, number

_TOTALS = {"known": "all known", "unknown": "all unknown", "all": "all"}


def _interval(key: str) -> Callable[[Row], str]:
    """Show the interval of a share as percentages."""

    def show(row: Row) -> str:
        share = row[key]
        return MISSING if share is None else f"{share['low'] * 100:.1f} to {share['high'] * 100:.1f}"

    return show


def _share(group: str, key: str) -> tuple[Column[Row], ...]:
    """Three columns of a share: how many are right, how many per cent that is, and its interval."""
    return (
        Column(group, "right", number(f"{key}.right", digits=0)),
        Column(group, "%", number(f"{key}.share", scale=100)),
        Column(group, "95 %", _interval(key)),
    )


FOLDERS: tuple[Column[Row], ...] = (
    Column("", "folder", lambda row: row["folder"], is_number=False),
    Column("", "right is", lambda row: row["truth"], is_number=False),
    Column("", "photographs", number("count", digits=0)),
    *_share("top-1", "top1"),
    *_share("answered", "answered"),
)

RULES: tuple[Column[Row], ...] = (
    Column("", "rejected is", lambda row: row["rule"], is_number=False),
    Column("known kept", "%", number("known_kept.share", scale=100)),
    Column("known kept", "95 %", _interval("known_kept")),
    Column("unknown rejected", "%", number("unknown_rejected.share", scale=100)),
    Column("unknown rejected", "95 %", _interval("unknown_rejected")),
)

STAGES: tuple[Column[Row], ...] = (
    Column("", "stage", lambda row: row["stage"], is_number=False),
    Column("", "median, µs", number("median_ns", scale=1e-3)),
    Column("", "p90, µs", number("p90_ns", scale=1e-3)),
)


def folder_table(report: Row) -> list[Row]:
    """The rows of FOLDERS: one a folder, then the totals."""
    totals = [{"folder": name, "truth": "", "is_total": True} | report["totals"][key] for key, name in _TOTALS.items()]
    return [*report["folders"], *(row for row in totals if row["count"])]


def rule_table(report: Row) -> list[Row]:
    """The rows of RULES: the threshold that keeps 95 % of the known, and the model's own; none without a ROC curve."""
    found = report["rejection"]
    if found is None:
        return []
    return [
        {"rule": f"a score below {found['threshold']:.3f}, which keeps {found['keep']:.0%}"} | found["at_threshold"],
        {"rule": "what the model answers unknown or nothing"} | found["answered"],
    ]


def stage_table(report: Row) -> list[Row]:
    """The rows of STAGES."""
    return [{"stage": name} | summary for name, summary in report["stages"].items()]


def confusion_columns(report: Row) -> tuple[Column[Row], ...]:
    """The folder, then one column for each answer that can be given."""
    answers = map(_count_of, report["confusion"]["answers"])
    return (Column("", "folder", lambda row: row["folder"], is_number=False), *answers)


def confusion_table(report: Row) -> list[Row]:
    """The rows of `confusion_columns`."""
    matrix = report["confusion"]
    return [
        {"folder": folder, "counts": dict(zip(matrix["answers"], counts, strict=True))}
        for folder, counts in zip(matrix["folders"], matrix["counts"], strict=True)
    ]


def _count_of(answer: str) -> Column[Row]:
    return Column("", answer, lambda row: str(row["counts"][answer] or MISSING))
