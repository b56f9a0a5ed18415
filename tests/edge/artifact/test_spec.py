"""The spec survives its JSON, refuses contradictions by name, and has one kind of error for whatever JSON can hold."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec, Provenance, TensorSpec
from edge.errors import SpecError

FULL = ModelSpec(
    labels=("Hut", "Müħle", "wide name"),
    output="logits",
    input=InputSpec(height=20, width=24),
    decision=DecisionSpec(temperature=1.5, threshold=0.25),
    input_tensor=TensorSpec("image", "uint8", (1, 20, 24, 1), scale=0.5, zero_point=3),
    output_tensor=TensorSpec("scores", "int8", (1, 3), scale=0.125, zero_point=-7),
    provenance=Provenance(run_name="r", dataset="demo", calibration={"count": 3}, versions={"keras": "3"}),
)


def as_json(**changes: Any) -> str:
    """A good spec with some of its fields changed."""
    return json.dumps({**json.loads(ModelSpec().to_json()), **changes})


def test_json_round_trip_keeps_everything() -> None:
    again = ModelSpec.from_json(FULL.to_json())
    assert again == FULL
    assert isinstance(again.labels, tuple)
    assert isinstance(again.input_tensor, TensorSpec)
    assert again.input_tensor.shape == (1, 20, 24, 1)


def test_json_is_readable_text_with_the_fields_in_order() -> None:
    text = FULL.to_json()
    assert text.endswith("}\n")
    assert '"Müħle"' in text
    assert list(json.loads(text)) == [
        "labels", "output", "input", "decision", "input_tensor", "output_tensor", "network_sha256", "provenance",
        "schema_version",
    ]  # fmt: skip


def test_the_default_spec_is_fashion_mnist_s() -> None:
    spec = ModelSpec()
    assert spec.labels == FASHION_MNIST_LABELS
    assert (spec.labels[0], spec.labels[9], len(spec.labels)) == ("T-shirt/top", "Ankle boot", 10)
    assert (spec.input.height, spec.input.width, spec.input.channels, spec.input.layout) == (28, 28, 1, "NHWC")
    assert (spec.output, spec.decision.temperature, spec.decision.threshold) == ("probabilities", 1.0, 0.0)
    assert spec.schema_version == 4


def test_missing_fields_take_their_defaults() -> None:
    assert ModelSpec.from_json('{"schema_version": 2}') == ModelSpec()


def test_a_spec_of_schema_1_takes_the_defaults_of_what_came_since_and_is_written_as_schema_4() -> None:
    old = as_json(schema_version=1, decision={"temperature": 1.5, "threshold": 0.25})
    spec = ModelSpec.from_json(old)
    assert spec.decision == DecisionSpec(temperature=1.5, threshold=0.25)
    assert json.loads(spec.to_json())["schema_version"] == 4  # so that an old reader says what to do about it


def test_a_spec_of_schema_3_calls_its_recipe_vision() -> None:
    old = json.dumps({"schema_version": 3, "input": {"height": 20, "width": 24, "vision": "garment-v1"}})
    assert ModelSpec.from_json(old).input == InputSpec(20, 24, recipe="garment-v1")


def test_one_mean_counts_for_all_channels() -> None:
    spec = InputSpec(224, 224, 3, recipe="image-v1", mean=(127.5,), std=(127.5,))
    assert (spec.mean, spec.std) == ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
    assert ModelSpec.from_json(ModelSpec(input=spec).to_json()).input == spec


def test_specs_of_schema_1_that_were_written_then_load(fixtures: Path) -> None:
    text = (fixtures / "model_spec_schema_1.json").read_text(encoding="utf-8")
    assert json.loads(text)["schema_version"] == 1
    assert ModelSpec.from_json(text).labels == FASHION_MNIST_LABELS


def test_lists_and_whole_scales_of_json_compare_equal_to_tuples_and_floats() -> None:
    assert TensorSpec("t", "uint8", [1, 2], scale=1) == TensorSpec("t", "uint8", (1, 2), scale=1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dtype", "scale", "expected"),
    [("uint8", 0.5, True), ("int8", 0.5, True), ("uint8", 0.0, False), ("float32", 0.0, False), ("int32", 0.5, False)],
)
def test_8_bit_tensors_with_a_scale_are_quantized(dtype: str, scale: float, expected: bool) -> None:
    assert TensorSpec("t", dtype, (1,), scale=scale).is_quantized is expected


def test_former_states_of_a_rewritten_file_are_kept_in_their_order() -> None:
    states = [{"network_sha256": "ab"}, {"network_sha256": "cd", "comparison": {"same": 9}}]
    spec = ModelSpec.from_json(as_json(provenance={"rewritten": states}))
    assert spec.provenance.rewritten == tuple(states)
    assert ModelSpec.from_json(spec.to_json()) == spec


def test_a_spec_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.output = "logits"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "isn't valid JSON"),
        ("{", "isn't valid JSON"),
        ("[" * 100_000, "isn't valid JSON"),
        ("[1]", "must be a JSON object, got list"),
        ("null", "must be a JSON object, got NoneType"),
        ("{}", "schema_version must be a positive whole number, got None"),
        ('{"schema_version": "1"}', "schema_version must be a positive whole number, got '1'"),
        ('{"schema_version": 0}', "schema_version must be a positive whole number, got 0"),
    ],
    ids=["empty", "cut short", "nested without end", "list", "null", "no schema", "schema as text", "schema 0"],
)
def test_what_is_no_spec_is_refused(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        ModelSpec.from_json(text)


def test_newer_schema_says_what_to_do() -> None:
    with pytest.raises(SpecError, match="schema 5, .* 4: update"):
        ModelSpec.from_json(as_json(schema_version=5, a_field_of_the_future=True))


TENSOR = {"name": "t", "dtype": "uint8", "shape": [1, 10]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": 1}, "unknown field 'colour' in ModelSpec"),
        ({"input": {"rows": 28}}, "unknown field 'rows' in InputSpec"),
        ({"labels": "Hut"}, "labels must be a list of names, got the text 'Hut'"),
        ({"labels": 5}, "malformed in ModelSpec"),
        ({"labels": None}, "malformed in ModelSpec"),
        ({"labels": ["Hut"]}, "at least two labels, all different"),
        ({"labels": ["Hut", "Hut"]}, "at least two labels, all different"),
        ({"labels": ["Hut", 5]}, "a label is one line of text"),
        ({"labels": ["Hut", " "]}, "a label is one line of text"),
        ({"labels": ["Hut", "a\nb"]}, "a label is one line of text"),
        ({"labels": [["Hut"], ["Rock"]]}, "malformed in ModelSpec"),
        ({"labels": ["Hut", "unknown"]}, "'unknown' is an answer of its own and can't be a class: rename that class"),
        ({"labels": ["Nothing", "Hut"]}, "'Nothing' is an answer of its own"),
        ({"labels": ["Hut", " STALE"]}, "' STALE' is an answer of its own"),
        ({"output": "scores"}, "output must be one of logits, probabilities, got 'scores'"),
        ({"input": {"height": 0}}, "size 0x28"),
        ({"input": {"width": 10**9}}, "size 28x1000000000"),
        ({"input": {"height": "28"}}, "size"),
        ({"input": {"channels": 3}}, "channels 3 .*garment-v2"),
        ({"input": {"channels": 2}}, "channels 2"),
        ({"input": {"layout": "HWC"}}, "layout HWC"),
        ({"input": {"colour_order": "rgb"}}, "colour_order rgb"),
        ({"input": {"resize": "pad"}}, "resize pad"),
        ({"input": {"crop": 0}}, "crop 0 "),
        ({"input": {"crop": 1.5}}, "crop 1.5"),
        ({"input": {"interpolation": "lanczos"}}, "interpolation lanczos"),
        ({"input": {"recipe": "image-v1", "channels": 3, "mean": [1, 2]}}, r"mean .* three"),
        ({"input": {"mean": 127.5}}, "mean 127.5"),
        ({"input": {"std": [0]}}, "std"),
        ({"input": {"mean": [True]}}, "mean"),
        ({"input": 28}, "field 'input' must be a JSON object, got int"),
        ({"input": None}, "field 'input' must be a JSON object, got NoneType"),
        ({"decision": None}, "field 'decision' must be a JSON object, got NoneType"),
        ({"provenance": None}, "field 'provenance' must be a JSON object, got NoneType"),
        ({"decision": {"temperature": 0}}, "temperature must be a positive number, got 0"),
        ({"decision": {"hold_frames": "3"}}, "hold_frames must be a whole number of at least 1, got 3"),
        ({"decision": {"smoothing_s": "long"}}, "malformed in DecisionSpec"),
        ({"decision": {"score": "much"}}, "score must be one of probability, margin, energy"),
        ({"decision": {"score": ["energy"]}}, "field 'score' of the model's specification can't be a list"),
        ({"network_sha256": 5}, "field 'network_sha256' of the model's specification can't be a int"),
        ({"provenance": {"run_name": None}}, "field 'run_name' .* can't be a NoneType"),
        ({"provenance": {"parity": []}}, "field 'parity' .* can't be a list"),
        ({"provenance": {"rewritten": {"network_sha256": "ab"}}}, "rewritten"),
        ({"provenance": {"rewritten": ["ab"]}}, "rewritten"),
        ({"labels": ["Hut", "\x1b[2J"]}, "a label is one line of text"),
        ({"labels": ["Hut", "\ud800"]}, "a label is one line of text"),
        ({"decision": {"score": "energy"}}, "score 'energy' needs output 'logits', got 'probabilities'"),
        ({"input_tensor": {"name": "t"}}, "malformed in TensorSpec"),
        ({"input_tensor": {**TENSOR, "shape": 5}}, "malformed in TensorSpec"),
        ({"output_tensor": {**TENSOR, "scale": "x"}}, "malformed in TensorSpec"),
        ({"output_tensor": {**TENSOR, "shape": [1, "2"]}}, "malformed in TensorSpec"),
        ({"output_tensor": {**TENSOR, "shape": [1] * 9}}, "malformed in TensorSpec"),
        ({"output_tensor": {**TENSOR, "name": "x" * 1001}}, "malformed in TensorSpec"),
        ({"output_tensor": {**TENSOR, "scale": 10**400}}, "malformed in TensorSpec"),
    ],
    ids=lambda value: json.dumps(value)[:48] if isinstance(value, dict) else "",
)
def test_malformed_fields_are_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        ModelSpec.from_json(as_json(**changes))


def test_energy_is_for_logits() -> None:
    rule = DecisionSpec(score="energy", threshold=4.5)
    assert ModelSpec(output="logits", decision=rule).decision == rule
