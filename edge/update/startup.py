"""A run on the model of a store: the current one, or where that fails the last good one; a new one is tried."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from edge.artifact.trust import TrustPolicy
from edge.errors import ToolkitError, UpdateError
from edge.system import host
from edge.update import state as states
from edge.update.state import Model, State, named
from edge.update.store import Store, utc_now

if TYPE_CHECKING:
    from edge.classify.classifier import Classifier
    from edge.sinks import Sink

_LOGGER = logging.getLogger(__name__)


class Run:
    """What a run knows of the store it is on; a context manager that lasts as long as the run.

    A start of a model on trial is noted before the model is loaded. The note goes away when the run ends in a way that
    isn't the model's fault. Where the process crashes, is killed or raises what nobody expected, it stays, and the next
    start rolls the model back.
    """

    def __init__(self, folder: Path, *, root: Path = host.ROOT, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember the store.

        Args:
            folder: of the store.
            root: where /proc is.
            clock: monotonic seconds; tests bring their own.
        """
        self._store = Store(folder)
        self._boot = host.read(root / "proc/sys/kernel/random/boot_id").strip()
        self._clock = clock
        self._tried: Model | None = None
        self._ending = ExitStack()

    def load(self, load: Callable[[Path, TrustPolicy | None], Classifier]) -> Classifier:
        """Load the model to run; what is wrong with one is said, and the one before it is taken.

        Args:
            load: makes a classifier of a file, and of what it must have: a model of the store was checked and tried
                when it was installed, its digest is enough.

        Raises:
            ToolkitError: not even the model inside the package can be loaded.
        """
        state = self._begin()
        failures: list[tuple[Model, Exception]] = []
        for model in dict.fromkeys((state.current, state.last_good, None)):
            try:
                classifier = load(self._store.whole(model), TrustPolicy(model.sha256) if model else None)
            except Exception as error:  # noqa: PERF203  # whatever a new model does to a library, there is an older one
                if model is None:
                    raise
                failures.append((model, error))
            else:
                break
        for failed, reason in failures:  # if all fail, it is no model's fault: a wrong flag, say
            self._could_not_load(failed, reason)
        return classifier

    def sinks(self) -> list[Sink]:
        """What must see every frame: of a model on trial, what says in the end that it is good."""
        if self._tried is None:
            return []
        from edge.update.trial import TrialSink

        return [TrialSink(self._confirm, clock=self._clock)]

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        is_models_fault = isinstance(error, Exception) and not isinstance(error, (ToolkitError, OSError))
        with self._ending:
            if self._tried and not is_models_fault:
                self._change(self._tried, states.ended_well)

    def _begin(self) -> State:
        """The store's state; where a model is on trial, noted there is that it is started now, or it is rolled back."""
        try:
            state = self._store.read()
            if state.trial is None:
                return state
            if not self._ending.enter_context(self._store.judging()):
                _LOGGER.warning("update: %s is tried by another process; this one runs %s", named(state.current),
                                named(state.last_good))  # fmt: skip
                return State(current=state.last_good)
            begun = self._store.change(lambda now: states.begun(now, boot=self._boot, time=utc_now()))
        except UpdateError as error:
            _LOGGER.warning("update: %s; until then %s runs", error, named(None))
            return State()
        except OSError as error:
            return self._without_trial(error)
        if begun.trial:
            self._tried = begun.current
            _LOGGER.info("update: %s is on trial until it has classified frames for a minute", named(begun.current))
        elif state.current and begun.rolled_back and begun.rolled_back.sha256 == state.current.sha256:
            _say_rolled_back(state.current, begun)
        return begun

    def _without_trial(self, error: OSError) -> State:
        """What can be run where nothing can be noted: not a model on trial, for its failure would repeat for ever."""
        try:
            good = self._store.read().good
        except (UpdateError, OSError):
            good = None
        _LOGGER.warning("update: %s can't be used (%s); %s runs", self._store.folder, error.strerror, named(good))
        return State(current=good)

    def _could_not_load(self, model: Model, error: Exception) -> None:
        reason = " ".join(f"it can't be loaded: {error}".split())
        if model != self._tried:
            _LOGGER.warning("update: %s isn't run: %s", named(model), reason)
            return
        self._tried = None
        after = self._change(model, lambda now: states.rolled_back(now, reason=reason, time=utc_now()))
        if after:
            _say_rolled_back(model, after)

    def _confirm(self) -> None:
        """The model on trial is good, if it is still the current one."""
        tried, self._tried = self._tried, None
        try:
            after = self._store.change(lambda now: states.confirmed(now) if now.current == tried else now)
        except BaseException:
            self._tried = tried
            raise
        if after.current == tried:
            _LOGGER.info("update: %s is good: it has classified frames for a minute", named(tried))

    def _change(self, model: Model, step: Callable[[State], State]) -> State | None:
        """Take a step, if the model is still the current one; None where the store can't be written, which is said."""
        try:
            return self._store.change(lambda now: step(now) if now.current == model else now)
        except (UpdateError, OSError) as error:
            _LOGGER.warning("update: can't write to %s: %s", self._store.folder, error)
            return None


def _say_rolled_back(model: Model | None, after: State) -> None:
    reason = after.rolled_back.reason if after.rolled_back else "by hand"
    _LOGGER.warning("update: %s is rolled back to %s: %s", named(model), named(after.current), reason)
