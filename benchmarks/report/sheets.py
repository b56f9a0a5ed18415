"""Sheets of the photographs that a report shows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure.job import JobPhotograph
from benchmarks.measure.sheets import DrawnPhotograph, SheetJob, sheet_png
from benchmarks.report.photographs import SHEETS, shown_row
from benchmarks.report.schema import Report
from edge.artifact.input_spec import ModelOptions


def draw_sheets(report: Report, photographs: Sequence[JobPhotograph], options: ModelOptions) -> dict[str, bytes]:
    """Let the model file of the row that is shown classify them again, and return the PNGs by their names in SHEETS.

    Args:
        report: report that says which photographs are shown.
        photographs: all that the files were judged on, in the order of the report.
        options: what the user says about files without a specification.
    """
    found, listed = shown_row(report), report.test_images.photographs
    if report.shown is None or found is None or listed is None:
        return {}
    row, _ = found
    drawn = {
        name: DrawnPhotograph(photograph.path, listed.folders[index])
        for name, photograph, index in zip(listed.names, photographs, listed.folder_indices, strict=True)
    }
    sheets: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
        for file, names in zip(SHEETS.values(), (report.shown.mistakes, report.shown.hits), strict=True):
            shown = tuple(drawn[name] for name in names)
            job = SheetJob(row.path, row.runtime or "auto", options, shown, str(Path(folder) / file))
            content = sheet_png(job, timeout_s=report.settings.timeout_s) if shown else None
            if content:
                sheets[file] = content
    return sheets
