"""Renders the report on photographs for a terminal."""

from __future__ import annotations

from benchmarks.columns import Row, as_text
from benchmarks.photos import tables
from benchmarks.photos.sentences import frames_sentence, skipped_lines


def printed(report: Row) -> str:
    """Return what the command prints: tables first, the sentences that matter most last."""
    rules = tables.rule_table(report)
    parts = [
        report["statement"],
        as_text(tables.FOLDERS, tables.folder_table(report)),
        as_text(tables.confusion_columns(report), tables.confusion_table(report)),
        as_text(tables.RULES, rules) if rules else "",
        frames_sentence(report) + "\n" + as_text(tables.STAGES, tables.stage_table(report)),
        "\n".join(["not read:", *skipped_lines(report)]) if report["skipped"] else "",
        "\n".join(report["headline"]),
    ]
    return "\n\n".join(part for part in parts if part)
