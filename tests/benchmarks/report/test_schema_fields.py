"""docs/report.schema.json has the fields of the dataclasses and the words of the code."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import reduce
from operator import getitem
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

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
from benchmarks.analysis.seed_variance import CALIBRATION, TRAINING
from benchmarks.device.timing import KINDS
from benchmarks.measure.job import FAILED, NOT_INSTALLED, NOT_TIMED, OK
from benchmarks.records import ABSENT_IF_NONE
from benchmarks.report.schema import SCHEMA_ID, Report
from benchmarks.stats.latency import DRIFTING, NOISY, STEADY
from edge.runtimes import RUNTIMES

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8"))


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
