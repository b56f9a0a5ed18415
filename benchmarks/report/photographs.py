"""Section of a report on photographs: tables, and sentences on one of the rows, as text and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks.analysis.photograph_findings import frames_sentence, headline, hits_sentence, mistakes_sentence
from benchmarks.analysis.photograph_tally import FolderRow, PhotographTally, Proportion, Rates, Stage
from benchmarks.analysis.photographs import choose_hits, choose_mistakes, judge_photographs
from benchmarks.analysis.recommendation import recommended
from benchmarks.analysis.row import Row, known
from benchmarks.columns import MISSING, Column, as_markdown, as_text, bullets, number
from benchmarks.config import BenchmarkConfig
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.report.schema import Report, Shown
from benchmarks.report.table import status

SHEETS = {"Mistakes": "mistakes.png", "Right answers": "hits.png"}
"""File names of the sheets by their headings."""
_R = TypeVar("_R")


def _interval(read: Callable[[_R], Proportion | None]) -> Callable[[_R], str]:
    """Show the interval of a share as percentages."""

    def show(row: _R) -> str:
        share = read(row)
        return MISSING if share is None else f"{share.low * 100:.1f} to {share.high * 100:.1f}"

    return show


def _share(group: str, key: str, read: Callable[[FolderRow], Proportion | None]) -> tuple[Column[FolderRow], ...]:
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


def _total_ms(row: Row) -> str:
    """Show the median from frame to answer on photographs."""
    return f"{row.photographs.stages[-1].median_ns / 1e6:,.2f}" if row.photographs else MISSING


STAGES: tuple[Column[Stage], ...] = (
    Column("", "stage", lambda stage: stage.name, is_number=False),
    Column("", "median, µs", number("median_ns", scale=1e-3)),
    Column("", "p90, µs", number("p90_ns", scale=1e-3)),
)

ROWS: tuple[Column[Row], ...] = (
    Column("", "variant", lambda row: row.title, is_number=False),
    Column("top-1", "%", number("photographs.totals.known.top1.share", scale=100)),
    Column("answered", "%", number("photographs.totals.all.answered.share", scale=100)),
    Column("known kept", "%", number("photographs.rejection.answered.known_kept.share", scale=100)),
    Column("unknown rejected", "%", number("photographs.rejection.answered.unknown_rejected.share", scale=100)),
    Column("", "AUROC", number("photographs.rejection.auroc", digits=3)),
    Column("frame to answer", "ms", _total_ms),
    Column("", "status", status, is_number=False),
)


def choose_shown(rows: Sequence[Row], images: EvaluationSet, config: BenchmarkConfig) -> Shown | None:
    """Choose the row whose answers are shown, the recommended one if it has any, and the photographs to draw."""
    judged_rows = with_photographs(rows)
    if not judged_rows:
        return None
    row = recommended(judged_rows) or judged_rows[0]
    judged = judge_photographs(row, images)
    mistakes, hits = choose_mistakes(judged, most=config.mistakes), choose_hits(judged, each=config.hits)
    return Shown(row.id, [photograph.name for photograph in mistakes], [photograph.name for photograph in hits])


def with_photographs(rows: Sequence[Row]) -> list[Row]:
    """Select the rows that were judged on photographs."""
    return [row for row in rows if row.photographs]


def shown_row(report: Report) -> tuple[Row, PhotographTally] | None:
    """Return the row whose answers are shown, and its tally; None without photographs."""
    row = next((row for row in report.rows if report.shown and row.id == report.shown.row), None)
    return (row, known(row.photographs)) if row else None


def folder_table(tally: PhotographTally) -> list[FolderRow]:
    """Return the rows of FOLDERS: one a folder, then the totals."""
    sums = {"all known": tally.totals.known, "all unknown": tally.totals.unknown, "all": tally.totals.all}
    totals = [
        FolderRow(folder=name, labels=(), truth="", count=row.count, top1=row.top1, answered=row.answered)
        for name, row in sums.items()
    ]
    return [*tally.folders, *(row for row in totals if row.count)]


def rule_table(tally: PhotographTally) -> list[tuple[str, Rates]]:
    """Return the rows of RULES: the threshold that keeps 95 % of the known, and the model's own; none without both."""
    rejection = tally.rejection
    if rejection is None:
        return []
    threshold = f"a score below {rejection.threshold:.3f}, which keeps {rejection.keep:.0%}"
    return [
        (threshold, rejection.at_threshold),
        ("what the model answers unknown or nothing", rejection.answered),
    ]


def answer_columns(tally: PhotographTally) -> tuple[Column[tuple[str, list[int]]], ...]:
    """Return the folder, then one column for each answer that can be given."""
    answers = [_count_of(place, answer) for place, answer in enumerate(tally.answers.answers)]
    return (Column("", "folder", lambda row: row[0], is_number=False), *answers)


def answer_table(tally: PhotographTally) -> list[tuple[str, list[int]]]:
    """Return the rows of `answer_columns`."""
    return list(zip(tally.answers.folders, tally.answers.counts, strict=True))


def _count_of(place: int, answer: str) -> Column[tuple[str, list[int]]]:
    return Column("", answer, lambda row: str(row[1][place] or MISSING))


def title_of(report: Report, row: Row) -> str:
    """Name the row and the photographs, without a full stop."""
    return f"{row.title} on {report.statement.removeprefix('accuracy on ')}"


def skipped_lines(report: Report) -> list[str]:
    """Say of each photograph that could not be read why."""
    photographs = report.test_images.photographs
    return [f"{skipped.path}: {skipped.reason}" for skipped in photographs.skipped] if photographs else []


def photographs_text(report: Report) -> str:
    """Return the tables for a terminal, and the sentences that matter most last; empty without photographs."""
    found = shown_row(report)
    if found is None:
        return ""
    row, tally = found
    judged, rules, skipped = with_photographs(report.rows), rule_table(tally), skipped_lines(report)
    parts = [
        as_text(ROWS, judged) if len(judged) > 1 else "",
        title_of(report, row),
        as_text(FOLDERS, folder_table(tally)),
        as_text(answer_columns(tally), answer_table(tally)),
        as_text(RULES, rules) if rules else "",
        frames_sentence(tally, threads=report.settings.threads) + "\n" + as_text(STAGES, tally.stages),
        "\n".join(["not read:", *skipped]) if skipped else "",
        "\n".join(headline(row)),
    ]
    return "\n\n".join(part for part in parts if part)


def photographs_markdown(report: Report) -> list[str]:
    """Return the paragraphs in Markdown, the pictures as PNGs beside the file; none without photographs."""
    found = shown_row(report)
    if found is None:
        return []
    (row, tally), shown = found, known(report.shown)
    judged, rules, skipped = with_photographs(report.rows), rule_table(tally), skipped_lines(report)
    return [
        "## Photographs",
        as_markdown(ROWS, judged) if len(judged) > 1 else "",
        f"{title_of(report, row)}:",
        bullets(headline(row)),
        as_markdown(FOLDERS, folder_table(tally)),
        "### Answers",
        "![confusion matrix](confusion.png)",
        as_markdown(answer_columns(tally), answer_table(tally)),
        *(("### Known and unknown", "![ROC curve](roc.png)", as_markdown(RULES, rules)) if rules else ()),
        "### Time on photographs",
        frames_sentence(tally, threads=report.settings.threads),
        as_markdown(STAGES, tally.stages),
        *_sheet("Mistakes", mistakes_sentence(tally, shown=len(shown.mistakes)), shown.mistakes),
        *_sheet("Right answers", hits_sentence(tally, shown=len(shown.hits)), shown.hits),
        *(("### Not read", bullets(skipped)) if skipped else ()),
    ]


def _sheet(title: str, sentence: str, names: Sequence[str]) -> tuple[str, ...]:
    return (f"### {title}", sentence, f"![{title.lower()}]({SHEETS[title]})") if names else ()
