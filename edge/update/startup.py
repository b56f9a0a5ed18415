"""A run on the model of a store: the current one, on trial if it is new, or if that fails the last good one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from edge.artifact.trust import TrustPolicy
from edge.errors import ToolkitError, UpdateError
from edge.health import Health
from edge.system import host
from edge.system.unit import file_hint
from edge.update import state as states
from edge.update.state import Model, State, named
from edge.update.store import Store

if TYPE_CHECKING:
    from edge.classify.classifier import Classifier
    from edge.classify.results import Decision, Prediction
    from edge.sinks import Sink
    from edge.sources.frame import Frame

_LOGGER = logging.getLogger(__name__)
TRIAL_S = 60.0
"""Seconds of classified frames that end a trial: twice the WatchdogSec of the unit, so that a loop that hangs is killed
before."""
_FAILURES_EVERY_S = 30.0  # that a running store is looked at: an update is another process
_LONGEST_GAP_S = 1.0  # longer gaps between frames count as this much, so that an absent camera can't end the trial


class TrialRun:
    """Model choice and trial of one run on a store; a context manager that lasts as long as the run.

    A start of a model on trial is noted before the model is loaded. The note is removed when the run ends in a way that
    isn't the model's fault. If the process crashes, is killed or raises an unexpected error, the note stays, and the
    next start rolls the model back.
    """

    def __init__(
        self,
        folder: Path,
        *,
        health: Health | None = None,
        root: Path = host.ROOT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare a run on the store in a folder; trial, rollback and refusal are noted in its health."""
        self._store = Store(folder)
        self._health = health or Health()
        self._boot = host.read(root / "proc/sys/kernel/random/boot_id").strip()
        self._clock = clock
        self._tried: Model | None = None
        self._ending = ExitStack()

    def load(self, load: Callable[[Path, TrustPolicy | None], Classifier]) -> Classifier:
        """Load the model to run; if one fails, log its error and load the one before it.

        A model of the store was verified and evaluated when it was installed, so its digest is enough.

        Raises:
            ToolkitError: not even the built-in model can be loaded.
        """
        state = self._begin()
        failures: list[tuple[Model, Exception]] = []
        for model in dict.fromkeys((state.current, state.last_good, None)):
            try:
                classifier = load(self._store.verified_path(model), TrustPolicy(model.sha256) if model else None)
            except Exception as error:  # noqa: PERF203  # whatever a new model does to a library, there is an older one
                if model is None:
                    raise
                failures.append((model, error))
            else:
                break
        for failed, reason in failures:  # if all fail, it is no model's fault: a wrong flag, say
            self._could_not_load(failed, reason)
        self._health.on_trial = self._tried is not None
        return classifier

    def sinks(self) -> list[Sink]:
        """Return the sink that notes failures of the store's models, and that which ends the trial if there is one."""
        failures = FailureSink(lambda: self._note_failures(self._store.read()), clock=self._clock)
        return [failures, *([] if self._tried is None else [TrialSink(self._confirm, clock=self._clock)])]

    def __enter__(self) -> TrialRun:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        is_models_fault = isinstance(error, Exception) and not isinstance(error, (ToolkitError, OSError))
        with self._ending:
            if self._tried and not is_models_fault:
                self._change(self._tried, states.ended_well)

    def _begin(self) -> State:
        """Return the store's state after noting a start of the model on trial, or rolling it back."""
        try:
            state = self._store.read()
            self._note_failures(state)
            if state.trial is None:
                return state
            if not self._ending.enter_context(self._store.trial_lock()):
                _LOGGER.warning("update: %s is tried by another process; this one runs %s", named(state.current),
                                named(state.last_good))  # fmt: skip
                return State(current=state.last_good)
            begun = self._store.change(lambda now: states.begun(now, boot=self._boot, time=host.utc_now()))
        except UpdateError as error:
            _LOGGER.warning("update: %s; until then %s runs", error, named(None))
            return State()
        except OSError as error:
            return self._without_trial(error)
        self._note_failures(begun)
        if begun.trial:
            self._tried = begun.current
            _LOGGER.info("update: %s is on trial until it has classified frames for a minute", named(begun.current))
        elif state.current and begun.rolled_back and begun.rolled_back.sha256 == state.current.sha256:
            _say_rolled_back(state.current, begun)
        return begun

    def _note_failures(self, state: State) -> None:
        self._health.rolled_back = asdict(state.rolled_back) if state.rolled_back else None
        self._health.refused = asdict(state.refused) if state.refused else None

    def _without_trial(self, error: OSError) -> State:
        """Return a state without trial: a failing model that can't be noted would be started again and again."""
        try:
            good = self._store.read().good
        except (UpdateError, OSError):
            good = None
        reason = f"{error.strerror}{file_hint(error)}"
        _LOGGER.warning("update: %s can't be used (%s); %s runs", self._store.folder, reason, named(good))
        return State(current=good)

    def _could_not_load(self, model: Model, error: Exception) -> None:
        reason = " ".join(f"it can't be loaded: {error}".split())
        if model != self._tried:
            _LOGGER.warning("update: %s isn't run: %s", named(model), reason)
            return
        self._tried = None
        after = self._change(model, lambda now: states.rolled_back(now, reason=reason, time=host.utc_now()))
        if after:
            self._note_failures(after)
            _say_rolled_back(model, after)

    def _confirm(self) -> None:
        """End the trial as passed, if the model is still the current one."""
        tried, self._tried = self._tried, None
        try:
            after = self._store.change(lambda now: states.confirmed(now) if now.current == tried else now)
        except BaseException:
            self._tried = tried
            raise
        self._health.on_trial = False
        if after.current == tried:
            _LOGGER.info("update: %s is good: it has classified frames for a minute", named(tried))

    def _change(self, model: Model, step: Callable[[State], State]) -> State | None:
        """Take a step, if the model is still the current one; log if the store can't be written, and return None."""
        try:
            return self._store.change(lambda now: step(now) if now.current == model else now)
        except (UpdateError, OSError) as error:
            _LOGGER.warning("update: can't write to %s: %s", self._store.folder, error)
            return None


class TrialSink:
    """Sink that confirms the model on trial after a minute of classified frames (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, confirm: Callable[[], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start to count; `confirm` ends the trial, and is called again a minute later if it raises."""
        self._confirm = confirm
        self._clock = clock
        self._good_s = 0.0
        self._last_s: float | None = None
        self._is_over = False

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Count a frame."""
        if self._is_over:
            return
        now_s = self._clock()
        if self._last_s is not None:
            self._good_s += min(now_s - self._last_s, _LONGEST_GAP_S)
        self._last_s = now_s
        if self._good_s >= TRIAL_S:
            self._confirm_model()

    def idle(self, decision: Decision) -> None:
        """A moment without a frame doesn't count."""

    def close(self) -> None:
        """No-op: nothing is open."""

    def _confirm_model(self) -> None:
        try:
            self._confirm()
        except Exception as error:  # noqa: BLE001  # whatever happens to the store, classification goes on
            _LOGGER.warning("update: can't note that the model is good (%s): it stays on trial", error)
            self._good_s = 0.0
        else:
            self._is_over = True


class FailureSink:
    """Sink that looks for failures of models every half minute (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, note: Callable[[], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start to wait; `note` reads the store, and what it raises counts for nothing."""
        self._note = note
        self._clock = clock
        self._noted_s = clock()

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Look, if it is time."""
        self.idle(decision)

    def idle(self, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Look, if it is time."""
        if self._clock() - self._noted_s >= _FAILURES_EVERY_S:
            self._noted_s = self._clock()
            with suppress(UpdateError, OSError):
                self._note()

    def close(self) -> None:
        """No-op: nothing is open."""


def _say_rolled_back(model: Model | None, after: State) -> None:
    reason = after.rolled_back.reason if after.rolled_back else "by hand"
    _LOGGER.warning("update: %s is rolled back to %s: %s", named(model), named(after.current), reason)
