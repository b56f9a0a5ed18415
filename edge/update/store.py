"""The folder of installed models: files named by their digest, and a JSON file with the state.

The state is replaced as a whole, and only after the model lies whole beside it, so that a kill or a power cut at any
moment leaves the old model or the new one.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edge.artifact.file import default_model, read_artifact
from edge.errors import ModelFileError, UpdateError
from edge.system import atomic_file
from edge.system.atomic_file import locked
from edge.update import state as states
from edge.update.state import Model, State

_STATE = "state.json"
_CHANGE_LOCK, _UPDATE_LOCK, _TRIAL_LOCK = ".change.lock", ".update.lock", ".trial.lock"
_MODEL_FILE = re.compile(r"[0-9a-f]{64}\.(tflite|onnx)")
_INCOMING = ".incoming."
_LOGGER = logging.getLogger(__name__)


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the default folder of the store: in a service's state folder, or in the user's."""
    if folders := environment.get("STATE_DIRECTORY"):
        return Path(folders.split(":")[0]) / "models"
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():  # the standard ignores relative paths
        state = Path.home() / ".local" / "state"
    return state / "edge-classify" / "models"


class Store:
    """A store, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> State:
        """Read the state; a store that doesn't exist has no model.

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

    def read_or_empty(self, *, warns: bool = True) -> State:
        """Read the state; a damaged one counts as empty, with a warning unless `warns` is False."""
        try:
            return self.read()
        except UpdateError as error:
            if warns:
                _LOGGER.warning("%s", error)
            return State()

    def change(self, step: Callable[[State], State], *, mends: bool = False) -> State:
        """Take a step from one state to the next, under a lock; return the new state.

        `mends` starts a damaged state afresh.

        Raises:
            UpdateError: the store is damaged.
            OSError: it can't be written.
        """
        with locked(self.folder / _CHANGE_LOCK):
            before = self.read_or_empty() if mends else self.read()
            after = step(before)
            if after != before:
                atomic_file.write_text(self.folder / _STATE, after.to_json())
            return after

    def path(self, model: Model | None) -> Path:
        """Return the path of a model's file; for no model, of the built-in one."""
        return self.folder / model.file_name if model else default_model()

    def verified_path(self, model: Model | None) -> Path:
        """Return the path of a model's file after a check of its digest.

        Raises:
            ModelFileError: it is missing or damaged.
        """
        path = self.path(model)
        if model and read_artifact(path).sha256 != model.sha256:
            raise ModelFileError(f"{path} isn't what was installed: it changed on the disk")
        return path

    @contextmanager
    def updating(self) -> Iterator[Path]:
        """Yield an empty folder for a new model, which is deleted at the end; other updates are locked out meanwhile.

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
    def trial_lock(self) -> Iterator[bool]:
        """Lock the trial of the current model for the block; yield False if another process has the lock.

        Raises:
            OSError: the store can't be written.
        """
        with locked(self.folder / _TRIAL_LOCK, waits=False) as is_ours:
            yield is_ours

    def install(self, file: Path, model: Model) -> State:
        """Copy a model file into the store, make it current, on trial, and delete models that are no longer needed.

        A damaged state is started afresh.

        Raises:
            OSError: the store can't be written; the current model is as before.
        """
        with locked(self.folder / _CHANGE_LOCK):
            with atomic_file.replacing(self.path(model)) as temporary:  # on the disk before the state names it
                shutil.copyfile(file, temporary)
            state = states.installed(self.read_or_empty(warns=False), model)
            atomic_file.write_text(self.folder / _STATE, state.to_json())
            self._sweep_models(state)
        return state

    def _sweep_models(self, state: State) -> None:
        """Delete models that are neither current nor the last good one."""
        needed = {model.file_name for model in (state.current, state.last_good) if model}
        for path in self.folder.iterdir():
            if _MODEL_FILE.fullmatch(path.name) and path.name not in needed:
                path.unlink(missing_ok=True)

    def _sweep_leftovers(self) -> None:
        """Delete the remains of updates and writes that were killed."""
        atomic_file.sweep(self.folder)
        for path in self.folder.glob(f"{_INCOMING}*"):
            shutil.rmtree(path, ignore_errors=True)
