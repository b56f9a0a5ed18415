"""Renders the report on photographs as HTML; the sheets of photographs are the PNGs beside it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.columns import Column, Row
from benchmarks.photos import tables
from benchmarks.photos.charts import confusion_svg, roc_svg
from benchmarks.photos.sentences import frames_sentence, hits_sentence, mistakes_sentence, skipped_lines
from benchmarks.report.html import render_page, table_values


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
            "folders": _table(tables.FOLDERS, tables.folder_table(report)),
            "confusion": confusion_svg(report),
            "roc": roc_svg(report) if report["rejection"] else "",
            "rules": _table(tables.RULES, tables.rule_table(report)),
            "stages": _table(tables.STAGES, tables.stage_table(report)),
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
