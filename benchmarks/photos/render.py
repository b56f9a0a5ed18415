"""Tables of the report on photographs, and their layout as text, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from benchmarks.columns import MISSING, Column, as_markdown, as_text, bullets, number
from benchmarks.host.environment import environment_lines, machine_name, shown_time
from benchmarks.photos.images import draw_confusion, draw_roc
from benchmarks.photos.record import Report, Stage, frames_sentence, hits_sentence, mistakes_sentence, skipped_lines
from benchmarks.photos.tally import FolderRow, Rates, Share
from benchmarks.report.charts.style import figure_svg
from benchmarks.report.html import render_page, table_view

_R = TypeVar("_R")


def _interval(read: Callable[[_R], Share | None]) -> Callable[[_R], str]:
    """Show the interval of a share as percentages."""

    def show(row: _R) -> str:
        share = read(row)
        return MISSING if share is None else f"{share.low * 100:.1f} to {share.high * 100:.1f}"

    return show


def _share(group: str, key: str, read: Callable[[FolderRow], Share | None]) -> tuple[Column[FolderRow], ...]:
    """Return three columns of a share: right answers, percentage and interval."""
    return (
        Column(group, "right", number(f"{key}.right", digits=0)),
        Column(group, "%", number(f"{key}.share", scale=100)),
        Column(group, "95 %", _interval(read)),
    )


FOLDERS: tuple[Column[FolderRow], ...] = (
    Column("", "folder", lambda row: row.folder, is_number=False),
    Column("", "right is", lambda row: row.truth, is_number=False),
    Column("", "photographs", number("count", digits=0)),
    *_share("top-1", "top1", lambda row: row.top1),
    *_share("answered", "answered", lambda row: row.answered),
)

RULES: tuple[Column[tuple[str, Rates]], ...] = (
    Column("", "rejected is", lambda row: row[0], is_number=False),
    Column("known kept", "%", lambda row: number("known_kept.share", scale=100)(row[1])),
    Column("known kept", "95 %", _interval(lambda row: row[1].known_kept)),
    Column("unknown rejected", "%", lambda row: number("unknown_rejected.share", scale=100)(row[1])),
    Column("unknown rejected", "95 %", _interval(lambda row: row[1].unknown_rejected)),
)

STAGES: tuple[Column[tuple[str, Stage]], ...] = (
    Column("", "stage", lambda row: row[0], is_number=False),
    Column("", "median, µs", lambda row: number("median_ns", scale=1e-3)(row[1])),
    Column("", "p90, µs", lambda row: number("p90_ns", scale=1e-3)(row[1])),
)


def folder_table(report: Report) -> list[FolderRow]:
    """Return the rows of FOLDERS: one a folder, then the totals."""
    sums = {"all known": report.totals.known, "all unknown": report.totals.unknown, "all": report.totals.all}
    totals = [
        FolderRow(folder=name, labels=(), truth="", count=row.count, top1=row.top1, answered=row.answered)
        for name, row in sums.items()
    ]
    return [*report.folders, *(row for row in totals if row.count)]


def rule_table(report: Report) -> list[tuple[str, Rates]]:
    """Return the rows of RULES: the threshold that keeps 95 % of the known, and the model's own; none without both."""
    rejection = report.rejection
    if rejection is None:
        return []
    threshold = f"a score below {rejection.threshold:.3f}, which keeps {rejection.keep:.0%}"
    return [
        (threshold, rejection.at_threshold),
        ("what the model answers unknown or nothing", rejection.answered),
    ]


def confusion_columns(report: Report) -> tuple[Column[tuple[str, list[int]]], ...]:
    """Return the folder, then one column for each answer that can be given."""
    answers = [_count_of(place, answer) for place, answer in enumerate(report.confusion.answers)]
    return (Column("", "folder", lambda row: row[0], is_number=False), *answers)


def confusion_table(report: Report) -> list[tuple[str, list[int]]]:
    """Return the rows of `confusion_columns`."""
    return list(zip(report.confusion.folders, report.confusion.counts, strict=True))


def _count_of(place: int, answer: str) -> Column[tuple[str, list[int]]]:
    return Column("", answer, lambda row: str(row[1][place] or MISSING))


def printed(report: Report) -> str:
    """Return what the command prints: tables first, the sentences that matter most last."""
    rules = rule_table(report)
    parts = [
        report.statement,
        as_text(FOLDERS, folder_table(report)),
        as_text(confusion_columns(report), confusion_table(report)),
        as_text(RULES, rules) if rules else "",
        frames_sentence(report) + "\n" + as_text(STAGES, list(report.stages.items())),
        "\n".join(["not read:", *skipped_lines(report)]) if report.skipped else "",
        "\n".join(report.headline),
    ]
    return "\n\n".join(part for part in parts if part)


def markdown(report: Report) -> str:
    """Render the report as Markdown; the pictures are the PNGs beside it."""
    environment, shown = report.environment, report.shown
    rules = rule_table(report)
    parts = [
        f"# Photographs, {shown_time(environment)}",
        f"{machine_name(environment)}; {report.statement}.",
        f"**{report.headline[0]}**",
        bullets(report.headline[1:]),
        "## Accuracy",
        as_markdown(FOLDERS, folder_table(report)),
        "## Answers",
        "![confusion matrix](confusion.png)",
        as_markdown(confusion_columns(report), confusion_table(report)),
        *(("## Known and unknown", "![ROC curve](roc.png)", as_markdown(RULES, rules)) if rules else ()),
        "## Time",
        frames_sentence(report),
        as_markdown(STAGES, list(report.stages.items())),
        *(("## Mistakes", mistakes_sentence(report), "![mistakes](mistakes.png)") if shown.mistakes else ()),
        *(("## Right answers", hits_sentence(report), "![right answers](hits.png)") if shown.hits else ()),
        *(("## Not read", bullets(skipped_lines(report))) if report.skipped else ()),
        "## Caveats",
        bullets(report.caveats),
        "## Glossary",
        bullets([f"{name}: {text}" for name, text in report.definitions.items()]),
        "## Environment",
        bullets([f"{name}: {value}" for name, value in environment_lines(environment)]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def html_page(report: Report) -> str:
    """Render the page."""
    return render_page(
        "photos/page.html.j2",
        report,
        report.environment,
        folders=table_view(FOLDERS, folder_table(report), tone=lambda row: "" if row.truth else "total"),
        confusion=figure_svg(partial(draw_confusion, report), salt="confusion"),
        roc=figure_svg(partial(draw_roc, report), salt="roc") if report.rejection else "",
        rules=table_view(RULES, rule_table(report)),
        stages=table_view(STAGES, list(report.stages.items())),
        frames=frames_sentence(report),
        mistakes=mistakes_sentence(report),
        hits=hits_sentence(report),
        skipped=skipped_lines(report),
    )
