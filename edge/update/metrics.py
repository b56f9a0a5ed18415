"""What a self-test counted, and what is held against it; pure functions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a new model must keep to."""

    min_right: float = 0.75
    """Share of the drawn garments it names rightly, 0-1: networks of a few kilobytes name nine of ten, chance one."""
    min_agreement: float = 0.75
    """Share of the drawn garments on which it answers like the current model, 0-1."""
    max_lost: float = 0.02
    """Of a person's own samples: by how large a share it may name fewer than the current model, 0-1."""
    max_slower: float = 3.0
    """From frame to answer: how many times the current model's time it may take."""


@dataclass(frozen=True, slots=True)
class Count:
    """Answers to a set of frames."""

    frames: int
    right: int | None
    """None: the frames' labels aren't the model's."""
    current_right: int | None
    """Of the current model; None: its labels are others."""
    same: int | None
    """Frames on which both answer the same; None: their labels differ."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the self-test of one model came to."""

    drawn: Count
    """Of drawn garments."""
    samples: Count | None
    """Of a person's own pictures; None: there were none."""
    time_ratio: float
    """From frame to answer: the new model's fastest over the current one's."""
    labels: tuple[str, ...]
    """Of the new model."""
    current_labels: tuple[str, ...]


def complaints(figures: Figures, limits: Limits, *, allows_new_labels: bool) -> list[str]:
    """What is wrong with the model, a sentence each; none: it is fit.

    Args:
        figures: of the model.
        limits: what it must keep to.
        allows_new_labels: whether it may have other labels than the current one.
    """
    found = []
    if figures.labels != figures.current_labels and not allows_new_labels:
        found.append(
            f"its labels are others ({_list(figures.labels)} instead of {_list(figures.current_labels)}): "
            "--allow-new-labels if that is meant"
        )
    found += _about_drawn(figures.drawn, limits)
    if figures.samples:
        found += _about_samples(figures.samples, limits)
    if figures.time_ratio > limits.max_slower:
        found.append(f"it takes {figures.time_ratio:.1f} times the current model's time, at most {limits.max_slower:g}")
    return found


def _about_drawn(count: Count, limits: Limits) -> list[str]:
    found = []
    if count.right is not None and count.right < limits.min_right * count.frames:
        found.append(f"it names {count.right} of {count.frames} drawn garments rightly (least {limits.min_right:.0%})")
    if count.same is not None and count.same < limits.min_agreement * count.frames:
        found.append(
            f"it answers like the current model on {count.same} of {count.frames} drawn garments "
            f"(least {limits.min_agreement:.0%})"
        )
    return found


def _about_samples(count: Count, limits: Limits) -> list[str]:
    if count.right is None:
        return []
    if count.current_right is None:
        least, why = limits.min_right * count.frames, f"least {limits.min_right:.0%}"
    else:
        least = count.current_right - limits.max_lost * count.frames
        why = f"the current model {count.current_right}, and at most {limits.max_lost:.0%} may be lost"
    if count.right >= least:
        return []
    return [f"it names {count.right} of {count.frames} samples rightly ({why})"]


def summary(figures: Figures) -> list[str]:
    """The figures as lines for people."""
    lines = [f"drawn garments  {_counted(figures.drawn)}"]
    if figures.samples:
        lines.append(f"samples         {_counted(figures.samples)}")
    lines.append(f"time            {figures.time_ratio:.2f} times the current model's, from frame to answer")
    if figures.drawn.right is None and not figures.samples:
        lines.append("note            nothing says whether its answers are right: label some pictures, --samples DIR")
    return lines


def _counted(count: Count) -> str:
    parts = [f"{count.frames} answered" if count.right is None else f"{count.right} of {count.frames} right"]
    if count.current_right is not None:
        parts.append(f"the current model {count.current_right}")
    if count.same is not None:
        parts.append(f"the same answer to {count.same}")
    return ", ".join(parts)


def _list(labels: tuple[str, ...]) -> str:
    return ", ".join(labels)
