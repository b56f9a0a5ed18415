"""A CSV file: a row a frame, and one when there are no frames any more; what was in the file stays."""

from __future__ import annotations

import contextlib
import csv
import errno
import os
from pathlib import Path
from typing import Any, TextIO

from edge.classifier import Prediction
from edge.decision import Decision
from edge.errors import ToolkitError
from edge.sinks.jsonl import as_record
from edge.sources.frame import Frame

COLUMNS = (
    "time", "frame", "source", "label", "state", "probability", "changed", "since", "reason", "presence", "score",
    "top_k", "vision_ms", "invoke_ms", "decide_ms", "total_ms", "model_sha256",
)  # fmt: skip
"""The header. top_k is `Coat 0.78; Shirt 0.19`; times of day are ISO 8601 in UTC; the rest is as in --json."""
_OF_A_FRAME = ("time", "frame", "source", "label", "state", "probability", "changed", "since", "reason", "presence",
               "score", "model_sha256")  # fmt: skip


class CsvSink:
    """Appends rows and flushes each (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, path: Path, *, model_sha256: str) -> None:
        """Open the file; a new one gets its header.

        Args:
            path: file to write or to go on with.
            model_sha256: which model it is that speaks.

        Raises:
            ToolkitError: the file holds something else.
            OSError: it can't be written.
        """
        self._path = path
        self._model_sha256 = model_sha256
        self._stream: TextIO | None = None
        _require_ours(path)
        self._open()

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Write a row."""
        record = as_record(frame, prediction, decision, model_sha256=self._model_sha256)
        row = {name: record[name] for name in _OF_A_FRAME}
        row |= {f"{stage}_ms": f"{latency_ns / 1e6:.3f}" for stage, latency_ns in prediction.latency_ns.items()}
        row["top_k"] = "; ".join(f"{label} {probability:.4f}" for label, probability in prediction.top_k)
        self._write_row(row)

    def idle(self, decision: Decision) -> None:
        """Write a row when frames stop coming; what belongs to a frame is empty."""
        if decision.changed:
            since = decision.since.isoformat(timespec="milliseconds").replace("+00:00", "Z")
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
            csv.DictWriter(stream, COLUMNS, extrasaction="ignore", lineterminator="\n").writerow(row)
            stream.flush()
        except OSError as error:
            self._stream = None  # the next row opens it again and mends the line that was cut
            _give_up(stream)
            raise OSError(error.errno, error.strerror, str(self._path)) from error

    def _open(self) -> TextIO:
        """The file, ready for the next row: appending, so that a log can be rotated by copying and truncating it."""
        if self._stream is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            start = _start_of_next_row(self._path)
            stream = self._path.open("a", encoding="utf-8", newline="")
            try:
                stream.write(start)
                stream.flush()
            except OSError:
                _give_up(stream)
                raise
            self._stream = stream
        return self._stream


def _require_ours(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, expected a file to write rows to", str(path))
    if not path.exists() or not path.stat().st_size:
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        first = file.readline(10_000).rstrip("\r\n")
    if first != ",".join(COLUMNS):
        raise ToolkitError(
            f"{path} isn't a CSV file of this version (its first line is {first[:60]!r}): give --csv another name, "
            "or move that file away"
        )


def _start_of_next_row(path: Path) -> str:
    """What must come first: the header in an empty file, a line's end where a power cut left half a row."""
    try:
        with path.open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return ",".join(COLUMNS) + "\n"
            file.seek(-1, os.SEEK_END)
            return "" if file.read(1) == b"\n" else "\n"
    except FileNotFoundError:
        return ",".join(COLUMNS) + "\n"


def _give_up(stream: TextIO) -> None:
    """Close a file whose buffer can't be written: Python would try that once more and complain."""
    with contextlib.suppress(OSError):
        stream.close()
