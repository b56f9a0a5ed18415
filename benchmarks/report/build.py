"""The report: built from the rows in one pass, and written as the files that are rendered from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.analysis.accuracy_findings import change_sentence, kernel_sentence, loss_sentence
from benchmarks.analysis.gate import gate_lines, judge_report
from benchmarks.analysis.latency import latency_caveats
from benchmarks.analysis.photograph_findings import photograph_caveats
from benchmarks.analysis.photographs import judge_photographs
from benchmarks.analysis.recommendation import recommend
from benchmarks.analysis.row import Row
from benchmarks.analysis.seed_variance import read_training_runs, seed_groups, seed_sentence
from benchmarks.columns import as_markdown, bullets
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.host.environment import Environment, busy_sentence, environment_lines, machine_name, shown_time
from benchmarks.measure.inputs import FRAME_COUNT, FRAME_HEIGHT, FRAME_WIDTH, EvaluationSet
from benchmarks.report import accuracy_table, table
from benchmarks.report.charts.photographs import draw_confusion, draw_roc
from benchmarks.report.charts.scatter import WIDE, charted, draw_chart
from benchmarks.report.charts.style import Palette, figure_png
from benchmarks.report.glossary import DEFINITIONS, PHOTOGRAPHS
from benchmarks.report.html import html_page
from benchmarks.report.photographs import SHEETS, choose_shown, photographs_markdown, shown_row
from benchmarks.report.schema import Frames, PeerRow, Report, to_json, write_folder
from benchmarks.stats.latency import P90_MIN_SAMPLES, P95_MIN_SAMPLES, P99_MIN_SAMPLES
from edge.system import atomic_file

CHART = "accuracy_latency.png"
_NO_SHEETS: Mapping[str, bytes] = {}


def build_report(
    rows: Sequence[Row],
    config: BenchmarkConfig,
    test_images: EvaluationSet,
    environment: Environment,
    *,
    statement: str,
    peers: Sequence[PeerRow] = (),
    limits: Limits | None = None,
    is_interrupted: bool = False,
) -> Report:
    """Join the rows and all that follows from them; without limits there is no gate."""
    shown = choose_shown(rows, test_images, config)
    photographs = test_images.photographs
    of_photographs = [
        sentence
        for row in rows
        if shown and photographs and row.photographs and row.id == shown.row
        for sentence in photograph_caveats(row.photographs, skipped=len(photographs.skipped))
    ]
    return Report(
        interrupted=is_interrupted,
        statement=statement,
        recommendation=tuple(recommend(rows)),
        gate=judge_report(rows, limits) if limits else None,
        caveats=(*caveats(rows, test_images, environment), *of_photographs),
        environment=environment,
        settings=config,
        definitions=DEFINITIONS | PHOTOGRAPHS if shown else DEFINITIONS,
        test_images=test_images,
        noise=seed_groups(rows, read_training_runs()),
        frames=Frames(count=FRAME_COUNT, height=FRAME_HEIGHT, width=FRAME_WIDTH, seed=config.seed),
        rows=tuple(rows),
        peers=tuple(peers),
        shown=shown,
    )


def write_report(report: Report, folder: Path, sheets: Mapping[str, bytes] = _NO_SHEETS) -> Path:
    """Write report.json, .csv, .md, .html and the pictures, as `write_folder` does, and return the page's path.

    Args:
        report: facts and sentences.
        folder: where the files are written.
        sheets: PNGs of photographs by their names in `benchmarks.report.photographs.SHEETS`.

    Raises:
        OSError: the folder can't be written.
    """
    return write_folder(folder, partial(_write_files, report, sheets))


def _write_files(report: Report, sheets: Mapping[str, bytes], folder: Path) -> None:
    pictures = {CHART: figure_png(draw_chart(report.rows, WIDE, Palette())) if charted(report.rows) else None}
    pictures |= _photograph_charts(report) | {name: sheets.get(name) for name in SHEETS.values()}
    for name, content in pictures.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)  # of an earlier report in the same folder
        else:
            atomic_file.write_bytes(folder / name, content)
    atomic_file.write_text(folder / "report.csv", table.csv_table(report.rows))
    atomic_file.write_text(folder / "report.md", markdown(report))
    atomic_file.write_text(folder / "report.html", html_page(report))
    atomic_file.write_text(folder / "report.json", to_json(report))  # last: where it is new, the others are too


def _photograph_charts(report: Report) -> dict[str, bytes | None]:
    """Return the PNGs of the charts of photographs by name, None for one that the report lacks."""
    found = shown_row(report)
    if found is None:
        return {"confusion.png": None, "roc.png": None}
    row, tally = found
    roc = (
        figure_png(draw_roc(tally, judge_photographs(row, report.test_images), Palette())) if tally.rejection else None
    )
    return {"confusion.png": figure_png(draw_confusion(tally, Palette())), "roc.png": roc}


def caveats(rows: Sequence[Row], test_images: EvaluationSet, environment: Environment) -> list[str]:
    """Return the facts to know before quoting a number, one sentence each."""
    sentences = [
        "Measured on a host, not on a Raspberry Pi: the order of the variants may be another one there."
        if environment.kind == "host"
        else "",
        "Accuracies are on drawn garments: they say nothing about Fashion-MNIST."
        if test_images.dataset == "demo"
        else "",
        *map(kernel_sentence, rows),
        *latency_caveats(rows),
        busy_sentence(environment),
        f"A p90 needs {P90_MIN_SAMPLES} timed calls, a p95 {P95_MIN_SAMPLES} and a p99 {P99_MIN_SAMPLES} (99 % "
        "confidence): with fewer it is left out.",
        "One machine at one time: a difference of a few per cent in latency may be gone the next time.",
    ]
    return [sentence for sentence in sentences if sentence]


def markdown(report: Report) -> str:
    """Render the report as Markdown; the chart is the PNG beside it."""
    environment, rows = report.environment, report.rows
    environment_facts = (*environment_lines(environment), *table.runtime_settings_lines(rows))
    parts = [
        f"# Benchmark of {shown_time(environment)}",
        f"{machine_name(environment)}; {report.statement}.",
        "**Interrupted: this report holds what was measured until then.**" if report.interrupted else "",
        f"**{report.recommendation[0]}**",
        bullets(report.recommendation[1:]),
        bullets(gate_lines(report.gate)) if report.gate else "",
        f"![accuracy against latency]({CHART})" if charted(rows) else "",
        as_markdown(table.COLUMNS, table.ordered(rows)),
        bullets(table.reasons(rows)),
        *_accuracy_markdown(report),
        *_peers_markdown(report.peers),
        *photographs_markdown(report),
        "## Caveats",
        bullets(report.caveats),
        "## Glossary",
        bullets(f"{name}: {text}" for name, text in report.definitions.items()),
        "## Environment",
        bullets(f"{name}: {value}" for name, value in environment_facts),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _peers_markdown(peers: Sequence[PeerRow]) -> list[str]:
    if not peers:
        return []
    lines = as_markdown(table.PEER_COLUMNS, table.ordered_peers(peers))
    return ["## Other tools on the same files", lines, bullets(table.peer_sentences(peers))]


def _accuracy_markdown(report: Report) -> list[str]:
    compared = [row for row in report.rows if row.against_float]
    if not compared:
        return []
    noise = ["### How much of it is chance", bullets(map(seed_sentence, report.noise))] if report.noise else []
    tables = [
        text
        for part in accuracy_table.accuracy_tables(report.rows)
        for text in (f"### {part.title}", part.note.replace("*", "\\*"), as_markdown(part.columns, part.rows))
    ]
    return [
        "## What quantization cost",
        bullets(f"{loss_sentence(row)}." for row in compared),
        *noise,
        *tables,
        "### Changed predictions",
        bullets(f"{row.title}: {change_sentence(row)}" for row in compared),
    ]
