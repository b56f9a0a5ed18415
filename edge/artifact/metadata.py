"""Claims of a model file about itself, whichever tool wrote it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from edge.artifact.formats import MalformedModelError

OUR_MARK = "made with edge-classify"
"""End of the description in the metadata of every file that was exported here."""
COLOUR_ORDERS = ("RGB", "BGR", "GREY")
_MAX_TEXT = 500  # characters of a description
_MOST_PIXEL = 1e6


@dataclass(frozen=True, slots=True)
class Metadata:
    """Claims of a model file; empty or None where it says nothing. Nothing here is checked against its tensors."""

    labels: tuple[str, ...] = ()
    """Class names in index order, as `edge.artifact.labels.distinct` leaves them."""
    mean: tuple[float, ...] | None = None
    """Subtracted from pixels of 0-255: one number, or one for each channel of the tensor in its order.

    The real value of an input is (pixel - mean) / std. An input of integers is quantized from that with its own scale
    and zero point, so one of scale 1/127.5 and zero point 127.5 with mean and std 127.5 takes the pixels as they are.
    """
    std: tuple[float, ...] | None = None
    """Divisor of pixels of 0-255 after that; as many numbers as `mean` has."""
    colour_order: str | None = None
    """One of `COLOUR_ORDERS`: the order of the tensor's channels, GREY for one channel."""
    height: int | None = None
    """Rows of the input in pixels."""
    width: int | None = None
    """Columns of the input in pixels."""
    crop: float | None = None
    """Share of the largest crop that is used, 0-1."""
    task: str = ""
    """Purpose: classify, detect, segment, pose, obb, or the file's own word."""
    name: str = ""
    description: str = ""
    version: str = ""
    """The maker's version of the model."""
    author: str = ""
    license: str = ""
    found_in: tuple[tuple[str, str], ...] = ()
    """Field and where it was found, for each that is known."""
    notes: tuple[str, ...] = ()
    """Sentences on what was left out, each without a full stop."""

    @classmethod
    def found(cls, where: str, values: Mapping[str, Any], *, notes: Iterable[str] = ()) -> Metadata:
        """Make one whose fields all come from one place; those that are empty or None stay unknown.

        Args:
            where: in a few words, such as "TFLite metadata".
            values: field -> value; texts are cut to 500 characters and cleared of what can't be printed.
            notes: as in the fields.
        """
        known = {name: _printable(value) for name, value in values.items() if value not in (None, "", ())}
        found_in = tuple((name, _printable(where)) for name in known)
        return cls(**known, found_in=found_in, notes=tuple(map(_printable, notes)))

    def or_else(self, other: Metadata) -> Metadata:
        """Return these claims, completed by another's where they are silent; mean and std count as one."""
        taken = {name for name, _ in other.found_in} - {name for name, _ in self.found_in}
        if self.mean is not None or self.std is not None:
            taken -= {"mean", "std"}
        return replace(
            self,
            **{field.name: getattr(other, field.name) for field in fields(self) if field.name in taken},
            found_in=(*self.found_in, *(entry for entry in other.found_in if entry[0] in taken)),
            notes=(*self.notes, *(note for note in other.notes if note not in self.notes)),
        )

    def source_of(self, field: str) -> str | None:
        """Return where a field was found; None if it is unknown."""
        return dict(self.found_in).get(field)

    @property
    def says_anything(self) -> bool:
        """True if any field is known."""
        return bool(self.found_in)


def normalization(mean: Iterable[Any], std: Iterable[Any]) -> dict[str, tuple[float, ...]]:
    """Check a mean and a standard deviation of pixels of 0-255, and return both under the names of the fields.

    Raises:
        MalformedModelError: they aren't one number each or as many as an image has channels, or can't be divided by.
    """
    try:
        means, stds = ([float(number) for number in numbers] for numbers in (mean, std))
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedModelError("mean and standard deviation aren't numbers") from error
    size = max(len(means), len(stds))
    if not {len(means), len(stds)} <= {1, size} or size not in (1, 3):
        raise MalformedModelError(f"{len(means)} means and {len(stds)} standard deviations fit no image")
    if not all(math.isfinite(number) and abs(number) <= _MOST_PIXEL for number in means) or not all(
        math.isfinite(number) and 0 < number <= _MOST_PIXEL for number in stds
    ):
        raise MalformedModelError(f"mean {means} and standard deviation {stds} aren't those of pixels")
    return {"mean": tuple(means * (size // len(means))), "std": tuple(stds * (size // len(stds)))}


def _printable(value: Any) -> Any:
    """Return a text fit for a terminal; other values as they are."""
    if not isinstance(value, str):
        return value
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in value[: 2 * _MAX_TEXT]).split())
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}..."
