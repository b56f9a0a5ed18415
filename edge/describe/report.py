"""Description of a model file as a table for people and as JSON for programs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.artifact.formats.network_summary import NetworkSummary, TensorFacts
from edge.artifact.input_spec import PIXEL_RANGES, InputSpec, describe_pixels, describe_resize
from edge.artifact.spec import ModelSpec
from edge.classify.interval import wilson_interval
from edge.classify.kind import CLASSIFIER, shape_text
from edge.describe.comparison import Comparison
from edge.describe.description import ABSENT, CHANGED, EMBEDDED, IN_THE_FILE, LOST, Description

_NAME_WIDTH = 16
_LINE_WIDTH = 110
_NO_BREAK = "\xa0"
_MOST_SHOWN_LABELS, _MOST_SHOWN_OPERATORS, _MOST_SHOWN_CHARACTERS = 12, 40, 80
_MOST_IMAGES = 10**9  # of a count that is believed
_FORMATS = {"tflite": "TFLite", "onnx": "ONNX"}
_WITHOUT_DIGEST = "in the file; it is too old to hold the network's digest, and says what follows"
_SHOWN_BY_THE_SPEC = ("labels", "mean", "std", "colour_order", "height", "width", "crop_fraction")
_QUANTIZATION = {
    "none": "none (float32)",
    "float16": "float16 weights, float32 arithmetic",
    "dynamic": "dynamic (integer weights, float32 activations)",
    "int8": "int8 (integer weights and activations)",
}
_STATES = {
    EMBEDDED: "in the file, it fits the network and says what follows",
    CHANGED: "in the file, but the network has changed since: damaged, or rewritten by a tool on purpose",
    LOST: "none, though the file was exported here: a tool has dropped it, and the temperature with it",
    ABSENT: "none",
}
_ARTICLES = {"a": "an", "e": "an", "o": "an"}


def as_json(description: Description, comparison: Comparison | None = None, written: Path | None = None) -> str:
    """Format one JSON object; keys don't depend on the file, what is unknown is null or empty."""
    artifact, summary, spec = description.artifact, description.summary, description.spec
    missing = dict(description.missing)
    facts: dict[str, Any] = {
        "file": str(artifact.path),
        "format": artifact.format,
        "size_bytes": artifact.size_bytes,
        "sha256": artifact.sha256,
        "network_sha256": artifact.network_sha256,
        "kind": description.kind.name,
        "kind_reason": description.kind.reason,
        "inputs": [asdict(tensor) for tensor in summary.inputs],
        "outputs": [asdict(tensor) for tensor in summary.outputs],
        "quantization": summary.quantization,
        "operators": summary.operator_counts,
        "needs": summary.needs,
        "runtimes": dict(description.runtimes),
        "specification": description.state,
        "labels": list(spec.labels) if spec and "labels" not in missing else None,
        "input": asdict(spec.input) if spec else None,
        "output": spec.output if spec else None,
        "decision": asdict(spec.decision) if spec else None,
        "provenance": asdict(spec.provenance) if spec else None,
        "sources": dict(description.sources),
        "missing": missing,
        "metadata": _metadata(description),
        "notes": list(description.notes),
        "comparison": {**asdict(comparison), "agreement": comparison.agreement} if comparison else None,
        "written": str(written) if written else None,
    }
    return json.dumps(facts, indent=2, ensure_ascii=False)


def as_text(description: Description, *, is_written: bool = False) -> str:
    """Format a line for each fact, and in brackets where it was found; what to do next unless that `is_written`."""
    artifact, kind = description.artifact, description.kind
    size = f"{artifact.size_bytes / 1000:.1f} kB, SHA-256 {artifact.sha256[:12]}..."
    lines = [f"{artifact.path.name}: {_FORMATS[artifact.format]}, {size}"]
    lines += [line(name, text) for name, text in _rows(description) if not (is_written and name == "next")]
    if kind.name != CLASSIFIER and not description.spec:
        lines.append("edge-classify runs classifiers alone: nothing here can run it.")
    return "\n".join(lines)


def comparison_line(comparison: Comparison) -> str:
    """Return a line of the table that says how two files compare."""
    return line(
        "comparison",
        f"the same class on {comparison.same} of {comparison.images} images ({100 * comparison.agreement:.1f} %), "
        f"probabilities differ by {comparison.largest_difference:.4f} at most  [{comparison.source}]",
    )


def line(name: str, text: str) -> str:
    """Return a line of the table, wrapped where it is long; a file's own texts may hold anything."""
    text = "".join(letter if letter.isprintable() or letter == _NO_BREAK else "?" for letter in text)
    filled = textwrap.fill(f"{name:<{_NAME_WIDTH}}{text}", _LINE_WIDTH, subsequent_indent=" " * _NAME_WIDTH,
                         break_long_words=False, break_on_hyphens=False)  # fmt: skip
    return filled.replace(_NO_BREAK, " ")


def _rows(description: Description) -> Iterator[tuple[str, str]]:
    summary, spec, state = description.summary, description.spec, description.state
    yield "kind", _kind(description)
    for tensors, name in ((summary.inputs, "input"), (summary.outputs, "output")):
        for tensor in tensors:
            yield name, _tensor(tensor)
    yield "quantization", _QUANTIZATION.get(summary.quantization, summary.quantization)
    yield "operators", _counts(summary.operator_counts)
    yield "needs", _needs(summary, is_rewritten=state in (CHANGED, LOST))
    yield (
        "runtimes",
        ", ".join(
            f"{name} ({'installed' if is_there else 'not installed'})" for name, is_there in description.runtimes
        ),
    )
    has_digest = spec is None or bool(spec.network_sha256)
    yield "specification", _STATES[state] if has_digest or state != EMBEDDED else _WITHOUT_DIGEST
    if spec:
        yield from _spec_rows(description, spec)
    yield from ((f"{name}", f"{value}  [{where}]") for name, value, where in _said(description))
    for part, flag in description.missing:
        yield "missing", f"{part}: give {flag}"
    for note in description.notes:
        yield "note", note
    if state in (CHANGED, LOST):
        yield "next", "--write OUT --like ORIGINAL compares it with its original and stamps it anew"
    elif state == ABSENT and spec and not description.missing:
        yield "next", "--write OUT writes this into the file, which then needs no flags"


def _kind(description: Description) -> str:
    kind = description.kind
    if kind.name == CLASSIFIER:
        count = len(description.spec.labels) if description.spec else 0
        return f"classifier of {count} classes" if count else "classifier"
    if kind.name == "other":
        return f"not an image classifier: {kind.reason}"
    return f"{_ARTICLES.get(kind.name[0], 'a')} {kind.name}, not a classifier: {kind.reason}"


def _tensor(tensor: TensorFacts) -> str:
    grid = f", scale {tensor.scale:.6g}, zero point {tensor.zero_point}" if tensor.scale else ""
    return f"{shape_text(tensor)}{grid} ({_cut(tensor.name)})"


def _cut(name: str) -> str:
    return name if len(name) <= _MOST_SHOWN_CHARACTERS else f"{name[:_MOST_SHOWN_CHARACTERS]}..."


def _counts(counts: dict[str, int]) -> str:
    shown = [f"{_cut(name)}{_NO_BREAK}{count}" for name, count in counts.items()][:_MOST_SHOWN_OPERATORS]
    if len(counts) > len(shown):
        shown.append(f"{len(counts) - len(shown)} others")
    return ", ".join(shown) or "none"


def _needs(summary: NetworkSummary, *, is_rewritten: bool) -> str:
    """Return the requirements; of ONNX's operator sets those that an operator is from, because tools list all."""
    needs = summary.needs
    if "opset" not in needs:
        least = needs.get("tensorflow_lite")
        doubt = " (as it was exported: tools don't write what they need)" if is_rewritten else ""
        return f"TensorFlow Lite {least} or later{doubt}" if least else "the file doesn't say which TensorFlow Lite"
    used = {name.rpartition(".")[0] or "ai.onnx" for name in summary.operators}
    sets = ", ".join(f"{name}{_NO_BREAK}{version}" for name, version in needs["opset"].items() if name in used)
    return f"operator sets {sets or 'none'}; ONNX format (IR) {needs['ir_version']}"


def _spec_rows(description: Description, spec: ModelSpec) -> Iterator[tuple[str, str]]:
    """Yield the parts of a spec that are known, each with the place where it was found."""
    size, rule, where = spec.input, spec.decision, dict(description.sources)
    is_garment = size.recipe.startswith("garment")
    values = {
        "labels": _shortened(spec.labels),
        "recipe": size.recipe,
        "pixels": _pixels(size),
        "resize": "" if is_garment else f"{describe_resize(size)} to {size.width}x{size.height}, {size.interpolation}",
        "colour": "grey" if size.channels == 1 else size.colour_order,
        "output": f"{spec.output}",
        "temperature": f"{rule.temperature:g}{_loss(description, spec)}",
        "threshold": f"{rule.threshold:g} ({rule.score}), presence {rule.presence_threshold:g}",
    }
    for part, value in values.items():
        if value and part in where:
            yield (
                ("scores" if part == "output" else part),
                value if where[part] == IN_THE_FILE else f"{value}  [{where[part]}]",
            )
    origin = spec.provenance
    yield from (("unknown", text) for text in _rejection_shares(origin.rejection))
    yield from (("taught", text) for text in _taught(origin.taught))
    told = (origin.run_name and f"run {origin.run_name}", origin.dataset and f"data {origin.dataset}")
    if any(told):
        yield "origin", ", ".join(text for text in told if text)
    for former in origin.rewritten:
        yield "rewritten", f"from a network with SHA-256 {str(former.get('network_sha256', ''))[:12]}..."


def _rejection_shares(facts: dict[str, Any]) -> Iterator[str]:
    """Yield one sentence if these are shares of test images, for a file may hold anything in their place."""
    known, kept, unknown, rejected = (
        facts.get(name) for name in ("known", "known_kept", "unknown", "unknown_rejected")
    )
    if not (isinstance(known, int) and isinstance(kept, int | float)):
        return
    text = f"{kept:.1%} of {known} test images of a class were kept"
    if isinstance(unknown, int) and isinstance(rejected, int | float):
        yield f"{text}, {rejected:.1%} of {unknown} others rejected, before any quantization"
    else:
        yield f"{text}, before any quantization; how many others are rejected wasn't measured"


def _taught(facts: dict[str, Any]) -> Iterator[str]:
    """Yield a sentence on the cross-validation of a taught file, for a file may hold anything in its place."""
    folds, images, right = (facts.get(name) for name in ("folds", "images", "right"))
    if (
        isinstance(folds, int)
        and isinstance(images, int)
        and isinstance(right, int)
        and 0 <= right <= images
        and 0 < images <= _MOST_IMAGES
    ):
        low, high = wilson_interval(right, images)
        yield (
            f"{right} of {images} images right in {folds}-fold cross-validation ({right / images:.1%}, 95 % interval "
            f"{low:.0%} to {high:.0%})"
        )


def _pixels(size: InputSpec) -> str:
    name = describe_pixels(size)
    numbers = f"mean {_numbers(size.mean)}, deviation {_numbers(size.std)}"
    return f"{name} ({numbers})" if name in PIXEL_RANGES else numbers


def _loss(description: Description, spec: ModelSpec) -> str:
    is_assumed = dict(description.sources).get("temperature") == "assumed"
    return ": probabilities of logits may be over-confident" if is_assumed and spec.output == "logits" else ""


def _said(description: Description) -> Iterator[tuple[str, str, str]]:
    """Yield what the metadata of a file without a spec says besides: field, value, and where."""
    metadata = description.artifact.metadata
    for field, where in metadata.found_in if metadata else ():
        if description.spec and field in _SHOWN_BY_THE_SPEC:
            continue
        value = getattr(metadata, field)
        yield field.replace("_", " "), _shortened(value) if field == "labels" else _text(value), where


def _metadata(description: Description) -> dict[str, Any]:
    metadata = description.artifact.metadata
    return (
        {field: {"value": getattr(metadata, field), "source": where} for field, where in metadata.found_in}
        if metadata
        else {}
    )


def _text(value: object) -> str:
    return _numbers(value) if isinstance(value, tuple) else str(value)


def _numbers(values: Iterable[float]) -> str:
    numbers = [f"{value:.6g}" for value in values]
    return numbers[0] if len(set(numbers)) == 1 else ", ".join(numbers)


def _shortened(labels: tuple[str, ...]) -> str:
    """Return all labels, or the first and the last of many."""
    if len(labels) <= _MOST_SHOWN_LABELS:
        return ", ".join(labels)
    return f"{', '.join(labels[:4])} ... {labels[-1]} ({len(labels)})"
