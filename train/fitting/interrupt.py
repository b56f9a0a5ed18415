"""Ctrl-C ends a training between two batches: an exception thrown into a running TensorFlow step can crash it."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import keras


class InterruptBetweenBatches(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not type-checked here
    """Raises KeyboardInterrupt after the batch in which the user pressed Ctrl-C; a second Ctrl-C acts at once.

    A context manager around `fit`; outside the main thread, where Python delivers no signal, it does nothing.
    """

    def __enter__(self) -> InterruptBetweenBatches:
        """Take over SIGINT."""
        self._is_asked = False
        self._previous = None
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        """Give SIGINT back."""
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Stop here if asked (Keras calls it)."""
        self._stop_if_asked()

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002
        """Stop here if asked, while validating (Keras calls it)."""
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self._is_asked:
            raise KeyboardInterrupt

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self._is_asked = True
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)
