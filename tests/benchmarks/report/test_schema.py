"""report.json is what docs/report.schema.json says, and the schema says something of every field."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from benchmarks.analysis import quantization_loss
from benchmarks.analysis.gate import (
    AGREEMENT,
    BROKEN,
    ENVIRONMENT_INVALID,
    LATENCY,
    LOSS,
    PASSED,
    PRESENCE,
    VARIANT_FAILED,
)
from benchmarks.analysis.row import Row
from benchmarks.analysis.seed_variance import CALIBRATION, TRAINING
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.host.environment import describe_environment
from benchmarks.measure.inputs import EvaluationImages
from benchmarks.measure.job import CalibrationManifest
from benchmarks.records import ABSENT_IF_NONE
from benchmarks.report.build import build_report
from benchmarks.report.schema import SCHEMA_VERSION, Report, to_json

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
IMAGES = EvaluationImages(
    np.zeros((10, 28, 28), np.uint8), np.arange(10, dtype=np.uint8), dataset="demo", statement="drawn"
)


@pytest.fixture
def report(row: Callable[..., Row], compared: Callable[..., list[Row]]) -> dict[str, Any]:
    rows = compared(
        [
            row("a_none.tflite", quantization="none", calibration=CalibrationManifest()),
            row("a_int8.tflite", wrong=1),
            row("b_int8.tflite", calibration=CalibrationManifest(dataset="demo", count=300, seed=1, sha256="ef" * 32)),
            row("gone.tflite", reason="crashed"),
        ]
    )
    environment = describe_environment(["python"], seed=0, threads=1)
    made = build_report(rows, BenchmarkConfig(), IMAGES.facts, environment, statement="drawn", limits=Limits())
    return dict(json.loads(to_json(made)))


def test_a_report_keeps_to_the_schema(report: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    jsonschema.Draft202012Validator(SCHEMA).validate(report)

    assert [group["seeds"] for group in report["noise"]] == [[0, 1]]
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION == report["schema_version"]


def test_the_published_report_keeps_to_the_schema() -> None:
    published = json.loads((Path(__file__).parents[3] / "docs" / "report" / "report.json").read_text(encoding="utf-8"))
    rows = [row | {"raw": None} for row in published["rows"]]  # a quarter of a million numbers take 20 s

    jsonschema.Draft202012Validator(SCHEMA).validate(published | {"rows": rows, "peers": []})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.pop("rows"),
        lambda report: report.update(schema_version=1),
        lambda report: report["rows"][1].update(top1_accuracy=91.0),
        lambda report: report["rows"][1]["against_float"].pop("holm_p"),
        lambda report: report["rows"][1]["raw"].update(predictions="9210"),
    ],
)
def test_the_schema_refuses_a_damaged_report(report: dict[str, Any], spoil: Callable[[dict[str, Any]], object]) -> None:
    spoiled = copy.deepcopy(report)
    spoil(spoiled)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(spoiled)


def _parts(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas that together describe a value that isn't null."""
    if "$ref" in node:
        return _parts(SCHEMA["$defs"][node["$ref"].rpartition("/")[2]])
    joined = [part for part in (*node.get("anyOf", ()), *node.get("allOf", ())) if part != {"type": "null"}]
    return [part for member in joined for part in _parts(member)] or [node]


def _may_be_null(node: dict[str, Any]) -> bool:
    return {"type": "null"} in node.get("anyOf", ()) or "null" in node.get("type", ())


def _differences(kind: Any, parts: list[dict[str, Any]], path: str) -> Iterator[str]:
    """Yield the fields of a dataclass, and of those in it, that the schema lacks, has besides or has otherwise."""
    if hasattr(kind, "to_record"):
        return  # it writes an object of its own
    described = {name: node for part in parts for name, node in part.get("properties", {}).items()}
    members = {field.metadata.get("stored_as", field.name): field for field in fields(kind)}
    yield from (f"{path}/{name}" for name in members.keys() ^ described.keys())
    required = {name for part in parts for name in part.get("required", ())}
    yield from (f"{path}/{name}: required" for name in required - members.keys())
    hints = get_type_hints(kind)
    for name, field in ((name, field) for name, field in members.items() if name in described):
        node, kinds = described[name], get_args(hints[field.name]) or (hints[field.name],)
        is_absent = field.metadata == ABSENT_IF_NONE
        if (type(None) in kinds and not is_absent) != _may_be_null(node):
            yield f"{path}/{name}: null"
        if is_absent and name in required:
            yield f"{path}/{name}: required"
        for member in (hints[field.name], *kinds):
            inner = next((one for one in (member, *get_args(member)) if is_dataclass(one)), None)
            if inner and inner is not kind:
                items = [part["items"] if part.get("type") == "array" else part for part in _parts(node)]
                yield from _differences(inner, [part for item in items for part in _parts(item)], f"{path}/{name}")


def test_the_schema_has_the_fields_of_the_dataclasses_and_no_others() -> None:
    assert sorted(set(_differences(Report, [SCHEMA], ""))) == []


def test_the_schema_has_the_words_of_the_code() -> None:
    gate = SCHEMA["$defs"]["gate"]["properties"]

    assert gate["checks"]["items"]["properties"]["what"]["enum"] == [LOSS, AGREEMENT, LATENCY, PRESENCE]
    assert gate["outcome"]["enum"] == [PASSED, BROKEN, VARIANT_FAILED, ENVIRONMENT_INVALID]
    assert SCHEMA["$defs"]["noise"]["properties"]["kind"]["enum"] == [CALIBRATION, TRAINING]
    verdicts = [quantization_loss.GAIN, quantization_loss.NO_LOSS, quantization_loss.SMALL_LOSS,
                quantization_loss.UNDECIDED, quantization_loss.LOSS]  # fmt: skip
    assert SCHEMA["$defs"]["against_float"]["properties"]["verdict"]["enum"] == verdicts


@pytest.mark.parametrize(
    ("path", "name"),
    [(("$defs", "row"), "machine"), (("$defs", "latency"), "p90_ns"), (("properties", "environment"), "utc")],
)
def test_a_field_that_the_schema_lost_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], name: str
) -> None:
    monkeypatch.delitem(reduce(getitem, path, SCHEMA)["properties"], name)

    assert any(difference.endswith(f"/{name}") for difference in _differences(Report, [SCHEMA], ""))
