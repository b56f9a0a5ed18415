"""report.json is what docs/report.schema.json says, and the schema says something of every field."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.analysis.row import Row
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.host.environment import describe_environment
from benchmarks.measure.inputs import EvaluationImages
from benchmarks.measure.job import CalibrationManifest
from benchmarks.report.build import build_report
from benchmarks.report.schema import SCHEMA_VERSION, to_json

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


def test_no_field_is_missing_from_the_schema(report: dict[str, Any]) -> None:
    of_merge = {"merged", "settings_of_each"}
    assert report.keys() == SCHEMA["properties"].keys() - of_merge
    for row in report["rows"]:
        assert row.keys() == SCHEMA["$defs"]["row"]["properties"].keys()
