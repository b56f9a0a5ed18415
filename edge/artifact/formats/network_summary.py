"""Facts about a network that its bytes tell without a library: tensors, operators, quantization, requirements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

FREE = "?"
"""Size of an axis that the file leaves open, where it has no name."""
_BOX = 4  # numbers
_OF_A_DETECTOR = 4  # outputs: boxes, classes, scores and their count


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """Input or output of a network; real value = scale * (stored value - zero_point), scale 0 means not quantized."""

    name: str
    dtype: str
    """Name in numpy, or the format's own for what numpy lacks."""
    shape: tuple[int | str, ...]
    """Sizes of the axes; a text is the name of one that is free."""
    scale: float = 0.0
    zero_point: int = 0

    @property
    def long_axes(self) -> tuple[int | str, ...]:
        """Axes that aren't of size 1, without the first one where that is the batch."""
        return tuple(size for axis, size in enumerate(self.shape) if size != 1 and (axis or isinstance(size, int)))


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """Facts about a network."""

    inputs: tuple[TensorFacts, ...]
    outputs: tuple[TensorFacts, ...]
    operators: tuple[str, ...]
    """Operator of each node, in the order of execution."""
    quantization: str
    """Kind: none, float16, dynamic (int8 weights alone) or int8 (weights and activations)."""
    needs: dict[str, Any] = field(default_factory=dict)
    """Requirements on a library that runs it, in the form of `Provenance.needs`."""

    @property
    def operator_counts(self) -> dict[str, int]:
        """Operator -> number of nodes, the most frequent first."""
        return dict(Counter(self.operators).most_common())


def are_of_detector(outputs: Sequence[Sequence[int | str | None]]) -> bool:
    """Tell a detector by the shapes of its outputs: some hold boxes, or the last of four are a count of the others."""
    has_boxes = any(len(shape) > 1 and shape[-1] == _BOX and (len(shape) > 2 or shape[0] != 1) for shape in outputs)
    has_count = any(all(size == 1 for size in shape) for shape in outputs)
    return len(outputs) > 1 and (has_boxes or (has_count and len(outputs) == _OF_A_DETECTOR))


def shapes_text(shapes: Sequence[Sequence[int | str | None]]) -> str:
    """Return shapes in a few characters, such as 1x10x4, ?x10; None is a free axis without a name."""
    texts = ("x".join(FREE if size is None else str(size) for size in shape) or "one number" for shape in shapes)
    return ", ".join(texts) or "none"
