"""Kind of a network, by the shapes of its tensors, its operators and what its metadata says."""

from __future__ import annotations

from typing import NamedTuple

from edge.artifact.formats.network_summary import NetworkSummary, TensorFacts, are_of_detector, shapes_text

CLASSIFIER, DETECTOR, SEGMENTER, EMBEDDING, OTHER = "classifier", "detector", "segmenter", "embedding", "other"
KINDS = (CLASSIFIER, DETECTOR, SEGMENTER, EMBEDDING, OTHER)

_TASKS = {"classify": CLASSIFIER, "detect": DETECTOR, "obb": DETECTOR, "pose": DETECTOR, "segment": SEGMENTER}
_DETECTORS_USE = ("Detection_PostProcess", "NON_MAX_SUPPRESSION", "NonMaxSuppression")
_MOVE_NUMBERS_ONLY = ("RESHAPE", "SQUEEZE", "QUANTIZE", "DEQUANTIZE", "CAST", "Reshape", "Squeeze", "Flatten",
                      "QuantizeLinear", "DequantizeLinear", "Cast", "Identity")  # fmt: skip
_NORMALIZE = ("L2_NORMALIZATION", "LpNormalization")
_POOL = ("MEAN", "AVERAGE_POOL_2D", "GlobalAveragePool", "AveragePool", "ReduceMean", "GlobalMaxPool")


class Kind(NamedTuple):
    """Kind of a network."""

    name: str
    """One of `KINDS`."""
    reason: str = ""
    """Fact that tells it, in a few words; empty for a classifier."""


def kind_of(summary: NetworkSummary, *, task: str = "", has_labels: bool = False) -> Kind:
    """Tell the kind of a network.

    Args:
        summary: facts about it.
        task: purpose as its metadata names it; empty: nothing is known.
        has_labels: True if its outputs have names, so that it is no embedding.
    """
    if _TASKS.get(task, CLASSIFIER) != CLASSIFIER:
        return Kind(_TASKS[task], f"its metadata says {task}")
    if len(summary.inputs) != 1:
        return Kind(OTHER, f"it takes {len(summary.inputs)} inputs")
    if not _is_image(summary.inputs[0]):
        return Kind(OTHER, f"it takes {shape_text(summary.inputs[0])} and no image")
    if operator := next((name for name in summary.operators if any(part in name for part in _DETECTORS_USE)), None):
        return Kind(DETECTOR, f"it has {operator}")
    if len(summary.outputs) != 1:
        return _kind_of_several(summary)
    return _kind_by_output(summary, has_labels=has_labels)


def _kind_of_several(summary: NetworkSummary) -> Kind:
    shapes = [output.shape for output in summary.outputs]
    puts_out = f"it puts out {len(shapes)} tensors ({shapes_text(shapes)})"
    if are_of_detector(shapes):
        return Kind(DETECTOR, f"{puts_out}, as detectors do")
    return Kind(OTHER, f"{puts_out}, and a classifier one")


def _kind_by_output(summary: NetworkSummary, *, has_labels: bool) -> Kind:
    output = summary.outputs[0]
    puts_out = f"it puts out {shape_text(output)}"
    axes = output.long_axes
    if len(axes) > 2:
        return Kind(SEGMENTER, puts_out)
    if len(axes) == 2:
        return Kind(DETECTOR, f"{puts_out}, as boxes have")
    if not axes and output.shape:  # without a shape only the runtime knows
        return Kind(OTHER, "it puts out one number")
    last = next((name for name in reversed(summary.operators) if name not in _MOVE_NUMBERS_ONLY), "")
    if last in _NORMALIZE:
        return Kind(EMBEDDING, f"it ends in {last}")
    if last in _POOL and not has_labels:
        return Kind(EMBEDDING, f"it ends in {last}; if its outputs are classes, name them with --labels")
    return Kind(CLASSIFIER)


def _is_image(tensor: TensorFacts) -> bool:
    shape = tensor.shape
    batch_is_one = len(shape) == 4 and (shape[0] == 1 or isinstance(shape[0], str))
    return batch_is_one and (shape[3] in (1, 3) or shape[1] in (1, 3))


def shape_text(tensor: TensorFacts) -> str:
    """Return type and shape in a few characters, such as uint8 1x28x28x1."""
    return f"{tensor.dtype} {'x'.join(map(str, tensor.shape)) or 'of unknown shape'}"
