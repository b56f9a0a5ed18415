"""Good networks pass, also with operators of others; one forged bound, written by LiteRT's own schema, is refused."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import default_model, read_artifact
from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.tflite import LAYOUTS, OPTIONS_WITH_OFFSETS, check_network

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
flatbuffers = pytest.importorskip("flatbuffers")


def numbers(kind: Any) -> dict[int, str]:
    """Return number -> name of an enumeration."""
    return {value: name for name, value in vars(kind).items() if isinstance(value, int)}


@functools.cache
def sources() -> dict[str, str]:
    """Return class -> its source."""
    parts = re.split(r"^class (\w+)\(object\):", Path(schema.__file__).read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def fields(table: str) -> dict[int, tuple[str, str | None]]:
    """Return slot -> (name, type of a number) of a table, from the source that reads it."""
    found = {}
    for method in re.split(r"^    def ", sources()[table], flags=re.M)[1:]:
        name = method[: method.index("(")]
        slot = re.search(r"self\._tab\.Offset\((\d+)\)", method)
        if slot and not name.endswith(("Length", "IsNone", "AsNumpy")):
            number = re.search(r"number_types\.(\w+)Flags, o \+", method)
            found[(int(slot[1]) - 4) // 2] = (name, number[1].lower() if number else None)
    return found


@pytest.mark.parametrize("table", LAYOUTS)
def test_fields_have_their_places_and_types(table: str) -> None:
    theirs = fields(table)
    for number, field in enumerate(LAYOUTS[table]):
        if field.name.startswith("deprecated_") and field.name != "deprecated_builtin_code":
            assert number not in theirs
            continue
        name, kind = theirs[number]
        assert name.lower() == field.name.replace("_", "")
        assert kind in (None, field.kind)
        assert (kind is None) == (field.kind in ("", "table", "string", "[int32]", "[float32]") or field.kind not in
                                  ("bool", "int8", "uint8", "int32", "uint32", "float32", "uint64"))  # fmt: skip


def test_all_options_with_offsets_have_a_layout() -> None:
    offset = re.compile(r"_tab\.(Vector|String|Indirect|Union)\(")
    theirs = {number: name for number, name in numbers(schema.BuiltinOptions).items() if number}
    assert {number: name for number, name in theirs.items() if offset.search(sources()[name])} == OPTIONS_WITH_OFFSETS


@pytest.fixture
def forged(fixtures: Path) -> Callable[[Callable[[Any], object]], bytes]:
    """A function that returns the tiny network with one change."""

    def forge(change: Callable[[Any], object]) -> bytes:
        network = read_artifact(fixtures / "tiny_int8.tflite").network
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(network, 0))
        change(model)
        builder = flatbuffers.Builder(8192)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    return forge


@pytest.mark.parametrize(
    ("name", "count"),
    [("tiny_none", 3), ("tiny_int8", 5), ("softmax_int8", 9), ("operators_none", 22), ("operators_int8", 26)],
)
def test_the_operators_of_good_networks_are_counted(fixtures: Path, name: str, count: int) -> None:
    assert check_network(read_artifact(fixtures / f"{name}.tflite").network) == count


def test_the_network_that_ships_passes() -> None:
    assert check_network(read_artifact(default_model()).network) == 18


def test_wherever_it_is_cut_it_is_refused(fixtures: Path) -> None:
    network = read_artifact(fixtures / "tiny_int8.tflite").network
    for length in range(8, len(network) - 16, 37):
        with pytest.raises(MalformedModelError):
            check_network(network[:length])


def graph(model: Any) -> Any:
    return model.subgraphs[0]


def tensor(model: Any) -> Any:
    return graph(model).tensors[0]


def conv(model: Any) -> Any:
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return next(operator for operator in graph(model).operators if codes[operator.opcodeIndex] == 3)


def change(target: Callable[[Any], Any], **values: Any) -> Callable[[Any], object]:
    """Return a change that sets these on what `target` returns."""

    def apply(model: Any) -> None:
        for name, value in values.items():
            setattr(target(model), name, value)

    return apply


FORGERIES: list[tuple[str, Callable[[Any], object], str]] = [
    ("two graphs", lambda model: model.subgraphs.append(model.subgraphs[0]), "2 graphs"),
    ("data elsewhere", change(lambda model: model.buffers[1], offset=4096, size=9), "outside of the flatbuffer"),
    ("buffer", change(tensor, buffer=10_000), "buffer 10000 of"),
    ("input index", change(graph, inputs=np.array([99], np.int32)), "tensor 99 of"),
    ("operand", change(conv, inputs=np.array([-2, 1, 2], np.int32)), "tensor -2 of"),
    ("result is a constant", lambda model: setattr(conv(model), "outputs", conv(model).inputs[1:2]), "writes where"),
    ("no result", change(conv, outputs=np.array([], np.int32)), "writes where"),
    ("order", lambda model: graph(model).operators.reverse(), "reads what none has made"),
    ("no output", lambda model: graph(model).operators.pop(), "no operator makes"),
    ("opcode", change(conv, opcodeIndex=77), "operator 77 of"),
    ("no options", change(conv, builtinOptions=None), "lost its options"),
    ("options elsewhere", change(conv, largeCustomOptionsOffset=99), "outside of the flatbuffer"),
    ("signature", lambda model: setattr(model.signatureDefs[0], "subgraphIndex", 3), "graph 3 of 1"),
]


@pytest.mark.parametrize(
    ("forgery", "words"), [entry[1:] for entry in FORGERIES], ids=[entry[0] for entry in FORGERIES]
)
def test_forged_bounds_are_refused(forged: Callable[..., bytes], forgery: Callable[[Any], object], words: str) -> None:
    with pytest.raises(MalformedModelError, match=words):
        check_network(forged(forgery))
