"""The table of `python docs/rejection_scores.py`, for `docs/render.py`."""

from __future__ import annotations

from typing import Any

_CHOSEN = "counter-examples are a class: joint"


def page(sets: dict[str, dict[str, Any]]) -> str:
    """Return a table with a row for each score, and what the chosen one rejects of kinds that it was never shown."""
    names = [f"{name} ({each['images']:,} images, {each['folders']} folders)" for name, each in sets.items()]
    lines = [["score", *names], ["---", *["--:"] * len(sets)]]
    by_score = zip(*(each["scores"] for each in sets.values()), strict=True)
    lines += [[rows[0]["score"], *map(_cell, rows)] for rows in by_score]
    chosen = {name: row for name, each in sets.items() for row in each["scores"] if row["score"] == _CHOSEN}
    new = ", ".join(f"{_rejected(row['new'])} % of {name}" for name, row in chosen.items())
    right = ", ".join(f"{100 * row['accuracy']:.0f}" for row in chosen.values())
    return (
        "Area under the ROC curve, and % rejected by the threshold that keeps 95 % of the classes: of kinds that were "
        "counter-examples / of a kind never shown, each folder in turn.\n\n"
        + "".join(f"| {' | '.join(line)} |\n" for line in lines)
        + f"\nNear kinds that were never shown mostly pass: of them `joint` rejects {new}. "
        f"Of the classes it names {right} % right.\n"
    )


def _cell(row: dict[str, Any]) -> str:
    others, new = row["others"], row["new"]
    areas = f"{others['area_under_roc']:.2f} / {new['area_under_roc']:.2f}"
    return f"{areas}, {100 * others['rejected']:.0f} / {100 * new['rejected']:.0f} %"


def _rejected(part: dict[str, Any]) -> str:
    low, high = (100 * end for end in part["interval"])
    return f"{100 * part['rejected']:.0f} ({low:.0f}-{high:.0f})"
