"""The folder of the models that updates brought: files named by their digest, and a JSON file that says what is what.

That file alone decides. It is replaced as a whole, and only after the model lies whole beside it, so that a kill or a
power cut at any moment leaves the old model or the new one.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

from edge.artifact.file import default_model, read_artifact
from edge.errors import ModelFileError, UpdateError
from edge.system import atomic_file
from edge.system.atomic_file import locked
from edge.update.state import Model, State

_STATE = "state.json"
_CHANGE_LOCK, _UPDATE_LOCK, _TRIAL_LOCK = ".change.lock", ".update.lock", ".trial.lock"
_MODEL_FILE = re.compile(r"[0-9a-f]{64}\.(tflite|onnx)")
_INCOMING = ".incoming."
_TEMPORARY = re.compile(r"\.(state|[0-9a-f]{64})\..+")  # of a write by edge.system.atomic_file that was killed


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where a store is unless somebody says otherwise: in a service's state folder, or in the user's."""
    if folders := environment.get("STATE_DIRECTORY"):
        return Path(folders.split(":")[0]) / "models"
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():  # as the standard has it: what isn't is ignored
        state = Path.home() / ".local" / "state"
    return state / "edge-classify" / "models"


def utc_now() -> str:
    """Now, as a store writes it: ISO 8601, UTC, in seconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """A store, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        """Remember where it is."""
        self.folder = folder

    def read(self) -> State:
        """What it says; of a store that doesn't exist, that there is no model in it.

        Raises:
            UpdateError: it is damaged.
            OSError: it can't be read.
        """
        path = self.folder / _STATE
        try:
            return State.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return State()
        except (UpdateError, UnicodeDecodeError) as error:
            raise UpdateError(f"{path} is damaged ({error}): the next update writes it anew") from error

    def change(self, step: Callable[[State], State]) -> State:
        """Take a step from one state to the next, alone; return what it led to.

        Raises:
            UpdateError: the store is damaged.
            OSError: it can't be written.
        """
        with locked(self.folder / _CHANGE_LOCK):
            before = self.read()
            after = step(before)
            if after != before:
                self._write(after)
            return after

    def path(self, model: Model | None) -> Path:
        """Of a model's file; of no model, the one inside the package."""
        return self.folder / model.file_name if model else default_model()

    def whole(self, model: Model | None) -> Path:
        """Of a model's file, after a look whether it is what it was.

        Raises:
            ModelFileError: it is missing or damaged.
        """
        path = self.path(model)
        if model and read_artifact(path).sha256 != model.sha256:
            raise ModelFileError(f"{path} isn't what was installed: it changed on the disk")
        return path

    @contextmanager
    def updating(self) -> Iterator[Path]:
        """Yield an empty folder to put a new model into; nobody else updates meanwhile, and it is gone afterwards.

        Raises:
            UpdateError: another update is under way.
            OSError: the store can't be made or written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / _UPDATE_LOCK, waits=False) as is_ours:
            if not is_ours:
                raise UpdateError(f"another update of {self.folder} is under way: wait for its end")
            self._sweep_leftovers()
            with tempfile.TemporaryDirectory(prefix=_INCOMING, dir=self.folder) as folder:
                yield Path(folder)

    @contextmanager
    def judging(self) -> Iterator[bool]:
        """Yield whether this process is the one that tries the model on trial; it is until the end of the block.

        Raises:
            OSError: the store can't be written.
        """
        with locked(self.folder / _TRIAL_LOCK, waits=False) as is_ours:
            yield is_ours

    def keep(self, file: Path, model: Model, step: Callable[[State], State]) -> State:
        """Take a model file in, then a step that makes it current; what nobody needs any more is deleted.

        A damaged state is started afresh.

        Raises:
            OSError: the store can't be written; what was current still is.
        """
        with locked(self.folder / _CHANGE_LOCK):
            with atomic_file.replacing(self.path(model)) as temporary:
                shutil.copyfile(file, temporary)
            self._flush_folder()
            state = step(self.read_or_empty())
            self._write(state)
            self._sweep_models(state)
        return state

    def read_or_empty(self) -> State:
        """What it says, or where it is damaged that there is no model in it."""
        try:
            return self.read()
        except UpdateError:
            return State()

    def _write(self, state: State) -> None:
        atomic_file.write_text(self.folder / _STATE, state.to_json())
        self._flush_folder()

    def _flush_folder(self) -> None:
        """Force renames to the disk, in their order: the model must be there before anything says so."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _sweep_models(self, state: State) -> None:
        """Delete models that are neither current nor the last good one."""
        needed = {model.file_name for model in (state.current, state.last_good) if model}
        for path in self.folder.iterdir():
            if _MODEL_FILE.fullmatch(path.name) and path.name not in needed:
                path.unlink(missing_ok=True)

    def _sweep_leftovers(self) -> None:
        """Delete what updates and writes that were killed have left."""
        with locked(self.folder / _CHANGE_LOCK):
            for path in self.folder.iterdir():
                if path.name.startswith(_INCOMING):
                    shutil.rmtree(path, ignore_errors=True)
                elif _TEMPORARY.fullmatch(path.name):
                    path.unlink(missing_ok=True)
