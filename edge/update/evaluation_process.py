"""Evaluation of a new model in a child process, which it may crash: metrics, their limits, and the verdict."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.datasets.folder_labels import Truths
from edge.errors import (
    MissingModelError,
    ModelFileError,
    RefusedModelError,
    RuntimeMissingError,
    SourceError,
    SpecError,
    ToolkitError,
    UpdateError,
)
from edge.images.folders import list_class_folders

_TIMEOUT_S = 300.0
_SHOWN_LABELS = 12
_SENT = {1: "SIGHUP", 2: "SIGINT", 9: "SIGKILL", 15: "SIGTERM"}
"""Signals that come from outside: from a shell, a service manager, or the kernel when memory runs out."""
_KINDS: dict[int, type[ToolkitError]] = {10: RefusedModelError, 11: RuntimeMissingError, 12: SourceError}
"""Exit status of the child -> error that it stands for; any other one is an UpdateError."""
# It imports the same modules as this process, whatever lies in the working directory.
_PROGRAM = """
import json, sys
path, arguments = json.loads(sys.argv[1])
sys.path[:] = path
from edge.update.evaluate import main
main(*arguments)
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the metrics of a new model."""

    min_right: float = 0.75
    """Least accuracy on drawn garments, 0-1: networks of a few kilobytes reach 0.9, chance 0.1."""
    min_agreement: float = 0.75
    """Least share of drawn garments with the same label as the current model's, 0-1."""
    max_lost: float = 0.02
    """Most accuracy that may be lost on the user's samples, against the current model, 0-1."""
    max_slower: float = 3.0
    """Largest ratio to the current model's time from frame to prediction."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of predictions for a set of frames."""

    frames: int
    right: int | None
    """Right predictions of the new model; None: its labels aren't the frames'."""
    current_right: int | None
    """Right predictions of the current model; None: its labels differ."""
    same: int | None
    """Frames with the same prediction of both; None: their labels differ."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of a new model beside the current one."""

    drawn: Tally
    samples: Tally | None
    """Tally of the user's images; None: there were none."""
    time_ratio: float
    """Ratio of the new model's fastest time from frame to prediction to the current one's."""
    labels: tuple[str, ...]
    current_labels: tuple[str, ...]


def is_models_fault(error: BaseException | None) -> bool:
    """Return whether a new model is to blame for an error, and not the device, its operator or the samples.

    A file that can't be read is the device's fault; weights in another file that isn't there are the model's.
    """
    if isinstance(error, ToolkitError):
        is_devices = isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError)
        is_about_it = isinstance(error, ModelFileError | SpecError | RefusedModelError)
        return is_about_it and not is_devices and not isinstance(error, MissingModelError)
    return isinstance(error, Exception) and not isinstance(error, OSError | MemoryError | ImportError)


def exit_status(error: Exception) -> int:
    """Return the exit status of the child by which `evaluate_in_child` raises the same kind of error."""
    kind = RefusedModelError if is_models_fault(error) else type(error)
    return next((status for status, known in _KINDS.items() if issubclass(kind, known)), 1)


def evaluate_in_child(
    new: Path, current: Path, *, sha256: str, current_sha256: str, samples: Path | None, truths: Truths
) -> Metrics:
    """Run a new model and the current one on drawn garments and on samples, a folder of images for each label.

    A file with a digest is trusted. Without one the new file is checked like any, and the current one is built in.

    Raises:
        RefusedModelError: the new model can't be loaded, gives no probabilities, crashes or hangs.
        RuntimeMissingError: the library that runs it isn't installed.
        SourceError: there is no sample, or a folder of samples fits no label.
        UpdateError: whatever else ends the child: a signal from outside, lack of memory, too many samples.
    """
    files = [str(new), sha256], [str(current), current_sha256]
    arguments = json.dumps([sys.path, [*files, str(samples.absolute()) if samples else "", dict(truths)]])
    if samples and samples.is_dir():
        list_class_folders(samples).log_left_out(samples)  # here: the child's lines are read for its last one alone
    try:
        child = subprocess.run([sys.executable, "-I", "-c", _PROGRAM, arguments], capture_output=True, text=True,
                               errors="replace", timeout=_TIMEOUT_S, check=False)  # fmt: skip
    except subprocess.TimeoutExpired as error:
        sentence = f"the self-test wasn't over after {_TIMEOUT_S:.0f} s: the model hangs or is far too slow"
        if samples:  # nothing says which it is
            raise UpdateError(f"{sentence}, or there are too many samples") from error
        raise RefusedModelError(sentence) from error
    if name := _SENT.get(-child.returncode):
        raise UpdateError(f"the self-test was ended by {name}: the memory ran out, or somebody ended it; try again")
    if child.returncode < 0:
        raise RefusedModelError(f"the self-test crashed (signal {-child.returncode}): the file is damaged")
    if child.returncode > 0:
        sentence = (child.stderr.strip().splitlines() or ["the self-test failed"])[-1]
        raise _KINDS.get(child.returncode, UpdateError)(sentence)
    return _metrics_from(child.stdout)


def _metrics_from(text: str) -> Metrics:
    data = json.loads(text.splitlines()[-1])  # libraries may have printed something before
    return Metrics(
        drawn=Tally(**data["drawn"]),
        samples=Tally(**data["samples"]) if data["samples"] else None,
        time_ratio=data["time_ratio"],
        labels=tuple(data["labels"]),
        current_labels=tuple(data["current_labels"]),
    )


def complaints(metrics: Metrics, limits: Limits, *, allows_new_labels: bool) -> list[str]:
    """Return a sentence for each limit that the new model doesn't keep, and for labels that differ."""
    drawn, samples = metrics.drawn, metrics.samples
    sentences = []
    if metrics.labels != metrics.current_labels and not allows_new_labels:
        sentences.append(
            f"its labels are others ({_named(metrics.labels)} instead of {_named(metrics.current_labels)}): "
            "--allow-new-labels if that is meant"
        )
    if drawn.right is not None and drawn.right < limits.min_right * drawn.frames:
        sentences.append(
            f"it names {drawn.right} of {drawn.frames} drawn garments rightly (least {limits.min_right:.0%})"
        )
    if drawn.same is not None and drawn.same < limits.min_agreement * drawn.frames:
        sentences.append(
            f"it answers like the current model on {drawn.same} of {drawn.frames} drawn garments "
            f"(least {limits.min_agreement:.0%})"
        )
    if samples and samples.right is not None:
        least, reason = limits.min_right * samples.frames, f"least {limits.min_right:.0%}"
        if samples.current_right is not None:
            least = samples.current_right - limits.max_lost * samples.frames
            reason = f"the current model {samples.current_right}, and at most {limits.max_lost:.0%} may be lost"
        if samples.right < least:
            sentences.append(f"it names {samples.right} of {samples.frames} samples rightly ({reason})")
    if metrics.time_ratio > limits.max_slower:
        ratio = f"{metrics.time_ratio:.1f} times the current model's time"
        sentences.append(f"it takes {ratio}, at most {limits.max_slower:g}")
    return sentences


def summary(metrics: Metrics) -> list[str]:
    """Format the metrics as lines of a report."""
    drawn = "drawn garments" if metrics.drawn.right is not None else "drawn frames  "
    lines = [f"{drawn}  {_counts(metrics.drawn)}"]
    if metrics.samples:
        lines.append(f"samples         {_counts(metrics.samples)}")
    lines.append(f"time            {metrics.time_ratio:.2f} times the current model's, from frame to answer")
    if metrics.drawn.right is None and not metrics.samples:
        lines.append("note            nothing says whether its answers are right: label some pictures, --samples DIR")
    return lines


def _named(labels: Sequence[str]) -> str:
    """Return labels in one line; of many, the first ones and how many there are."""
    shown = ", ".join(labels[:_SHOWN_LABELS])
    return shown if len(labels) <= _SHOWN_LABELS else f"{shown} and {len(labels) - _SHOWN_LABELS:,} more"


def _counts(tally: Tally) -> str:
    parts = [
        f"{tally.frames} answered, for timing and sanity alone"
        if tally.right is None
        else f"{tally.right} of {tally.frames} right"
    ]
    if tally.current_right is not None:
        parts.append(f"the current model {tally.current_right}")
    if tally.same is not None:
        parts.append(f"the same answer to {tally.same}")
    return ", ".join(parts)
