"""State of a store: current model, last good one, trial, last failures and newest manifest. Pure functions."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.artifact.manifest import Manifest
from edge.errors import UpdateError

SCHEMA = 1
MOST_STARTS = 3
"""Starts of a model on trial that a power cut may end. One isn't the model's fault, three are taken to be."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Model:
    """A model file of the store."""

    sha256: str
    """Digest of the whole file, hexadecimal; it is the file's name too."""
    format: str
    source: str
    """Path or URL it came from, without secrets."""
    time: str
    """Time of the update, ISO 8601, UTC."""

    def __post_init__(self) -> None:
        """Refuse a digest or format that would name a file elsewhere."""
        if not _DIGEST.fullmatch(self.sha256) or self.format not in ("tflite", "onnx"):
            raise ValueError(f"no model is called {self.sha256!r} {self.format!r}")

    @property
    def file_name(self) -> str:
        """Name of the file in the store's folder."""
        return f"{self.sha256}.{self.format}"


@dataclass(frozen=True, slots=True)
class Trial:
    """Trial of the current model, which hasn't been shown to be good yet."""

    starts: int = 0
    boot: str | None = None
    """Boot of the machine in which a start hasn't ended well yet; None: all have, or there was none."""


@dataclass(frozen=True, slots=True)
class FailedModel:
    """Model that was refused by an update, or rolled back after it."""

    sha256: str
    reason: str
    time: str
    """Time of the failure, ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class State:
    """State of a store. No model means the built-in one."""

    current: Model | None = None
    last_good: Model | None = None
    """Model that a rollback makes current."""
    trial: Trial | None = None
    """Trial of the current model; None: it is good."""
    rolled_back: FailedModel | None = None
    """Model of the last rollback, so that it isn't installed again by mistake."""
    refused: FailedModel | None = None
    """Model that the last update refused; None: it refused none."""
    manifest: Manifest | None = None
    """Newest manifest that was seen; None: models came from addresses of their own."""

    @property
    def good(self) -> Model | None:
        """Newest model that is known to be good."""
        return self.last_good if self.trial else self.current

    def to_json(self) -> str:
        """Return the state as indented JSON."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> State:
        """Read a state.

        Raises:
            UpdateError: not JSON, a newer schema, or anything but the manifest that isn't as `to_json` writes it.
        """
        try:
            data = json.loads(text)
            if data.pop("schema") != SCHEMA:
                raise ValueError(f"expected schema {SCHEMA}")
            kinds = {"current": Model, "last_good": Model, "trial": Trial, "rolled_back": FailedModel,
                     "refused": FailedModel, "manifest": Manifest}  # fmt: skip
            state = cls(**{name: _part(kinds[name], value) for name, value in data.items()})
            if state.trial and not state.current:
                raise ValueError("no model is on trial")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise UpdateError(f"{type(error).__name__}: {error}") from error
        return state


def _part(kind: type, value: Any) -> Any:
    """Make a part of the state; None stays None, and so becomes a manifest of another version or a damaged one.

    The models beside it run on. `seen` then has nothing to compare the next manifest with, as in a store that is
    started afresh. One from before `Manifest.name` can't be shown again meanwhile: `Manifest.from_json` refuses it.
    """
    if value is None:
        return None
    if kind is Manifest:
        try:
            return Manifest(**value)
        except (ValueError, TypeError, OverflowError):
            return None
    part = kind(**value)
    if isinstance(part, Trial):
        if not isinstance(part.starts, int) or not isinstance(part.boot, str | None):
            raise TypeError("a trial's starts are a whole number, its boot a text")
    elif not all(isinstance(text, str) for text in value.values()):
        raise TypeError(f"a {kind.__name__} holds texts")
    return part


def installed(state: State, model: Model) -> State:
    """Make a new model current, on trial; a rollback leads to the last good one."""
    remembered = state.rolled_back if state.rolled_back and state.rolled_back.sha256 != model.sha256 else None
    return replace(state, current=model, last_good=state.good, trial=Trial(), rolled_back=remembered, refused=None)


def begun(state: State, *, boot: str, time: str) -> State:
    """Note a start of the current model at an ISO 8601 time, or roll it back if an earlier start didn't end well."""
    trial = state.trial
    if trial is None:
        return state
    if trial.boot == boot:
        return rolled_back(state, reason="its last start ended, or was ended, before it was found good", time=time)
    if trial.starts >= MOST_STARTS:
        return rolled_back(state, reason=f"the machine went down in each of its {trial.starts} starts", time=time)
    return replace(state, trial=Trial(trial.starts + 1, boot))


def ended_well(state: State) -> State:
    """Note the end of a run that was no fault of the model on trial."""
    return replace(state, trial=Trial()) if state.trial else state


def confirmed(state: State) -> State:
    """End the trial: the current model is good, and a rollback leads to the one before."""
    return replace(state, trial=None)


def rolled_back(state: State, *, reason: str, time: str) -> State:
    """Make the last good model current again; a second rollback leads to the built-in one."""
    culprit = FailedModel(state.current.sha256, reason, time) if state.current else state.rolled_back
    return replace(state, current=state.last_good, last_good=None, trial=None, rolled_back=culprit)


def seen(state: State, manifest: Manifest) -> State:
    """Note a manifest as the newest.

    Raises:
        UpdateError: it is older than one that was seen: who shows an old one again would bring back an old model.
    """
    if state.manifest and manifest.issued < state.manifest.issued:
        raise UpdateError(
            f"the manifest is of {manifest.issued}, and one of {state.manifest.issued} was seen here: an old one isn't "
            "taken again, sign a new one"
        )
    return replace(state, manifest=manifest)


def named(model: Model | None) -> str:
    """Name a model in messages."""
    return f"model {model.sha256[:12]}" if model else "the built-in model"
