"""Specification of a model file: the contract between training and device. Written by train, completed by export."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from edge.artifact.decision_spec import OF_LOGITS, DecisionSpec
from edge.artifact.input_spec import InputSpec
from edge.errors import SpecError

FASHION_MNIST_LABELS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
)  # fmt: skip  # index order of the data set, arXiv:1708.07747, table 2
UNKNOWN_LABEL = "unknown"
"""Answer to something that is none of the classes."""
NOTHING_LABEL = "nothing"
"""Answer to a frame without anything in it."""
STALE_LABEL = "stale"
"""Answer when there were no new frames."""
RESERVED_LABELS = (UNKNOWN_LABEL, NOTHING_LABEL, STALE_LABEL)

SCHEMA_VERSION = 4
"""Newest schema. 1: decisions had temperature and threshold only; 2: no digest; 3: grey garments only, `recipe` was
called `vision`. Fields that a file's schema lacks take their defaults."""
OUTPUT_KINDS = ("logits", "probabilities")

_FIRST_WITH_RECIPE = 4
_MAX_AXES, _MAX_NAME = 8, 1000  # of a tensor; names in characters
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Tensor of the file: real value = scale * (stored value - zero_point); scale 0 means not quantized."""

    name: str
    dtype: str
    """Name in numpy: float32, uint8 or int8."""
    shape: tuple[int, ...]
    scale: float = 0.0
    zero_point: int = 0

    def __post_init__(self) -> None:
        """Convert JSON's lists to tuples and whole scales to floats, so that equal specs compare equal."""
        object.__setattr__(self, "shape", tuple(self.shape))
        object.__setattr__(self, "scale", float(self.scale))
        whole = all(isinstance(number, int) for number in (*self.shape, self.zero_point))
        if not whole or len(self.shape) > _MAX_AXES or len(self.name) + len(self.dtype) > _MAX_NAME:
            raise SpecError("the model's specification is malformed in TensorSpec: expected a short name and shape")

    @property
    def is_quantized(self) -> bool:
        """True if stored values are integers that scale and zero_point turn into real ones."""
        return self.dtype in ("uint8", "int8") and self.scale != 0


@dataclass(frozen=True, slots=True)
class Provenance:
    """Origin of the file."""

    run_name: str = ""
    """Run directory the weights were trained in."""
    dataset: str = ""
    """Training data: fashion-mnist, demo, or the name of a folder of images."""
    source_sha256: str = ""
    """SHA-256 of the Keras file that was exported, or of the network of features that was taught."""
    quantization: str = "none"
    """Quantization mode: none, float16, dynamic or int8."""
    calibration: dict[str, Any] = field(default_factory=dict)
    """Manifest: dataset, split, count, seed, indices, sha256; empty where no calibration was needed."""
    parity: dict[str, Any] = field(default_factory=dict)
    """Comparison with the Keras model: counts, accuracies and agreement."""
    rejection: dict[str, Any] = field(default_factory=dict)
    """Choice of the threshold of `unknown`, and the shares of test images that it keeps and rejects, before any
    quantization: counts, shares 0-1 and their 95 % intervals; empty where it wasn't measured."""
    taught: dict[str, Any] = field(default_factory=dict)
    """Cross-validation of a file that was taught on a device: folds, counts and interval; empty for others."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of the tools that made the file, by library name."""
    needs: dict[str, Any] = field(default_factory=dict)
    """Requirements on the runtime: operators (name -> version) and the least tensorflow_lite; empty: unknown."""
    rewritten: tuple[dict[str, Any], ...] = ()
    """Former states of a file that tools have rewritten since its export, the oldest first: network_sha256,
    quantization and parity before, and the comparison with it after, if there was one."""

    def __post_init__(self) -> None:
        """Convert JSON's list to a tuple, and refuse anything else."""
        if not isinstance(self.rewritten, list | tuple) or not all(isinstance(state, dict) for state in self.rewritten):
            raise SpecError("field 'rewritten' of the model's specification must be a list of JSON objects")
        object.__setattr__(self, "rewritten", tuple(self.rewritten))


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Specification of a model file: labels, input, thresholds, tensors and origin."""

    labels: tuple[str, ...] = FASHION_MNIST_LABELS
    """Class names, in the order of the network's outputs."""
    output: str = "probabilities"
    """Content of the output tensor: logits or probabilities."""
    input: InputSpec = field(default_factory=InputSpec)
    decision: DecisionSpec = field(default_factory=DecisionSpec)
    input_tensor: TensorSpec | None = None
    """Claim that the runner compares with the file."""
    output_tensor: TensorSpec | None = None
    """Claim that the runner compares with the file."""
    network_sha256: str = ""
    """Digest of the part that the interpreter reads, which the runner compares; empty before schema 3."""
    provenance: Provenance = field(default_factory=Provenance)
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        """Refuse labels and settings that contradict each other."""
        if isinstance(self.labels, str):  # type: ignore[unreachable]  # JSON can hold anything
            raise SpecError(f"labels must be a list of names, got the text {self.labels!r}")
        object.__setattr__(self, "labels", tuple(self.labels))
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise SpecError(f"expected at least two labels, all different, got {list(self.labels)}")
        if not all(isinstance(label, str) and label.strip() and label.isprintable() for label in self.labels):
            raise SpecError(f"a label is one line of text, got {list(self.labels)}")
        if reserved := reserved_among(self.labels):
            raise SpecError(f"{reserved!r} is an answer of its own and can't be a class: rename that class")
        if self.output not in OUTPUT_KINDS:
            raise SpecError(f"output must be one of {', '.join(OUTPUT_KINDS)}, got {self.output!r}")
        if self.decision.score in OF_LOGITS and self.output != "logits":
            raise SpecError(
                f"score {self.decision.score!r} needs output 'logits', got {self.output!r}: a softmax loses it; use "
                "'probability' or 'margin'"
            )

    def to_json(self) -> str:
        """Return the spec as indented JSON, keys in the order of the fields."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelSpec:
        """Read a spec.

        Raises:
            SpecError: not JSON, a newer schema, a field that is unknown, missing or of the wrong kind.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpecError(f"the model's specification isn't valid JSON: {error}") from error
        if not isinstance(data, dict):
            raise SpecError(f"the model's specification must be a JSON object, got {type(data).__name__}")
        version = data.get("schema_version")
        if not isinstance(version, int) or version < 1:
            raise SpecError(f"schema_version must be a positive whole number, got {version!r}")
        if version > SCHEMA_VERSION:
            raise SpecError(
                f"the model's specification has schema {version}, this edge-classify reads up to {SCHEMA_VERSION}: "
                "update edge-classify, or export the model again with this version"
            )
        size = data.get("input")
        if version < _FIRST_WITH_RECIPE and isinstance(size, dict):
            data["input"] = {("recipe" if name == "vision" else name): value for name, value in size.items()}
        return _build(cls, {**data, "schema_version": SCHEMA_VERSION})  # written again, it is a spec of today


def reserved_among(names: Sequence[str]) -> str | None:
    """Return the first name that is a decision of its own (unknown, nothing, stale), in any case; None: none is."""
    return next((name for name in names if name.strip().casefold() in RESERVED_LABELS), None)


def _build(kind: type[_T], data: dict[str, Any]) -> _T:
    """Make a dataclass from a JSON object; every error becomes a SpecError that names the field."""
    types = get_type_hints(kind)
    for name, value in data.items():
        if name not in types:
            raise SpecError(f"the model's specification has an unknown field {name!r} in {kind.__name__}")
        expected = get_origin(types[name]) or types[name]
        if expected in (str, dict) and not isinstance(value, expected):
            raise SpecError(f"field {name!r} of the model's specification can't be a {type(value).__name__}")
    values = {name: _value(name, value, types[name]) for name, value in data.items()}
    try:
        return kind(**values)
    except SpecError:
        raise
    except (TypeError, ValueError, OverflowError) as error:
        raise SpecError(f"the model's specification is malformed in {kind.__name__}: {error}") from error


def _value(name: str, value: Any, expected: Any) -> Any:
    alternatives = (expected, *get_args(expected))
    nested = next((kind for kind in alternatives if isinstance(kind, type) and is_dataclass(kind)), None)
    if nested is None or (value is None and type(None) in alternatives):
        return value
    if not isinstance(value, dict):
        raise SpecError(f"field {name!r} must be a JSON object, got {type(value).__name__}")
    return _build(nested, value)
