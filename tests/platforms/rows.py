"""Results of the probes as rows (a row for each machine, Python, library and model), promises and a table."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.columns import MISSING, Column, as_markdown
from edge.errors import ToolkitError
from tests.hardening.figures import Figure
from tests.platforms.probe import PACKAGES

Row = dict[str, Any]
TFLITE_PYTHONS = (3, 11)  # the last that tflite-runtime has wheels for
SHIPPED, OTHER_NETWORK = "int8", "dynamic"
_BULKY = ("answers", "exact_answers", "outputs")
CLASSES = 10
_NAMES = {"litert": "LiteRT"}
LEAST_AGREEMENT = {"litert": 100.0, "onnxruntime": 99.3, "tflite-runtime": 99.5}
"""Least share of the images with the prediction of LiteRT on x86-64, in %.

An ONNX file has other weights than the TensorFlow Lite file, so that no kernel saturates on them (`export.saturation`):
each agrees with float in 99.4 %. tflite-runtime runs the same file with other kernels.
"""
LEAST_EXACT = 99.9
"""Least share of the images with the prediction of the ONNX file's own arithmetic, in %."""
_BYTES = ("images_apart", "steps", "agreement", "exact", "accuracy")
_ALIKE = ("machine", "library", "version", "model", "imports", "predicts", *_BYTES)


def make_rows(found: Sequence[dict[str, Any]], kit: Path) -> list[Row]:
    """Flatten the results of the probes, and compare each model's outputs with LiteRT's on x86-64.

    Args:
        found: what each probe printed.
        kit: the folder with the images' labels.

    Raises:
        ToolkitError: LiteRT on x86-64, which the others are compared with, isn't among them.
    """
    labels = np.load(kit / "labels.npy")
    rows = [_row(probe, tried) for probe in found for tried in probe["rows"]]
    reference = next((row for row in rows if row["machine"].startswith("x86-64") and _is_shipped(row)), None)
    if reference is None:
        raise ToolkitError("nothing to compare with: LiteRT on x86-64 isn't among what was tried; add --python python3")
    truth, answers = _bytes(reference), _digits(reference)
    for row in rows:
        row.update(_apart(_bytes(row), truth))
        row["agreement"] = None if row["model"] == OTHER_NETWORK else _share(_digits(row), answers)
        row["exact"] = _share(_digits(row), _digits(row, "exact_answers")) if row["exact_answers"] else None
        row["accuracy"] = _share(_digits(row), labels)
    return [{name: value for name, value in row.items() if name not in _BULKY} for row in rows]


def figures(rows: Sequence[Row], *, wheels_for_32_bit_arm: int) -> list[Figure]:
    """Return the counts and promises."""
    due = [row for row in rows if row["library"] != "tflite-runtime" or _version(row["python"]) <= TFLITE_PYTHONS]
    broken = [row for row in due if row["predicts"] != "yes"]
    other = [row for row in rows if row["library"] == "litert" and row["images_apart"] != 0]
    return [
        Figure("machines, one for each processor's core", len({row["machine"] for row in rows})),
        Figure("pairs of machine and Python", len({(row["machine"], row["python"]) for row in rows})),
        Figure("installations that should predict and don't", len(broken), limit=0),
        Figure("LiteRT: installations that don't put out x86-64's bytes", len(other), limit=0),
        *(figure for library in PACKAGES for figure in _of_library(rows, library)),
        Figure("wheels for 32-bit Arm among those of the base", wheels_for_32_bit_arm),
    ]


def table(rows: Sequence[Row]) -> str:
    """Markdown: rows that differ in nothing but the Python are one; what isn't there has one for all files."""
    joined: dict[tuple[Any, ...], Row] = {}
    for row in (row | {"imports": _in_short(row["imports"])} for row in rows):
        if row["model"] == OTHER_NETWORK and row["imports"] != "yes":
            continue
        key = tuple(row.get(name) for name in _ALIKE)
        joined.setdefault(key, row | {"pythons": []})["pythons"].append(".".join(map(str, _version(row["python"]))))
    return as_markdown(COLUMNS, list(joined.values()))


def _in_short(imports: str) -> str:
    """Pip's and Python's words for what has no wheel here; the JSON keeps them."""
    no_wheel = ("No module named", "No matching distribution", "ResolutionImpossible")
    return "no: no wheel for this Python" if any(words in imports for words in no_wheel) else imports


def _row(probe: dict[str, Any], tried: dict[str, Any]) -> Row:
    environment = probe["environment"]
    versions = tried.get("versions", {})
    return {
        "machine": _machine(probe),
        "system": environment.get("os", MISSING),
        "python": probe["python"],
        "library": tried["library"],
        "version": versions.get(PACKAGES[tried["library"]]),
        "versions": versions,
        "wheel_tag": tried.get("wheel_tag"),
        "model": tried["model"],
        "imports": tried["imports"],
        "predicts": tried["predicts"],
        "outputs_sha256": tried.get("outputs_sha256"),
        "drawn_outputs_sha256": tried.get("drawn_outputs_sha256"),
        "outputs": tried.get("outputs", ""),
        "answers": tried.get("answers", ""),
        "exact_answers": tried.get("exact_answers", ""),
    }


def _machine(probe: dict[str, Any]) -> str:
    """Return a short name of the machine; an emulator is not called a board."""
    environment = probe["environment"]
    architecture = probe["architecture"].replace("x86_64", "x86-64")
    name = environment.get("board") or " ".join(part for part in (architecture, probe["core"]) if part)
    return f"{name}, emulated" if environment.get("kind") == "emulated" else str(name)


def _is_shipped(row: Row) -> bool:
    return (row["library"], row["model"], row["predicts"]) == ("litert", SHIPPED, "yes")


def _bytes(row: Row) -> NDArray[np.int16]:
    """Return the outputs, int16 of shape (images, classes); empty for a file with float outputs."""
    stored = zlib.decompress(base64.b64decode(row["outputs"])) if row["outputs"] else b""
    return np.frombuffer(stored, np.uint8).astype(np.int16).reshape(-1, CLASSES)


def _apart(found: NDArray[np.int16], truth: NDArray[np.int16]) -> dict[str, int | None]:
    """Return the number of images with other bytes, and the largest difference in steps."""
    if not found.size or found.shape != truth.shape:
        return {"images_apart": None, "steps": None}
    steps = np.abs(found - truth).max(axis=1)
    return {"images_apart": int(np.count_nonzero(steps)), "steps": int(steps.max())}


def _digits(row: Row, name: str = "answers") -> NDArray[np.uint8]:
    """Return the likeliest class of each image."""
    return np.frombuffer(row[name].encode(), np.uint8) - ord("0")


def _share(answers: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float | None:
    """Per cent that are alike."""
    return float(100 * np.mean(answers == truth)) if answers.size else None


def _of_library(rows: Sequence[Row], library: str) -> list[Figure]:
    """The least of what a library's installations agree and are right, on files of the network that ships."""
    ran = [row for row in rows if row["library"] == library and row["agreement"] is not None]
    if not ran:
        return []
    agreement, accuracy = (min(row[key] for row in ran) for key in ("agreement", "accuracy"))
    name = _NAMES.get(library, library)
    exact = [row["exact"] for row in ran if row["exact"] is not None]
    return [
        *(Figure(f"{name}: same answer as the file's own arithmetic, least", least, "%", limit=LEAST_EXACT,
                 limit_kind="at least") for least in [min(exact, default=None)] if least is not None),
        Figure(f"{name}: same answer as LiteRT on x86-64, least", agreement, "%", limit=LEAST_AGREEMENT[library],
               limit_kind="at least"),
        Figure(f"{name}: top-1 accuracy, least", accuracy, "%"),
    ]  # fmt: skip


def _version(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", python)[:2])


def _percent(key: str) -> Any:
    return lambda row: MISSING if row.get(key) is None else f"{row[key]:.2f}"


def _shown_apart(row: Row) -> str:
    if row["images_apart"] is None:
        return MISSING
    return f"{row['images_apart']:,}" + (f" (by up to {row['steps']} steps)" if row["steps"] else "")


COLUMNS: tuple[Column[Row], ...] = (
    Column("", "machine", lambda row: str(row["machine"]), is_number=False),
    Column("", "Python", lambda row: ", ".join(dict.fromkeys(row["pythons"])), is_number=False),
    Column("", "library", lambda row: f"{row['library']} {row['version'] or ''}".strip(), is_number=False),
    Column("", "model file", lambda row: str(row["model"]), is_number=False),
    Column("", "imports", lambda row: str(row["imports"]), is_number=False),
    Column("", "predicts", lambda row: str(row["predicts"]), is_number=False),
    Column("", "images with other bytes", _shown_apart),
    Column("", "same answer as LiteRT %", _percent("agreement")),
    Column("", "same as own arithmetic %", _percent("exact")),
    Column("", "top-1 %", _percent("accuracy")),
)
