"""The state of a training after each epoch, whole in one file, so that a killed one goes on where it was.

Not Keras' BackupAndRestore: it writes weights and epoch into two files, neither of them atomically, and leaves out
the random states of dropout and shuffling.
"""

from __future__ import annotations

import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.errors import RunError
from edge.system import atomic_file


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training has come."""

    epochs: int = 0
    """Finished ones."""
    duration_s: float = 0.0
    """Spent on them."""
    history_csv: str = ""
    """One line for each of them, after the headings."""


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not type-checked here
    """Restores the state when training begins, if there is one, and saves it after each epoch.

    It belongs behind CSVLogger in the list of callbacks, so that the epoch's line is written.
    """

    def __init__(self, path: Path, network: keras.Model, *, history_csv: Path, is_writer: bool = True) -> None:
        """Remember what to save.

        Args:
            path: .npz file.
            network: what is trained, without a teacher that may be in the model around it.
            history_csv: file that CSVLogger appends to.
            is_writer: whether this process saves; of several processes one does.
        """
        super().__init__()
        self._path, self._network, self._history_csv, self._is_writer = path, network, history_csv, is_writer
        self.progress = read_progress(path)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Restore (Keras calls it)."""
        self._before_s = self.progress.duration_s
        self._started = time.monotonic()
        if self.progress.epochs:
            if not self.model.optimizer.built:  # TensorFlow would do it later, and forget what was restored
                self.model.optimizer.build(self.model.trainable_variables)
            _restore(self._path, self._variables())

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Save (Keras calls it)."""
        duration_s = self._before_s + time.monotonic() - self._started
        if self._is_writer:
            self.progress = Progress(epoch + 1, duration_s, self._history_csv.read_bytes().decode())
            _save(self._path, self._variables(), self.progress)
        else:
            self.progress = Progress(epoch + 1, duration_s)

    def _variables(self) -> list[keras.Variable]:
        return [*self._network.variables, *self.model.optimizer.variables]


def read_progress(path: Path) -> Progress:
    """How far the training has come whose state is in this file; nothing yet if there is none.

    Raises:
        RunError: the file is damaged.
    """
    if not path.exists():
        return Progress()
    try:
        with path.open("rb") as file, np.load(file) as state:
            return Progress(int(state["epochs"]), float(state["duration_s"]), str(state["history_csv"]))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"{path} can't be read ({error}): remove its folder and start anew") from error


def _save(path: Path, variables: list[keras.Variable], progress: Progress) -> None:
    # Keras shuffles with numpy's global generator on JAX.
    random: Any = np.random.get_state(legacy=False)
    arrays: dict[str, Any] = {
        "epochs": np.array(progress.epochs),
        "duration_s": np.array(progress.duration_s),
        "history_csv": np.array(progress.history_csv),
        "random_key": random["state"]["key"],
        "random_position": np.array(random["state"]["pos"]),
    }
    for number, variable in enumerate(variables):
        arrays[f"variable_{number}"] = np.asarray(keras.ops.convert_to_numpy(variable))
    with atomic_file.replacing(path) as temporary:
        np.savez(temporary, **arrays)


def _restore(path: Path, variables: list[keras.Variable]) -> None:
    with np.load(path) as state:
        for number, variable in enumerate(variables):
            variable.assign(state[f"variable_{number}"])
        np.random.set_state(("MT19937", state["random_key"], int(state["random_position"]), 0, 0.0))
