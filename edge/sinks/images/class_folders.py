"""Images in one folder for each class: the only writer of snapshots, collected images and corrections.

`DIR/ripe/20261122T150405.123Z-collected.jpg`: a name begins with the time, so that neighbours in a recording are
neighbours in the folder, and `python -m train --data DIR` leaves them on one side of its division.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2

from edge.errors import QuotaError
from edge.system import atomic_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

COLLECTED, CORRECTED = "-collected", "-corrected"
"""Ends of the names of images whose class a person has said; they are deleted by `remove` alone."""
_JPEG_QUALITY = 95
_TIME = r"\d{8}T\d{6}\.\d{3}Z"
_SNAPSHOT = re.compile(rf"{_TIME}_(?P<label>.+)\.(jpg|json)")
_LABELLED = re.compile(rf"{_TIME}({COLLECTED}|{CORRECTED})\.(jpg|json)")
_STEP = timedelta(milliseconds=1)


class ClassFolders:
    """A folder of class folders that this process adds images to, each written whole or not at all.

    Not for two threads at once.
    """

    def __init__(self, folder: Path, *, limit_bytes: int, ending: str | None = None) -> None:
        """Make the folder and remove what a killed run left unfinished.

        Args:
            folder: of the class folders.
            limit_bytes: of all such files together.
            ending: `COLLECTED` or `CORRECTED`; None: snapshots, whose names end with the class, and the oldest of which
                are deleted where they reach the limit, unless somebody has moved or renamed them.

        Raises:
            OSError: the folder can't be made or written to.
        """
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file, expected a folder", str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, "no permission to write pictures there", str(folder))
        for inner in folder.iterdir():
            atomic_file.sweep(inner)
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        """Size of the files that count."""
        self._ending = ending
        self._recount()

    def write(
        self, name: str, image: NDArray[np.uint8], time: datetime, record: Mapping[str, Any] | None = None
    ) -> Path:
        """Write an image, and its record as JSON beside it.

        Args:
            name: of the class's folder, as `edge.datasets.class_names` checks or makes it.
            image: uint8 BGR, shape (H, W, 3), 0-255.
            time: of its capture.
            record: None: none is written.

        Raises:
            QuotaError: the limit is reached, and nothing may be deleted.
            OSError: a file can't be written; neither of the two is left.
        """
        _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        text = json.dumps(record, ensure_ascii=False, indent=1) + "\n" if record is not None else ""
        size_bytes = len(encoded) + len(text.encode())
        self._make_room(size_bytes)
        path = self._free_path(name, time)
        beside = path.with_suffix(".json")
        if text:
            atomic_file.write_text(beside, text)
        try:
            atomic_file.write_bytes(path, encoded.tobytes())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        self.used_bytes += size_bytes
        return path

    def remove(self, path: Path) -> None:
        """Delete an image that was written here, with its record; does nothing if it was moved or deleted.

        Raises:
            OSError: it can't be deleted.
        """
        for file in (path, path.with_suffix(".json")):
            if file.exists():
                size_bytes = file.stat().st_size
                file.unlink(missing_ok=True)
                self.used_bytes -= size_bytes

    def _make_room(self, size_bytes: int) -> None:
        if self._ending is None or self.used_bytes + size_bytes > self.limit_bytes:
            kept = self._recount()  # each time: users move and delete files
        else:
            return
        if self._ending is not None:
            if self.used_bytes + size_bytes > self.limit_bytes:
                raise QuotaError(
                    f"{self.folder} holds {self.used_bytes / 1e6:.1f} MB of images, and its limit is "
                    f"{self.limit_bytes / 1e6:.1f} MB: raise the limit, or move images elsewhere"
                )
            return
        for _, path, size in kept:
            if self.used_bytes + size_bytes <= self.limit_bytes:
                break
            path.unlink(missing_ok=True)
            self.used_bytes -= size

    def _recount(self) -> list[tuple[str, Path, int]]:
        """Count the files again and return their names, paths and sizes, the oldest first."""
        kept = []
        for path in self._ours():
            with suppress(FileNotFoundError):  # moved meanwhile
                kept.append((path.name, path, path.stat().st_size))
        kept.sort()
        self.used_bytes = sum(size for _, _, size in kept)
        return kept

    def _ours(self) -> Iterator[Path]:
        """Yield the files that count: all that are labelled, and snapshots that lie in the folder of their label."""
        for path in self.folder.glob("*/*"):
            match = (_LABELLED if self._ending else _SNAPSHOT).fullmatch(path.name)
            if match and (self._ending or match["label"] == path.parent.name):
                yield path

    def _free_path(self, name: str, time: datetime) -> Path:
        """Return a path that no file has: the clock may have been set back."""
        ending = self._ending or f"_{name}"
        while True:
            stamp = time.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%S.%f")[:-3] + "Z"
            path = self.folder / name / f"{stamp}{ending}.jpg"
            if not path.exists() and not path.with_suffix(".json").exists():
                return path
            time += _STEP
