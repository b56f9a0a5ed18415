"""The rows that --csv wrote: taken away as a log rotation would, and counted."""

from __future__ import annotations

import csv
from pathlib import Path

from edge.sinks.csv_file import COLUMNS

MOST_BYTES = 8_000_000
"""From here on the file is emptied."""


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
        self.torn += bool(cut)
        for row in csv.reader(whole.decode("utf-8", "replace").splitlines()):
            if row == list(COLUMNS):
                continue
            is_whole = len(row) == len(COLUMNS) and len(row[-1]) == 64  # SHA-256 of the model
            self.whole += is_whole
            self.torn += not is_whole
