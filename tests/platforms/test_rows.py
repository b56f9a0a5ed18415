"""Rows and promises of made-up probes, whose answers can be counted by hand."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import ToolkitError
from tests.platforms.rows import figures, make_rows, table

LABELS = [0, 1, 2, 3]
OTHER_BYTES = "LiteRT: installations that don't put out x86-64's bytes"


def tried(library: str = "litert", scores: list[int] | None = None, **more: Any) -> dict[str, Any]:
    """Return a probe's row of a library for four images, each with its label's score and one in the last class."""
    outputs = np.zeros((4, 10), np.uint8)
    outputs[range(4), LABELS] = scores or [200, 200, 200, 200]
    outputs[:, 9] = 55
    return {
        "library": library,
        "model": "int8",
        "imports": "yes",
        "predicts": "yes",
        "versions": {"ai-edge-litert": "2.3.0", "tflite-runtime": "2.14.0"},
        "outputs_sha256": "",
        "outputs": base64.b64encode(zlib.compress(outputs.tobytes())).decode(),
        "answers": "".join(map(str, outputs.argmax(axis=1))),
        **more,
    }


def probe(*rows: dict[str, Any], core: str = "", python: str = "3.11.7", kind: str = "host") -> dict[str, Any]:
    """Return the JSON of a probe."""
    architecture = "aarch64" if core else "x86_64"
    return {"python": python, "architecture": architecture, "core": core, "environment": {"kind": kind}, "rows": rows}


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    np.save(tmp_path / "labels.npy", np.array(LABELS, np.uint8))
    return tmp_path


def values(rows: list[dict[str, Any]]) -> dict[str, tuple[float, bool]]:
    """Figure -> value, and whether its promise is kept."""
    return {each.what: (each.value, each.is_kept) for each in figures(rows, wheels_for_32_bit_arm=0)}


def test_bytes_are_compared_with_those_of_x86(kit: Path) -> None:
    one_step = tried(scores=[200, 199, 200, 200])
    wrong = tried("tflite-runtime", scores=[200, 200, 200, 50])
    found = [probe(tried()), probe(one_step, wrong, core="Cortex-A72", kind="emulated")]

    same, apart, older = make_rows(found, kit)

    assert (same["images_apart"], same["steps"], same["accuracy"]) == (0, 0, 100.0)
    assert (apart["machine"], apart["version"]) == ("aarch64 Cortex-A72, emulated", "2.3.0")
    assert (apart["images_apart"], apart["steps"], apart["agreement"]) == (1, 1, 100.0)
    assert (older["images_apart"], older["steps"], older["agreement"]) == (1, 150, 75.0)
    assert "outputs" not in same
    assert "answers" not in same
    counted = values([same, apart, older])
    assert counted[OTHER_BYTES] == (1, False)
    same_as_litert = "same answer as LiteRT"
    assert [value for name, value in counted.items() if same_as_litert in name] == [(100.0, True), (75.0, False)]


def test_the_same_bytes_keep_the_promise_and_none_at_all_break_it(kit: Path) -> None:
    same = make_rows([probe(tried()), probe(tried(), core="Cortex-A76")], kit)
    assert values(same)[OTHER_BYTES] == (0, True)
    without = make_rows([probe(tried()), probe(tried(outputs=""), core="Cortex-A76")], kit)
    assert values(without)[OTHER_BYTES] == (1, False)


def test_what_is_not_due_is_not_missed(kit: Path) -> None:
    absent = {"library": "tflite-runtime", "model": "int8", "imports": "not installed: it is gone", "predicts": "no"}
    crashed = {"library": "onnxruntime", "model": "int8 ONNX", "imports": "illegal instruction", "predicts": "no"}
    what = "installations that should predict and don't"
    of_today = make_rows([probe(tried()), probe(absent, python="3.13.0")], kit)
    assert values(of_today)[what] == (0, True)
    assert values(make_rows([probe(tried()), probe(absent, python="3.11.2")], kit))[what] == (1, False)
    without_it = values(make_rows([probe(tried(), crashed)], kit))
    assert without_it[what] == (1, False)
    assert not [name for name in without_it if name.startswith(("tflite-runtime", "onnxruntime"))]
    assert "it is gone | no |" in table(of_today)


def test_rows_that_differ_in_the_python_alone_are_one_line(kit: Path) -> None:
    found = [probe(tried(), python=version) for version in ("3.10.13", "3.13.0")]
    lines = table(make_rows(found, kit)).splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines[2:]]
    assert [(row[0], row[1], row[2], row[-1]) for row in cells] == [("x86-64", "3.10, 3.13", "litert 2.3.0", "100.00")]


def test_pip_s_words_for_a_missing_wheel_are_shortened_once_for_all_files(kit: Path) -> None:
    absent = {"library": "tflite-runtime", "imports": "not installed: ResolutionImpossible: see", "predicts": "no"}
    rows = make_rows([probe(tried(), *(absent | {"model": model} for model in ("int8", "dynamic")))], kit)
    lines = table(rows).splitlines()
    assert len(lines) == 4
    assert "int8 | no: no wheel" in lines[3]


def test_an_onnx_file_gives_the_answers_of_its_own_arithmetic(kit: Path) -> None:
    what = "onnxruntime: same answer as the file's own arithmetic, least"
    for exact, share, is_kept in (("0123", 100.0, True), ("0129", 75.0, False)):
        rows = make_rows([probe(tried(), tried("onnxruntime", model="int8 ONNX", exact_answers=exact))], kit)
        assert rows[1]["exact"] == share
        assert values(rows)[what] == (share, is_kept)


def test_without_x86_there_is_nothing_to_compare_with(kit: Path) -> None:
    with pytest.raises(ToolkitError, match="--python python3"):
        make_rows([probe(tried(), core="Cortex-A72")], kit)
