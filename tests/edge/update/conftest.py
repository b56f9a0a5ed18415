"""Stores in a temporary folder, models of files that pass for such, runs and `edge-classify update` on a store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import default_model
from edge.artifact.trust import TrustPolicy
from edge.errors import ModelFileError
from edge.update import command
from edge.update import state as states
from edge.update.evaluation_process import Metrics, Tally
from edge.update.startup import TrialRun, TrialSink
from edge.update.state import Model
from edge.update.store import Store

MakeModel = Callable[[str], Model]
Run = Callable[..., Any]
Start = Callable[..., TrialRun]
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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine whose boot is called one."""
    path = tmp_path / "root/proc/sys/kernel/random/boot_id"
    path.parent.mkdir(parents=True)
    path.write_text("one\n")
    return tmp_path / "root"


@pytest.fixture
def start(store: Store, root: Path, caplog: pytest.LogCaptureFixture) -> Start:
    """A run on the store, not entered yet."""
    caplog.set_level("INFO", logger="edge")
    return lambda **more: TrialRun(store.folder, root=root, **more)


def path_of(path: Path, policy: TrustPolicy | None) -> Any:
    """Instead of a classifier, the file it would be made of; the store vouches for its own."""
    assert policy == (None if path == default_model() else TrustPolicy(path.stem))
    return path


def refuse(*names: str) -> Callable[[Path, TrustPolicy | None], Any]:
    """Like `path_of`, but for files with this content."""

    def load(path: Path, _: TrustPolicy | None) -> Any:
        if path.read_bytes()[8:].decode(errors="replace") in names:
            raise ModelFileError(f"{path.name[:4]} is damaged")
        return path

    return load


def is_tried(run: TrialRun) -> bool:
    """Tell whether a sink waits for the trial's end."""
    return any(isinstance(sink, TrialSink) for sink in run.sinks())


def crash(run: TrialRun) -> None:
    """End a run as a crash would: nothing of Python's own end happens, but the locks are gone."""
    run._ending.close()


@pytest.fixture
def on_trial(store: Store, install: MakeModel) -> tuple[Model, Model]:
    """A good model, and one on trial."""
    good = install("good")
    store.change(states.confirmed)
    return good, install("new")
