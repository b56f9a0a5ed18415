"""report.json is what docs/report.schema.json says, and the schema takes no nonsense at any key."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from benchmarks.analysis.photographs import with_tally
from benchmarks.analysis.row import Row
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.host.environment import describe_environment
from benchmarks.host.machine_state import MachineState, StatePair
from benchmarks.measure.inputs import EvaluationImages, EvaluationSet
from benchmarks.measure.job import (
    CalibrationManifest,
    KernelAgreement,
    RuntimeSettings,
)
from benchmarks.measure.loadgen import LoadgenFigures
from benchmarks.records import ABSENT_IF_NONE
from benchmarks.report.build import build_report
from benchmarks.report.schema import SCHEMA_ID, SCHEMA_VERSION, Report, read_report, to_json

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


NONSENSE: tuple[Any, ...] = ({"nonsense": [1]}, [{"nonsense": 1}])
ANY_NUMBER = ("scores", "threshold", "SingleStream", "Offline")
"""A score may be any finite number, and so may a figure of MLPerf's."""


def _keys(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each key, and of the first element of each list."""
    members = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from _keys(member, (*path, name))


def _shortened(value: Any) -> Any:
    """Leave one element of each list, of numbers two: a quarter of a million take long."""
    if isinstance(value, dict):
        return {name: _shortened(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_shortened(member) for member in value[: 1 if value and isinstance(value[0], dict) else 2]]
    return value


@contextmanager
def _kept(value: Any) -> Iterator[None]:
    """Put an object or a list right again."""
    kept = copy.copy(value)
    yield
    value.clear()
    (value.update if isinstance(value, dict) else value.extend)(kept)


def _accepted(report: dict[str, Any]) -> Iterator[str]:
    """Yield what the schema accepts and shouldn't: nonsense at a key, a key too many or too few."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.validate(report)
    absent = {field.name for kind in _kinds(Report) for field in fields(kind) if field.metadata == ABSENT_IF_NONE}
    for path in list(_keys(report)):
        name, parent, key = ".".join(map(str, path)), reduce(getitem, path[:-1], report), path[-1]
        wrong = [*NONSENSE, *([] if set(path) & set(ANY_NUMBER) else [-1e9 - 0.5])]
        if isinstance(parent[key], dict):
            wrong.append(parent[key] | NONSENSE[0])
        with _kept(parent):
            for parent[key] in wrong:
                if validator.is_valid(report):
                    yield f"{name} = {parent[key]}"
        with _kept(parent):
            parent.pop(key)
            is_free = isinstance(key, int) or key in absent or {*path[-2:-1]} & set(FREE)
            if not is_free and validator.is_valid(report):
                yield f"{name} is missing"
    if validator.is_valid(report | NONSENSE[0]):
        yield "a key more"


FREE = ("definitions", "libraries", "wheel_tags", "variables", "truths", "stage_median_ns", "SingleStream", "Offline")
"""Objects whose keys are names, not fields."""


def _kinds(kind: Any) -> set[Any]:
    """Return a dataclass and all that its fields lead to."""
    found, new = set[Any](), {kind}
    while new:
        found |= new
        hints = [hint for each in new for hint in get_type_hints(each).values()]
        members = {
            member for hint in hints for outer in (hint, *get_args(hint)) for member in (outer, *get_args(outer))
        }
        new = {member for member in members if is_dataclass(member)} - found
    return found


def test_no_key_of_the_published_report_takes_nonsense() -> None:
    published = json.loads((Path(__file__).parents[3] / "docs" / "report" / "report.json").read_text(encoding="utf-8"))

    assert list(_accepted(_shortened(published))) == []


def test_no_key_of_a_report_with_every_field_takes_nonsense(
    judged_row: Callable[..., Row], photographs: EvaluationSet, report: dict[str, Any]
) -> None:
    settings = RuntimeSettings(
        garbage_collector="off", threads=1, processors=[0], xnnpack=True, spinning=None, variables={"OMP": "1"},
        kernel_agreement=KernelAgreement(images=9, same=8),
    )  # fmt: skip
    loadgen = LoadgenFigures("6.0", 5.0, {"QPS": 1.0}, {"Result is": "VALID"})
    hot = MachineState(temperature_c=80.0, throttle_bits=4, governor="performance", clock_mhz=1500)
    rows = [
        replace(judged_row("m.tflite", runtime_settings=settings, loadgen=loadgen), machine="pi",
                states=(StatePair(hot, hot),)),
        judged_row("gone.tflite", reason="crashed"),
    ]  # fmt: skip
    rows = [with_tally(row, photographs) for row in rows]
    environment = describe_environment(["python"], seed=0, threads=1)
    environment = replace(environment, libraries={"numpy": "2"}, wheel_tags={"numpy": "cp311"}, kind="several",
                          machines=(replace(environment, name="pi"),))  # fmt: skip
    config = BenchmarkConfig(data=Path("photos"), run=Path("run"), truths={"hats": ("a",)})
    made = build_report(rows, config, photographs, environment, statement="drawn")
    whole = json.loads(to_json(replace(made, merged=("a.json",), settings_of_each=(config,))))

    assert report["gate"]["checks"]
    assert list(_accepted(_shortened(whole | {"gate": report["gate"]}))) == []


def test_a_report_of_an_earlier_version_still_loads() -> None:
    published = json.loads((Path(__file__).parents[3] / "docs" / "report" / "report.json").read_text(encoding="utf-8"))
    earlier = {name: member for name, member in published.items() if name not in ("$schema", "shown")}
    earlier["settings"] = {name: value for name, value in earlier["settings"].items() if name not in ("hits", "data")}
    earlier["environment"].pop("int8_instructions")

    report = read_report(earlier | {"of a later version": 1}, "report.json")

    assert json.loads(to_json(report))["$schema"] == SCHEMA_ID
    assert (report.settings.hits, report.environment.int8_instructions) == (2, None)
