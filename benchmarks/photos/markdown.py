"""Renders the report on photographs as Markdown; the pictures are the PNGs beside it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.columns import Row, as_markdown
from benchmarks.host.environment import environment_lines, machine_name, shown_time
from benchmarks.photos import tables
from benchmarks.photos.sentences import frames_sentence, hits_sentence, mistakes_sentence, skipped_lines


def markdown(report: Row) -> str:
    """Render the report as Markdown; the pictures are the PNGs beside it."""
    environment, shown = report["environment"], report["shown"]
    rules = tables.rule_table(report)
    parts = [
        f"# Photographs, {shown_time(environment)}",
        f"{machine_name(environment)}; {report['statement']}.",
        f"**{report['headline'][0]}**",
        _bullets(report["headline"][1:]),
        "## Accuracy",
        as_markdown(tables.FOLDERS, tables.folder_table(report)),
        "## Answers",
        "![confusion matrix](confusion.png)",
        as_markdown(tables.confusion_columns(report), tables.confusion_table(report)),
        *(("## Known and unknown", "![ROC curve](roc.png)", as_markdown(tables.RULES, rules)) if rules else ()),
        "## Time",
        frames_sentence(report),
        as_markdown(tables.STAGES, tables.stage_table(report)),
        *(("## Mistakes", mistakes_sentence(report), "![mistakes](mistakes.png)") if shown["mistakes"] else ()),
        *(("## Right answers", hits_sentence(report), "![right answers](hits.png)") if shown["hits"] else ()),
        *(("## Not read", _bullets(skipped_lines(report))) if report["skipped"] else ()),
        "## What to keep in mind",
        _bullets(report["caveats"]),
        "## What each number covers",
        _bullets([f"{name}: {text}" for name, text in report["definitions"].items()]),
        "## Environment",
        _bullets([f"{name}: {value}" for name, value in environment_lines(environment)]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
