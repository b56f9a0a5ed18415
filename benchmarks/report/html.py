"""Renders a report as one HTML file that needs nothing else: no script, no font, no image from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import jinja2

from benchmarks.analysis.accuracy_findings import change_sentence, loss_sentence
from benchmarks.analysis.latency import duration_text
from benchmarks.analysis.photograph_findings import frames_sentence, headline, hits_sentence, mistakes_sentence
from benchmarks.analysis.photographs import judge_photographs
from benchmarks.analysis.recommendation import key_rows, recommended
from benchmarks.analysis.row import Row, known, measured
from benchmarks.analysis.seed_variance import seed_sentence
from benchmarks.columns import MISSING, Column
from benchmarks.host.environment import Environment, environment_lines, machine_name, shown_time
from benchmarks.measure.job import FAILED, NOT_TIMED, OK
from benchmarks.report import photographs as section
from benchmarks.report import table
from benchmarks.report.accuracy_table import accuracy_tables
from benchmarks.report.charts.accuracy import LEAST_IN_BIN, LOSS_WIDTHS, draw_change, draw_losses, draw_reliability
from benchmarks.report.charts.latency import NARROW, WIDE, draw_scatter, draw_stages
from benchmarks.report.charts.photographs import draw_confusion, draw_roc
from benchmarks.report.charts.scatter import SIZES, charted, draw_chart
from benchmarks.report.charts.style import figure_svg
from benchmarks.report.schema import PeerRow, Report

_TEMPLATES = Path(__file__).parent / "templates"
_TONES = {OK: "ok", NOT_TIMED: "untimed", FAILED: "failed"}
_LEAD = 3  # sentences of the recommendation on the first screen
_MODES = ("none", "float16", "dynamic", "int8")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True)
class TableLine:
    """Row of a table in HTML."""

    tone: str
    """Class of style."""
    mode: str | None
    """Quantization that colours the dot before the name; None without a dot."""
    cells: list[str]
    note: str = ""
    """Small text behind the name."""


@dataclass(frozen=True, slots=True)
class TableView:
    """Values of the macro in table.html.j2."""

    columns: Sequence[Column[Any]]
    """The first one names the row."""
    spans: list[tuple[str, int]]
    """Cells of the upper line, each with its number of columns; the name is empty over a single column."""
    grouped: list[str]
    rows: list[TableLine]
    missing: str = MISSING


def html_page(report: Report) -> str:
    """Render the page of a report."""
    rows = table.ordered(report.rows)
    sizes = SIZES if charted(rows) else ()
    return render_page(
        "page.html.j2",
        report,
        report.environment,
        settings=table.runtime_settings_lines(rows),
        charts=[figure_svg(partial(draw_chart, rows, size), salt=f"chart {size}") for size in sizes],
        **_answer(report),
        variants=_row_table(table.COLUMNS, rows),
        reasons=table.reasons(rows),
        losses=losses(rows),
        noises=[seed_sentence(group) for group in report.noise],
        accuracy_tables=[
            (part.title.lower().replace(" ", "-"), part.title, part.note, _row_table(part.columns, part.rows))
            for part in accuracy_tables(rows)
        ],
        changes=changes(rows),
        reliability=reliability(rows),
        least_in_bin=LEAST_IN_BIN,
        peers=table_view(table.PEER_COLUMNS, table.ordered_peers(report.peers), tone=_tone, mode=lambda _: "")
        if report.peers
        else None,
        peer_sentences=table.peer_sentences(report.peers),
        timings=timings(rows),
        photographs=photographs(report),
    )


def render_page(
    template: str, report: Any, environment: Environment, *, settings: Sequence[tuple[str, str]] = (), **values: object
) -> str:
    """Render a template by its name in `templates`; settings follow the environment."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,  # file names and the messages of libraries are other people's text
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template(template).render(
        report=report,
        time=shown_time(environment),
        machine=machine_name(environment),
        environment=[*environment_lines(environment), *settings],
        **values,
    )


def table_view(
    columns: Sequence[Column[_R]],
    rows: Sequence[_R],
    *,
    tone: Callable[[_R], str] = lambda _: "",
    mode: Callable[[_R], str | None] = lambda _: None,
    note: Callable[[_R], str] = lambda _: "",
) -> TableView:
    """Lay a table out for the macro in table.html.j2; `tone`, `mode` and `note` are those of `TableLine`."""
    groups = [(name, len(list(members))) for name, members in groupby(columns, key=lambda column: column.group)]
    # A name stands in the upper line where it covers several columns.
    spans = [(name if width > 1 else "", width) for name, width in groups]
    lines = [TableLine(tone(row), mode(row), [column.show(row) for column in columns], note(row)) for row in rows]
    return TableView(columns, spans, [name for name, _ in spans if name], lines)


def _row_table(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> TableView:
    return table_view(columns, rows, tone=_tone, mode=lambda row: row.quantization or "")


def _answer(report: Report) -> dict[str, Any]:
    """Return the values of the first screen: what to use, its figures, and the rows to compare it with."""
    machines, best = report.environment.machines or (), recommended(report.rows)
    shown = max(_LEAD, len(machines))
    # Of several machines no row is the one to use.
    rows = [] if machines else key_rows(report.rows)
    return {
        "lead": report.recommendation[:shown],
        "findings": report.recommendation[shown:],
        "notes": table.reasons([row for row in rows if row.status == OK]),
        "failed": [row.id for row in report.rows if row.status == FAILED],
        "tiles": [] if machines else tiles(report.rows),
        "key": table_view(
            table.KEY_COLUMNS,
            rows,
            tone=lambda row: "best" if row is best else "",
            mode=lambda row: row.quantization or "",
            note=table.key_note,
        )
        if rows
        else None,
    }


def _tone(row: Row | PeerRow) -> str:
    return _TONES.get(row.status, "absent")


def tiles(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Return the figures of the recommended row, each with its meaning; none where nothing can be recommended."""
    row = recommended(rows)
    if row is None:
        return []
    figures = [
        (duration_text(row.invoke_median_ns), "the network, one image", row.time_caveat()),
        (f"{known(row.size_bytes) / 1e3:,.0f} kB", "the file", ""),
    ]
    if row.frame_to_decision:
        time = duration_text(row.frame_to_decision.median_ns)
        figures.insert(1, (time, "from frame to decision", row.time_caveat("frame_to_decision")))
    if row.accuracy and row.accuracy.interval:
        low, high = (f"{100 * end:.1f}" for end in row.accuracy.interval)
        images = row.accuracy.images
        meaning = f"of {images:,} test image{'s' * (images != 1)} right ({low} to {high} %)"
        figures.insert(0, (f"{row.top1_accuracy:.2%}", meaning, row.answer_caveat))
    return [(value, ", ".join(filter(None, (meaning, caveat)))) for value, meaning, caveat in figures]


def losses(rows: Sequence[Row]) -> dict[str, list[str]] | None:
    """Return the chart of losses, wide and narrow, and a sentence a row; None where nothing was compared with float."""
    compared = [row for row in rows if row.against_float]
    if not compared:
        return None
    return {
        "charts": [figure_svg(partial(draw_losses, compared, width), salt=f"losses {width}") for width in LOSS_WIDTHS],
        "sentences": [f"{loss_sentence(row)}." for row in compared],
    }


def changes(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Return name, chart and sentence of each comparison, once where two runtimes predict the same."""
    cards: dict[tuple[str | None, str], dict[str, str]] = {}
    for row in rows:
        if row.against_float and row.against_float.agreement < 1 and row.against_float.confusion_change:
            kind = (row.sha256, str(row.against_float.confusion_change))
            if kind not in cards:
                chart = figure_svg(partial(draw_change, row), salt=f"change {row.id}")
                cards[kind] = {"name": row.title, "chart": chart, "sentence": change_sentence(row)}
    return list(cards.values())


def reliability(rows: Sequence[Row]) -> str | None:
    """Return the chart of confidence for the recommended network, a line each mode; None where it isn't known."""
    calibrated = [row for row in rows if row.accuracy and row.accuracy.calibration]
    if not calibrated:
        return None
    best = recommended(calibrated) or max(
        calibrated, key=lambda row: (row.quantization == "none", known(row.top1_accuracy))
    )
    same = (best.source_sha256, best.format, best.runtime)
    family = [row for row in calibrated if (row.source_sha256, row.format, row.runtime) == same]
    first = [next((row for row in family if row.quantization == mode), None) for mode in _MODES]
    shown = [row for row in first if row] or [best]  # of a file without a specification the mode isn't known
    return figure_svg(partial(draw_reliability, shown), salt="reliability")


def timings(rows: Sequence[Row]) -> list[tuple[str, list[str]]]:
    """Return the charts of time, each with a description, wide and narrow; none where nothing was timed."""
    timed = measured(rows)
    stages = "From a camera's picture to a written decision, in stages."
    scatter = "How the calls of the network scatter."
    drawings = [(stages, draw_stages)] * any(row.end_to_end for row in timed)
    drawings += [(scatter, draw_scatter)] * any(row.invoke for row in timed)
    return [
        (note, [figure_svg(partial(draw, rows, width), salt=f"{note} {width}") for width in (WIDE, NARROW)])
        for note, draw in drawings
    ]


def photographs(report: Report) -> dict[str, Any] | None:
    """Return the values of photographs.html.j2; None without photographs."""
    found = section.shown_row(report)
    if found is None:
        return None
    (row, tally), shown, judged = found, known(report.shown), section.with_photographs(report.rows)
    scores = judge_photographs(row, report.test_images)
    return {
        "title": section.title_of(report, row),
        "headline": headline(row),
        "rows": _row_table(section.ROWS, judged) if len(judged) > 1 else None,
        "folders": table_view(
            section.FOLDERS, section.folder_table(tally), tone=lambda folder: "" if folder.truth else "total"
        ),
        "confusion": figure_svg(partial(draw_confusion, tally), salt="confusion"),
        "roc": figure_svg(partial(draw_roc, tally, scores), salt="roc") if tally.rejection else "",
        "rules": table_view(section.RULES, section.rule_table(tally)),
        "stages": table_view(section.STAGES, tally.stages),
        "frames": frames_sentence(tally, threads=report.settings.threads),
        "mistakes": mistakes_sentence(tally, shown=len(shown.mistakes)),
        "hits": hits_sentence(tally, shown=len(shown.hits)),
        "skipped": section.skipped_lines(report),
    }
