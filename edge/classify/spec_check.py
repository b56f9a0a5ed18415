"""Whether a spec and the file it came with agree: a spec spliced onto another model must not pass."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.artifact.quantization import dequantize, pixels_to_tensor
from edge.artifact.spec import InputSpec, ModelSpec, TensorSpec
from edge.errors import ModelFileError, SpecError
from edge.runtimes import Runtime

_MAX_SHOWN = 200  # characters: what a forged spec says may be as long as a book
_ROUNDED_AWAY = 0.05  # of 1: what a sum of probabilities in steps of 1/256 may lack


def validate_spec(path: Path, spec: ModelSpec, runtime: Runtime) -> None:
    """Compare the spec with the file.

    Raises:
        SpecError: they contradict each other.
    """
    expected = (1, spec.input.height, spec.input.width, spec.input.channels)
    if runtime.input_tensor.shape != expected:
        said = f"{expected}"[:_MAX_SHOWN]
        raise SpecError(f"{path} takes a tensor of shape {runtime.input_tensor.shape}, its spec says {said}")
    if runtime.output_tensor.shape != (1, len(spec.labels)):
        raise SpecError(
            f"{path} gives a tensor of shape {runtime.output_tensor.shape}, but there are {len(spec.labels)} labels: "
            f"expected (1, {len(spec.labels)})"
        )
    pairs = ((spec.input_tensor, runtime.input_tensor), (spec.output_tensor, runtime.output_tensor))
    for claim, fact in pairs:
        if claim is not None and not _agree(claim, fact):
            shown = f"{claim}"[:_MAX_SHOWN]
            raise SpecError(f"the spec of {path} claims {shown}, the file has {fact}: export it again")


def assumed_spec(path: Path, runtime: Runtime, labels: tuple[str, ...]) -> ModelSpec:
    """The spec of a file that carries none: its tensors' sizes, and pixels standing for 0-1 as on every model here.

    Args:
        path: where it is.
        runtime: what runs it.
        labels: its classes, in the order of its outputs.

    Raises:
        ModelFileError: the tensor takes something else than one grey image.
        SpecError: the labels contradict each other or the file.
    """
    tensor = runtime.input_tensor
    if len(tensor.shape) != 4 or tensor.shape[0] != 1 or tensor.shape[3] != 1:
        raise ModelFileError(
            f"{path} takes a tensor of shape {tensor.shape}: expected (1, height, width, 1), one grey image"
        )
    size = InputSpec(height=tensor.shape[1], width=tensor.shape[2])
    return ModelSpec(labels=labels, input=size, output=_looks_like(runtime, size))


def _looks_like(runtime: Runtime, size: InputSpec) -> str:
    """What the output is: probabilities where it adds up to 1 on a few pictures, else logits."""
    levels = np.linspace(0, 255, size.height * size.width)
    ramp = levels.astype(np.uint8).reshape(1, size.height, size.width, 1)
    for picture in (ramp, 255 - ramp, np.zeros_like(ramp)):
        tensor = pixels_to_tensor(picture, runtime.input_tensor)
        scores = dequantize(runtime.invoke(tensor), runtime.output_tensor)
        if scores.min() < 0 or abs(float(scores.sum()) - 1) > _ROUNDED_AWAY:
            return "logits"
    return "probabilities"


def _agree(claim: TensorSpec, fact: TensorSpec) -> bool:
    """Whether type and quantization are the same; runtimes name tensors each in their own way."""
    same_grid = claim.zero_point == fact.zero_point and np.isclose(claim.scale, fact.scale, rtol=1e-6, atol=0)
    return bool(claim.dtype == fact.dtype and claim.shape == fact.shape and same_grid)
