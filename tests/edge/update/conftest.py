"""Stores in a temporary folder, models made of files that pass for such, and `edge-classify update` on a store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.update import command
from edge.update.evaluation_process import Metrics, Tally
from edge.update.state import Model
from edge.update.store import Store

MakeModel = Callable[[str], Model]
Run = Callable[..., Any]
FINE = Metrics(Tally(40, 39, 40, 39), None, 1.0, ("a", "b"), ("a", "b"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that nobody has written to."""
    return Store(tmp_path / "store")


@pytest.fixture
def install(store: Store, tmp_path: Path) -> MakeModel:
    """Install what begins like a TFLite file; its name makes its content. No runtime can run it."""

    def make(name: str) -> Model:
        content = b"\0\0\0\0TFL3" + name.encode()
        model = Model(hashlib.sha256(content).hexdigest(), "tflite", name, "2026-01-02T03:04:05Z")
        with store.updating() as folder:
            (folder / "model.tflite").write_bytes(content)
            store.install(folder / "model.tflite", model)
        return model

    return make


@pytest.fixture
def update(edge_classify: Run, store: Store) -> Run:
    """Run `edge-classify update` on the store."""
    return lambda *arguments: edge_classify("update", *arguments, "--store", store.folder)


@pytest.fixture
def tested(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, Path]]:
    """In place of evaluations, which take seconds: pairs of new and current files. All pass."""
    calls: list[tuple[Path, Path]] = []

    def evaluate_in_child(new: Path, current: Path, **_: object) -> Metrics:
        calls.append((new, current))
        return FINE

    monkeypatch.setattr(command, "evaluate_in_child", evaluate_in_child)
    return calls


def digest(path: Path) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
