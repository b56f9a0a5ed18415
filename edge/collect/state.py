"""State of a session as its page shows it."""

from __future__ import annotations

from typing import NamedTuple

from edge.sources.frame import Frame


class ShownFrame(NamedTuple):
    """The newest frame."""

    number: int
    """Count of the changes, from 1."""
    frame: Frame


class ClassCount(NamedTuple):
    """Images of a class."""

    name: str
    images: int
    """All that lie in its folder."""
    added: int
    """Images of this session among them."""


class Burst(NamedTuple):
    """Images of one press."""

    name: str
    """Class."""
    images: int


class SessionState(NamedTuple):
    """Moment of a session."""

    classes: tuple[ClassCount, ...]
    held: str
    """Class whose button is held; empty: none is."""
    near_copies: int
    """Frames that were skipped because the class has one like it."""
    is_near_copy: bool
    """True if the newest frame of a press was such a one."""
    last: Burst | None
    """The newest press with images, which `undo` takes back."""
    used_bytes: int
    limit_bytes: int
    problem: str
    """Reason why the newest frame of a press wasn't saved; empty where all is well."""
