"""The rows that --csv wrote: taken away as a log rotation would, and counted."""

from __future__ import annotations

import re
from pathlib import Path

from edge.sinks.text.csv import COLUMNS

MOST_BYTES = 8_000_000
"""Size above which the file is emptied, bytes."""
# Read at once, and not by the csv module: what the attack does mustn't hold up who listens to the runner.
_WHOLE = re.compile(rb"^20\d\d-[^\n]*,[0-9a-f]{64}$", re.MULTILINE)  # from the year to the model's SHA-256
_HEADER = re.compile(b"^" + re.escape(",".join(COLUMNS).encode()) + b"$", re.MULTILINE)


class Rows:
    """Counts whole and torn rows."""

    def __init__(self) -> None:
        """Begin with none."""
        self.whole = 0
        self.torn = 0

    def rotate(self, file: Path) -> None:
        """Count what is in the file and empty it, by copying and truncating, while the runner goes on appending."""
        with file.open("r+b") as stream:
            content = stream.read()
            stream.truncate(0)
        self.count(content)

    def count(self, content: bytes) -> None:
        """Count rows; a last one without its end is still being written, or was cut by a full disk."""
        whole, _, cut = content.rpartition(b"\n")
        lines = whole.count(b"\n") + 1 if whole else 0
        found = len(_WHOLE.findall(whole))
        self.whole += found
        self.torn += lines - found - len(_HEADER.findall(whole)) + bool(cut)
