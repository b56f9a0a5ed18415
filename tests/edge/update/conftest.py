"""Stores in a temporary folder, and models made of files that pass for such."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.update.state import Model
from edge.update.store import Store

MakeModel = Callable[[str], Model]


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
