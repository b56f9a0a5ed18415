"""What a check found: how good it is, in a sentence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARNING, FAILURE = "ok", "warning", "failure"
STATUSES = (OK, WARNING, FAILURE)
"""From good to bad."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    check: str
    """What was looked at, in a word or two."""
    status: str
    """One of `STATUSES`."""
    text: str
    """What was found, in one sentence at most."""
    fix: str = ""
    """What to do, in one sentence; empty where all is well."""


def worst(findings: list[Finding]) -> str:
    """The status of all of them together."""
    return max((finding.status for finding in findings), key=STATUSES.index, default=OK)
