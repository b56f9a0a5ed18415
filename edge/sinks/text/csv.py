"""A CSV file that rows are appended to: one a frame, and one when frames stop coming."""

from __future__ import annotations

import contextlib
import csv
import errno
import logging
import os
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from edge.classify.results import Decision, Prediction
from edge.errors import ConfigError
from edge.sinks.protocol import Sink
from edge.sinks.text.jsonl import as_record, iso_time
from edge.sources.frame import Frame

_LOGGER = logging.getLogger(__name__)
_PIECE_BYTES = 2**16  # read at once, from the end
COLUMNS = (
    "time", "frame", "source", "label", "state", "probability", "changed", "since", "reason", "presence", "score",
    "top_k", "vision_ms", "invoke_ms", "decide_ms", "total_ms", "position_s", "model_sha256",
)  # fmt: skip
"""Header: top_k is `Coat 0.78; Shirt 0.19`, times are ISO 8601 in UTC, and the rest is as in --json."""
_OLD_COLUMNS = tuple(name for name in COLUMNS if name != "position_s")  # up to version 0.1.0: such a file goes on
_HEADERS = {columns: ",".join(columns) + "\n" for columns in (COLUMNS, _OLD_COLUMNS)}
_SHA256_LENGTH = 64  # hexadecimal digits
_OF_A_FRAME = ("time", "frame", "source", "label", "state", "probability", "changed", "since", "reason", "presence",
               "score", "position_s", "model_sha256")  # fmt: skip


class CsvSink(Sink):
    """Appends rows and flushes each."""

    def __init__(self, path: Path, *, model_sha256: str) -> None:
        """Open the file: a new one gets its header, an old one loses half a row that a power cut left at its end.

        Raises:
            ToolkitError: the file holds something else.
            OSError: it can't be written.
        """
        self._path = path
        self._model_sha256 = model_sha256
        self._stream: TextIO | None = None
        self._columns = _columns_of(path)
        self._open()

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Write a row."""
        record = as_record(frame, prediction, decision, model_sha256=self._model_sha256)
        row = {name: record[name] for name in _OF_A_FRAME}
        row |= {f"{stage}_ms": f"{latency_ns / 1e6:.3f}" for stage, latency_ns in prediction.latency_ns.items()}
        row["top_k"] = "; ".join(f"{label} {probability:.4f}" for label, probability in prediction.top_k)
        self._write_row(row)

    def idle(self, decision: Decision) -> None:
        """Write a row when frames stop coming, with empty cells for the values of a frame."""
        if decision.changed:
            since = iso_time(decision.since)
            self._write_row(
                {"time": since, "label": decision.label, "state": decision.state, "probability": decision.probability,
                 "changed": True, "since": since, "reason": decision.reason, "model_sha256": self._model_sha256}
            )  # fmt: skip

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.close()

    def _write_row(self, row: dict[str, Any]) -> None:
        stream = self._open()
        try:
            # A row is one line, whatever a file is called: a cut row is found by its missing line end.
            cells = {name: " ".join(cell.split("\n")) if isinstance(cell, str) else cell for name, cell in row.items()}
            csv.DictWriter(stream, self._columns, extrasaction="ignore", lineterminator="\n").writerow(cells)
            stream.flush()
        except OSError as error:
            self._stream = None  # the next row opens it again and removes the line that was cut
            _abandon(stream)
            raise OSError(error.errno, error.strerror, str(self._path)) from error

    def _open(self) -> TextIO:
        """Return the file, opened to append, so that a log can be rotated by copying and truncating it."""
        if self._stream is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _remove_half_a_row(self._path)
            stream = self._path.open("a", encoding="utf-8", newline="")
            try:
                if not os.fstat(stream.fileno()).st_size:
                    self._columns = COLUMNS
                    stream.write(_HEADERS[COLUMNS])
                    stream.flush()
            except OSError:
                _abandon(stream)
                raise
            self._stream = stream
        return self._stream


def _columns_of(path: Path) -> tuple[str, ...]:
    """Return the columns that a file has, or will have."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, expected a file to write rows to", str(path))
    if not path.exists() or not path.stat().st_size:
        return COLUMNS
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline(10_000)
    for columns, header in _HEADERS.items():
        if header.startswith(first.replace("\r\n", "\n").rstrip("\0")):  # a header, too, can have been cut
            return columns
    raise ConfigError(
        f"{path} isn't a CSV file of this version (its first line is {first.rstrip()[:60]!r}): give --csv another "
        "name, or move that file away"
    )


def _remove_half_a_row(path: Path) -> None:
    """Cut a file behind its last whole line: half a quoted cell would swallow the rows that follow.

    Each row is written at once, so only one without a line end can be cut. A whole row that an editor saved without a
    line end gets one.
    """
    if not path.is_file():
        return
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        end = _end_of_lines(file, size)
        file.seek(end)
        last = file.read()
        if _is_whole(last):
            file.write(b"\n")
        elif last:
            file.truncate(end)
            _LOGGER.warning("%s: its last row was cut short, its %d bytes are taken back", path, size - end)


def _end_of_lines(file: BinaryIO, size: int) -> int:
    """Return the offset behind the last whole line in bytes; 0 if there is none."""
    while size:
        start = max(0, size - _PIECE_BYTES)
        file.seek(start)
        position = file.read(size - start).rfind(b"\n")
        if position >= 0:
            return start + position + 1
        size = start
    return 0


def _is_whole(row: bytes) -> bool:
    """Return True if these bytes are a row that lacks only its line end: its last cell is a SHA-256."""
    text = row.decode(errors="replace")
    if f"{text}\n" in _HEADERS.values():
        return True
    cells = next(csv.reader([text]), [])
    return len(cells) in map(len, _HEADERS) and len(cells[-1]) == _SHA256_LENGTH


def _abandon(stream: TextIO) -> None:
    """Close a file whose buffer can't be written: Python would try again at exit and print an error."""
    with contextlib.suppress(OSError):
        stream.close()
