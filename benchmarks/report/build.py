"""The report: one JSON structure, and the files that are rendered from it and from nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.analysis.accuracy_findings import change_sentence, kernel_sentence, loss_sentence
from benchmarks.analysis.gate import gate_lines, judge_report
from benchmarks.analysis.latency_caveats import latency_caveats
from benchmarks.analysis.quantization_loss import judge_rows
from benchmarks.analysis.recommendation import recommend
from benchmarks.analysis.rows import Row, measured
from benchmarks.analysis.seed_variance import find_noise, noise_sentence
from benchmarks.analysis.training_runs import read_training_runs
from benchmarks.columns import as_markdown
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.host.environment import busy_sentence, environment_lines, machine_name, shown_time
from benchmarks.measure.inputs import FRAME_COUNT, FRAME_HEIGHT, FRAME_WIDTH, ReportedImages
from benchmarks.measure.runtime_settings import conditions_lines
from benchmarks.report.charts.scatter import chart_png
from benchmarks.report.glossary import DEFINITIONS
from benchmarks.report.html import html_page
from benchmarks.report.peers_table import peer_sentences, peers_markdown
from benchmarks.report.schema import SCHEMA_VERSION
from benchmarks.report.sections import accuracy_tables
from benchmarks.report.table import csv_table, markdown_table, reasons
from benchmarks.stats.latency import P90_MIN_SAMPLES, P95_MIN_SAMPLES, P99_MIN_SAMPLES
from edge.artifact.labels import FASHION_MNIST_LABELS
from edge.system import atomic_file

CHART = "accuracy_latency.png"

Report = dict[str, Any]


def build_report(
    rows: Sequence[Row],
    config: BenchmarkConfig,
    test_images: ReportedImages,
    environment: dict[str, Any],
    *,
    peers: Sequence[Row] = (),
    limits: Limits | None = None,
    is_interrupted: bool = False,
) -> Report:
    """Judge the rows and join all that is known into one JSON object, which docs/report.schema.json describes.

    Args:
        rows: from `benchmarks.analysis.rows.measure_rows`.
        config: what was asked for.
        test_images: what accuracy was counted on; the labels go into the report, the images don't.
        environment: from `benchmarks.host.environment.describe_environment`.
        peers: other tools' rows, from `benchmarks.peers.rows.peer_rows`.
        limits: of the gate; None: there is no gate.
        is_interrupted: Ctrl-C came before every row had all its repeats.
    """
    judge_rows(rows, test_images.labels.tolist(), FASHION_MNIST_LABELS, margin_pp=config.margin_pp)
    noise = find_noise(rows, read_training_runs())
    settings = asdict(config) | {
        "artifacts": [str(path) for path in config.artifacts],
        "peer_pythons": [str(path) for path in config.peer_pythons],
        "out": config.out and str(config.out),
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "interrupted": is_interrupted,
        "statement": test_images.statement,
        "recommendation": recommend(rows),
        "gate": judge_report(rows, limits) if limits else None,
        "caveats": caveats(rows, test_images, environment),
        "environment": environment,
        "settings": settings | {"runtimes": list(config.runtimes)},
        "definitions": DEFINITIONS,
        "test_images": {
            "dataset": test_images.dataset,
            "count": len(test_images.labels),
            "sha256": test_images.sha256,
            "labels": test_images.labels.tolist(),
            "class_names": list(FASHION_MNIST_LABELS),
        },
        "noise": noise,
        "frames": {"count": FRAME_COUNT, "height": FRAME_HEIGHT, "width": FRAME_WIDTH, "seed": config.seed},
        "rows": list(rows),
        "peers": list(peers),
    }


def write_report(report: Report, folder: Path) -> Path:
    """Write report.json, .csv, .md, .html and the chart: a new folder appears with all, in an old one each appears.

    Returns:
        The path of the HTML page.

    Raises:
        OSError: the folder can't be written.
    """
    if folder.exists():
        _write_files(report, folder)
    else:
        with atomic_file.new_folder(folder) as temporary:
            _write_files(report, temporary)
    return folder / "report.html"


def _write_files(report: Report, folder: Path) -> None:
    if any(measured(report["rows"])):
        atomic_file.write_bytes(folder / CHART, chart_png(report["rows"]))
    else:
        (folder / CHART).unlink(missing_ok=True)  # of an earlier report in the same folder
    atomic_file.write_text(folder / "report.csv", csv_table(report["rows"]))
    atomic_file.write_text(folder / "report.md", markdown(report))
    atomic_file.write_text(folder / "report.html", html_page(report))
    atomic_file.write_text(folder / "report.json", to_json(report))  # last: where it is new, the others are too


def to_json(report: Report) -> str:
    """Return the report as indented JSON with each list of numbers on one line."""
    text = json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False)
    # No string of the report can look like this: JSON writes a line break inside a string as \\n.
    return re.sub(r"\[\n[-+.\de,\s]+\]", lambda found: "".join(found.group().split()), text) + "\n"


def caveats(rows: Sequence[Row], test_images: ReportedImages, environment: dict[str, Any]) -> list[str]:
    """Return what a reader must know before quoting a number, one sentence each."""
    found = []
    if environment["kind"] == "host":
        found.append("Measured on a host, not on a Raspberry Pi: the order of the variants may be another one there.")
    if test_images.dataset == "demo":
        found.append("Accuracies are on drawn garments: they say nothing about Fashion-MNIST.")
    found += [*filter(None, map(kernel_sentence, rows)), *latency_caveats(rows)]
    busy = busy_sentence(environment)
    if busy:
        found.append(busy)
    found.append(
        f"A p90 needs {P90_MIN_SAMPLES} timed calls, a p95 {P95_MIN_SAMPLES} and a p99 {P99_MIN_SAMPLES} (99 % "
        "confidence): with fewer it is left out."
    )
    found.append("One machine at one time: a difference of a few per cent in latency may be gone the next time.")
    return found


def markdown(report: Report) -> str:
    """Render the report as Markdown; the chart is the PNG beside it."""
    environment = report["environment"]
    has_chart = any(measured(report["rows"]))
    parts = [
        f"# Benchmark of {shown_time(environment)}",
        f"{machine_name(environment)}; {report['statement']}.",
        "**Interrupted: this report holds what was measured until then.**" if report["interrupted"] else "",
        f"**{report['recommendation'][0]}**",
        _bullets(report["recommendation"][1:]),
        _bullets(gate_lines(report["gate"])) if report["gate"] else "",
        f"![accuracy against latency]({CHART})" if has_chart else "",
        markdown_table(report["rows"]),
        _bullets(reasons(report["rows"])),
        *_accuracy_markdown(report),
        *(("## Other tools on the same files", peers_markdown(report["peers"])) if report["peers"] else ()),
        _bullets(peer_sentences(report["peers"])),
        "## What to keep in mind",
        _bullets(report["caveats"]),
        "## What each number covers",
        _bullets(f"{name}: {text}" for name, text in report["definitions"].items()),
        "## Environment",
        _bullets(
            f"{name}: {value}" for name, value in (*environment_lines(environment), *conditions_lines(report["rows"]))
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _accuracy_markdown(report: Report) -> list[str]:
    compared = [row for row in report["rows"] if row["against_float"]]
    if not compared:
        return []
    moved = (f"{row['variant']} ({row['runtime']}): {change_sentence(row)}" for row in compared)
    return [
        "## What quantization cost",
        _bullets(f"{loss_sentence(row)}." for row in compared),
        *(("### How much of it is chance", _bullets(map(noise_sentence, report["noise"]))) if report["noise"] else ()),
        *chain.from_iterable(
            (f"### {one['title']}", one["note"].replace("*", "\\*"), as_markdown(one["columns"], one["rows"]))
            for one in accuracy_tables(report["rows"])
        ),
        "### Where answers moved",
        _bullets(moved),
    ]


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
