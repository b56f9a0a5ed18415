"""report.json is what docs/report.schema.json says, and the schema says something of every field."""

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from functools import reduce
from operator import getitem
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

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
from benchmarks.analysis.photographs import with_tally
from benchmarks.analysis.row import Row
from benchmarks.analysis.seed_variance import CALIBRATION, TRAINING
from benchmarks.config import BenchmarkConfig, Limits
from benchmarks.device.timing import KINDS
from benchmarks.host.environment import describe_environment
from benchmarks.host.machine_state import MachineState, StatePair
from benchmarks.measure.inputs import EvaluationImages, EvaluationSet
from benchmarks.measure.job import (
    FAILED,
    NOT_INSTALLED,
    NOT_TIMED,
    OK,
    CalibrationManifest,
    KernelAgreement,
    RuntimeSettings,
)
from benchmarks.measure.loadgen import LoadgenFigures
from benchmarks.records import ABSENT_IF_NONE
from benchmarks.report.build import build_report
from benchmarks.report.schema import SCHEMA_ID, SCHEMA_VERSION, Report, read_report, to_json
from benchmarks.stats.latency import DRIFTING, NOISY, STEADY
from edge.runtimes import RUNTIMES

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


_JSON = {str: "string", bool: "boolean", int: "integer", float: "number"}


def _types(node: dict[str, Any]) -> set[str]:
    """Return the JSON types that a schema takes; of a list of words, and of a single one, theirs."""
    found: set[str] = set()
    for part in [each for each in _parts(node) if each.get("type") != "null"]:
        words = [part["const"]] if "const" in part else part.get("enum", ())
        names = part.get("type", ())
        found |= {names} if isinstance(names, str) else set(names)
        found |= {"null" if word is None else _JSON[type(word)] for word in words}
    return found


def _may_be_null(node: dict[str, Any]) -> bool:
    return {"type": "null"} in node.get("anyOf", ()) or "null" in node.get("type", ()) or None in node.get("enum", ())


def _differences(kind: Any, parts: list[dict[str, Any]], path: str) -> Iterator[str]:
    """Yield the fields of a dataclass, and of those in it, that the schema lacks, has besides or has otherwise."""
    if hasattr(kind, "to_record"):
        return  # it writes an object of its own
    described = {name: node for part in parts for name, node in part.get("properties", {}).items()}
    members = {field.metadata.get("stored_as", field.name): field for field in fields(kind)}
    yield from (f"{path}/{name}" for name in members.keys() ^ described.keys())
    required = {name for part in parts for name in part.get("required", ())}
    always = {name for name, field in members.items() if field.metadata != ABSENT_IF_NONE}
    yield from (f"{path}/{name}: required" for name in required ^ always)
    hints = get_type_hints(kind)
    for name, field in ((name, field) for name, field in members.items() if name in described):
        node, kinds = described[name], get_args(hints[field.name]) or (hints[field.name],)
        is_absent = field.metadata == ABSENT_IF_NONE
        hint = hints[field.name]
        plain = {_JSON[one] for one in (kinds if get_origin(hint) in (Union, UnionType) else [hint]) if one in _JSON}
        if plain and not _types(node) <= plain | {"null"}:
            yield f"{path}/{name}: {_types(node)}"
        if (type(None) in kinds and not is_absent) != _may_be_null(node):
            yield f"{path}/{name}: null"
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
    assert SCHEMA["$defs"]["stability"]["properties"]["verdict"]["enum"] == [STEADY, NOISY, DRIFTING]
    statuses = [OK, FAILED, NOT_INSTALLED, NOT_TIMED]
    assert SCHEMA["$defs"]["row"]["properties"]["status"]["enum"] == statuses
    assert SCHEMA["properties"]["peers"]["items"]["properties"]["status"]["enum"] == statuses[:3]
    assert SCHEMA["$defs"]["row"]["properties"]["runtime"]["enum"] == [
        *RUNTIMES,
        *itertools.chain(*KINDS.values()),
        None,
    ]
    assert set(KINDS) < set(SCHEMA["$defs"]["environment"]["properties"]["kind"]["enum"])
    assert SCHEMA["$id"] == SCHEMA["properties"]["$schema"]["const"] == SCHEMA_ID


@pytest.mark.parametrize(
    ("path", "name"),
    [(("$defs", "row"), "machine"), (("$defs", "latency"), "p90_ns"), (("$defs", "environment"), "utc")],
)
def test_a_field_that_the_schema_lost_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, path: tuple[str, ...], name: str
) -> None:
    monkeypatch.delitem(reduce(getitem, path, SCHEMA)["properties"], name)

    assert any(difference.endswith(f"/{name}") for difference in _differences(Report, [SCHEMA], ""))


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
