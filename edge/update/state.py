"""What a store says of its models: which one runs, which was the last good one, which is on trial. Pure functions."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.errors import UpdateError

SCHEMA = 1
MOST_STARTS = 3
"""Of a model on trial whose machine goes down before the trial is over: a power cut isn't the model's fault, three are
taken to be."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Model:
    """A model file of the store."""

    sha256: str
    """Of the whole file, hexadecimal; it is the file's name too."""
    format: str
    """tflite or onnx."""
    source: str
    """Where it came from, for people."""
    time: str
    """When it came, ISO 8601, UTC."""

    def __post_init__(self) -> None:
        """Refuse what would name a file elsewhere."""
        if not _DIGEST.fullmatch(self.sha256) or self.format not in ("tflite", "onnx"):
            raise ValueError(f"no model is called {self.sha256!r} {self.format!r}")

    @property
    def file_name(self) -> str:
        """In the store's folder."""
        return f"{self.sha256}.{self.format}"


@dataclass(frozen=True, slots=True)
class Trial:
    """That the current model hasn't been shown to be good yet."""

    starts: int = 0
    """How often it was started without having been found good."""
    boot: str | None = None
    """The machine's boot in which a start of it hasn't ended well yet; None: all have, or there was none."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The model that was taken back last, so that it isn't installed again by mistake."""

    sha256: str
    reason: str
    time: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class State:
    """All of it. No model means the one inside the package."""

    current: Model | None = None
    last_good: Model | None = None
    """What a rollback leads to."""
    trial: Trial | None = None
    """Of `current`; None: it is good."""
    rolled_back: RolledBack | None = None

    @property
    def good(self) -> Model | None:
        """The newest model that is known to be good."""
        return self.last_good if self.trial else self.current

    def to_json(self) -> str:
        """Return it as indented JSON."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> State:
        """Read it.

        Raises:
            UpdateError: not JSON, a newer schema, or anything in it that isn't as `to_json` writes it.
        """
        try:
            data = json.loads(text)
            if data.pop("schema") != SCHEMA:
                raise ValueError(f"expected schema {SCHEMA}")
            kinds = {"current": Model, "last_good": Model, "trial": Trial, "rolled_back": RolledBack}
            state = cls(**{name: _part(kinds[name], value) for name, value in data.items()})
            if state.trial and not state.current:
                raise ValueError("no model is on trial")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UpdateError(f"{type(error).__name__}: {error}") from error
        return state


def _part(kind: type, value: Any) -> Any:
    """A part of the state; None where there is none."""
    if value is None:
        return None
    part = kind(**value)
    if isinstance(part, Trial):
        if not isinstance(part.starts, int) or not isinstance(part.boot, str | None):
            raise TypeError("a trial's starts are a whole number, its boot a text")
    elif not all(isinstance(text, str) for text in value.values()):
        raise TypeError(f"a {kind.__name__} holds texts")
    return part


def installed(state: State, model: Model) -> State:
    """A new model is current, and on trial; the last good one stays what a rollback leads to."""
    forgotten = state.rolled_back if state.rolled_back and state.rolled_back.sha256 != model.sha256 else None
    return State(current=model, last_good=state.good, trial=Trial(), rolled_back=forgotten)


def begun(state: State, *, boot: str, time: str) -> State:
    """A run wants to start the current model: it may, or an earlier start tells that it is to be rolled back.

    Args:
        state: before the start.
        boot: which boot of the machine this is.
        time: now, ISO 8601, UTC.
    """
    trial = state.trial
    if trial is None:
        return state
    if trial.boot == boot:
        return rolled_back(state, reason="its last start ended, or was ended, before it was found good", time=time)
    if trial.starts >= MOST_STARTS:
        return rolled_back(state, reason=f"the machine went down in each of its {trial.starts} starts", time=time)
    return replace(state, trial=Trial(trial.starts + 1, boot))


def ended_well(state: State) -> State:
    """A run of a model on trial was ended by someone, or by something that isn't the model's fault."""
    return replace(state, trial=Trial()) if state.trial else state


def confirmed(state: State) -> State:
    """The current model is good. The one before stays what a rollback leads to."""
    return replace(state, trial=None)


def rolled_back(state: State, *, reason: str, time: str) -> State:
    """The last good model is current again, and behind it there is only the one inside the package."""
    culprit = RolledBack(state.current.sha256, reason, time) if state.current else state.rolled_back
    return State(current=state.last_good, rolled_back=culprit)


def named(model: Model | None) -> str:
    """A model, for people."""
    return f"model {model.sha256[:12]}" if model else "the built-in model"
