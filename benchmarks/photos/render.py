"""Tables of the report on photographs, and their layout as text, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.columns import MISSING, Column, Row, as_markdown, as_text, number
from benchmarks.host.environment import environment_lines, machine_name, shown_time
from benchmarks.photos.images import confusion_svg, roc_svg
from benchmarks.photos.sentences import frames_sentence, hits_sentence, mistakes_sentence, skipped_lines
from benchmarks.report.html import render_page, table_values

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


def printed(report: Row) -> str:
    """Return what the command prints: tables first, the sentences that matter most last."""
    rules = rule_table(report)
    parts = [
        report["statement"],
        as_text(FOLDERS, folder_table(report)),
        as_text(confusion_columns(report), confusion_table(report)),
        as_text(RULES, rules) if rules else "",
        frames_sentence(report) + "\n" + as_text(STAGES, stage_table(report)),
        "\n".join(["not read:", *skipped_lines(report)]) if report["skipped"] else "",
        "\n".join(report["headline"]),
    ]
    return "\n\n".join(part for part in parts if part)


def markdown(report: Row) -> str:
    """Render the report as Markdown; the pictures are the PNGs beside it."""
    environment, shown = report["environment"], report["shown"]
    rules = rule_table(report)
    parts = [
        f"# Photographs, {shown_time(environment)}",
        f"{machine_name(environment)}; {report['statement']}.",
        f"**{report['headline'][0]}**",
        _bullets(report["headline"][1:]),
        "## Accuracy",
        as_markdown(FOLDERS, folder_table(report)),
        "## Answers",
        "![confusion matrix](confusion.png)",
        as_markdown(confusion_columns(report), confusion_table(report)),
        *(("## Known and unknown", "![ROC curve](roc.png)", as_markdown(RULES, rules)) if rules else ()),
        "## Time",
        frames_sentence(report),
        as_markdown(STAGES, stage_table(report)),
        *(("## Mistakes", mistakes_sentence(report), "![mistakes](mistakes.png)") if shown["mistakes"] else ()),
        *(("## Right answers", hits_sentence(report), "![right answers](hits.png)") if shown["hits"] else ()),
        *(("## Not read", _bullets(skipped_lines(report))) if report["skipped"] else ()),
        "## Caveats",
        _bullets(report["caveats"]),
        "## Glossary",
        _bullets([f"{name}: {text}" for name, text in report["definitions"].items()]),
        "## Environment",
        _bullets([f"{name}: {value}" for name, value in environment_lines(environment)]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def html_page(report: Row) -> str:
    """Render the page.

    Args:
        report: from `benchmarks.photos.report.build_report`, or read from its report.json.
    """
    return render_page(
        "photos/page.html.j2",
        report,
        report["environment"],
        {
            "folders": _table(FOLDERS, folder_table(report)),
            "confusion": confusion_svg(report),
            "roc": roc_svg(report) if report["rejection"] else "",
            "rules": _table(RULES, rule_table(report)),
            "stages": _table(STAGES, stage_table(report)),
            "frames": frames_sentence(report),
            "mistakes": mistakes_sentence(report),
            "hits": hits_sentence(report),
            "skipped": skipped_lines(report),
        },
    )


def _table(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> Row:
    shown = [
        {
            "tone": "total" if row.get("is_total") else "",
            "mode": None,
            "cells": [column.show(row) for column in columns],
        }
        for row in rows
    ]
    return table_values(columns, shown)
