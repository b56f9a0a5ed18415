"""Readers that find what is missing in a file, at its end or in the middle, one for each kind."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge.classify.classifier import Classifier
from edge.errors import ToolkitError

_ENDS = {".jpg": b"\xff\xd9", ".png": b"IEND\xaeB`\x82"}  # OpenCV shows a picture without its end, half of it grey


def trouble_with(path: Path) -> str:
    """Return the defect of a file in words; empty if it is whole.

    Args:
        path: of a kind in `READERS`; a file of another kind counts as trouble, for nothing could be said of it.
    """
    reader = READERS.get(path.suffix or path.name)
    if reader is None:
        return f"no reader for {path.suffix or 'a file without suffix'}"
    try:
        reader(path)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, csv.Error, ToolkitError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def lines_cut(path: Path) -> int:
    """Return the number of torn lines of a log."""
    lines = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
    if path.suffix == ".csv":
        columns = len(next(csv.reader(lines[:1]), []))
        return sum(not line.endswith("\n") or len(next(csv.reader([line]), [])) != columns for line in lines)
    return sum(not _is_json(line) for line in lines)


def frames_in(path: Path) -> int:
    """Return the number of readable frames of a video, up to the first unreadable one."""
    video = cv2.VideoCapture(os.fspath(path))
    count = 0
    while video.read()[0]:
        count += 1
    video.release()
    return count


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return line.endswith("\n")


def _read_json(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def _read_log(path: Path) -> None:
    if path.suffix == ".csv" and lines_cut(path) > 1:
        raise ValueError("rows are cut in the middle of the file")
    path.read_text(encoding="utf-8")


def _read_text(path: Path) -> None:
    if not path.read_text(encoding="utf-8").endswith("\n"):
        raise ValueError("its last line has no end")


def _read_page(path: Path) -> None:
    if not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
        raise ValueError("the page has no end")


def _read_arrays(path: Path) -> None:
    with path.open("rb") as file, np.load(file) as arrays:
        for name in arrays.files:
            arrays[name]


def _read_zip(path: Path) -> None:
    """A .keras file, too; Keras itself opens it in the next start."""
    with zipfile.ZipFile(path) as archive:
        if damaged := archive.testzip():
            raise ValueError(f"{damaged} in it is damaged")


def _read_picture(path: Path) -> None:
    content = path.read_bytes()
    if not content.endswith(_ENDS[path.suffix]) or cv2.imdecode(np.frombuffer(content, np.uint8), -1) is None:
        raise ValueError("the picture has no end, or none at all")


def _read_video(path: Path) -> None:
    if not frames_in(path):
        raise ValueError("not one frame can be read")


def _read_model(path: Path) -> None:
    Classifier.load(path)


READERS: dict[str, Callable[[Path], None]] = {
    ".json": _read_json,
    ".csv": _read_log,
    ".jsonl": _read_log,
    ".md": _read_text,
    ".html": _read_page,
    ".toml": _read_text,
    ".service": _read_text,
    ".timer": _read_text,
    "update": _read_text,  # settings of the unit of that name
    ".npz": _read_arrays,
    ".zip": _read_zip,
    ".keras": _read_zip,
    ".jpg": _read_picture,
    ".png": _read_picture,
    ".avi": _read_video,
    ".mp4": _read_video,
    ".tflite": _read_model,
    ".onnx": _read_model,
}
