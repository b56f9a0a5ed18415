"""Callbacks of a training: its state after each epoch, so that a killed one continues, and Ctrl-C between two batches.

Not Keras' BackupAndRestore: it writes weights and epoch into two files, neither of them atomically, and leaves out
the random states of dropout and shuffling.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import keras
import numpy as np

from edge.errors import RunError
from edge.system import atomic_file

_LOGGER = logging.getLogger(__name__)
_STARVED = 0.9  # of the pipeline's own rate: a training that comes near it is held up by it


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a training."""

    epochs: int = 0
    duration_s: float = 0.0
    history_csv: str = ""
    """CSV text: the headings and a line for each finished epoch."""


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not type-checked here
    """Restore the state when training begins, if there is one, and save it after each epoch.

    It belongs behind CSVLogger in the list of callbacks, so that the epoch's line is written.
    """

    def __init__(self, path: Path, network: keras.Model, *, history_csv: Path, is_writer: bool = True) -> None:
        """Read how far an earlier training, whose network has no teacher around it, came; one process alone writes."""
        super().__init__()
        self._path, self._network, self._history_csv, self._is_writer = path, network, history_csv, is_writer
        self.progress = read_progress(path)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Restore the state."""
        self._before_s = self.progress.duration_s
        self._started = time.monotonic()
        if self.progress.epochs:
            if not self.model.optimizer.built:  # TensorFlow would do it later, and forget what was restored
                self.model.optimizer.build(self.model.trainable_variables)
            _restore(self._path, self._variables())

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Save the state."""
        duration_s = self._before_s + time.monotonic() - self._started
        if self._is_writer:
            self.progress = Progress(epoch + 1, duration_s, self._history_csv.read_bytes().decode())
            _save(self._path, self._variables(), self.progress)
        else:
            self.progress = Progress(epoch + 1, duration_s)

    def _variables(self) -> list[keras.Variable]:
        return [*self._network.variables, *self.model.optimizer.variables]


class TimeLeft(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not type-checked here
    """Log after each epoch how fast it was and how long the rest takes; Keras' bar shows it on a terminal alone."""

    def __init__(self, epochs: int, batch_size: int, pipeline_images_per_s: float | None = None) -> None:
        """Count up to this number of epochs.

        Args:
            epochs: of the whole training.
            batch_size: images of a batch, of all processes together.
            pipeline_images_per_s: rate at which images are prepared; None: they are all in memory.
        """
        super().__init__()
        self._epochs, self._batch_size, self._pipeline_images_per_s = epochs, batch_size, pipeline_images_per_s
        self._first: int | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Note the start of the first epoch."""
        if self._first is None:
            self._first, self._started = epoch, time.monotonic()
        self._batches_s: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Note the time: an epoch's first batch may compile, and its end holds the validation."""
        self._batches_s = [*self._batches_s[:1], time.monotonic()]
        self._batches = batch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Log the rate, and the time left if there is any."""
        done, left = epoch + 1 - (self._first or 0), self._epochs - epoch - 1
        rate = self._images_per_s()
        words = [f"epoch {epoch + 1} of {self._epochs} is done"]
        words += [f"{rate:,.0f} images a second"] if rate else []
        words += [f"{_about((time.monotonic() - self._started) / done * left)} left"] if left else []
        _LOGGER.info("%s", ", ".join(words))
        if done == 1 and rate and self._pipeline_images_per_s and rate > _STARVED * self._pipeline_images_per_s:
            _LOGGER.warning(
                "the device waits for images, which are prepared no faster: more processor cores would help"
            )

    def _images_per_s(self) -> float:
        """Return the rate of an epoch without its first batch; 0: it had no other."""
        elapsed_s = self._batches_s[-1] - self._batches_s[0] if len(self._batches_s) > 1 else 0.0
        return self._batches * self._batch_size / elapsed_s if elapsed_s > 0 else 0.0


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"about {round(seconds)} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


class InterruptBetweenBatches(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not type-checked here
    """Raise KeyboardInterrupt after the batch in which SIGINT arrived; a second SIGINT acts at once.

    An exception thrown into a running TensorFlow step can crash it.
    A context manager around `fit`. It does nothing outside the main thread, where Python delivers no signals.
    """

    def __enter__(self) -> InterruptBetweenBatches:
        """Install the handler of SIGINT."""
        self._is_interrupted = False
        self._previous = None
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous handler of SIGINT."""
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Stop after a training batch if SIGINT arrived."""
        self._raise_if_interrupted()

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Stop after a validation batch if SIGINT arrived."""
        self._raise_if_interrupted()

    def _raise_if_interrupted(self) -> None:
        if self._is_interrupted:
            raise KeyboardInterrupt

    def _handle(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_interrupted = True
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)


def read_progress(path: Path) -> Progress:
    """Read the progress stored in a state file; no progress if there is no file.

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
