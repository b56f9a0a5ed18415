"""`python -m export.micro`: what it prints and writes, and its refusals."""

from __future__ import annotations

import platform
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from edge.artifact.file import FEATURES_NETWORK
from edge.cli import extras
from export.micro import __main__ as command
from export.micro.comparison import Comparison
from tests.export.micro.compiled import build

FIXTURES = Path(__file__).parents[2] / "fixtures"
TINY = FIXTURES / "tiny_int8.tflite"
INSTALL = "pip install 'edge-classify[micro]'"
NEEDS_PACKAGE = pytest.mark.skipif(
    find_spec("tflite_micro") is None,
    reason="TensorFlow Lite Micro needs the extra `micro`: pip install 'edge-classify[micro]'",
)


@NEEDS_PACKAGE
def test_a_library_is_written_and_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "2 lib's"
    assert command.main([str(TINY), "--out", str(folder)]) == 0

    rows = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines() if not line.startswith("same"))
    assert {"library", "flash", "arena", "RAM", "operators", "input"} <= set(rows)
    assert "garment-v2" in rows["input"]
    source = (folder / "src" / "model_2_lib_s_model_data.cpp").read_text(encoding="utf-8")
    array = "alignas(16) const unsigned char g_model_2_lib_s_model_data[] = {"
    assert array in source
    settings = (folder / "src" / "model_2_lib_s_settings.h").read_text(encoding="utf-8")
    arena = next(int(line.split()[2]) for line in settings.splitlines() if "_ARENA_BYTES" in line)
    assert arena % 256 == 0
    assert f"{arena:,}" in rows["arena"]


@NEEDS_PACKAGE
def test_what_the_command_wrote_compiles(tmp_path: Path) -> None:
    assert command.main([str(TINY), "--out", str(tmp_path / "lib"), "-q"]) == 0
    build(tmp_path / "lib", main="sketch.cpp")


@NEEDS_PACKAGE
def test_a_file_without_a_specification_takes_its_labels_from_the_flags(tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"class {number}\n" for number in range(10)), encoding="utf-8")
    softmax = str(FIXTURES / "softmax_int8.tflite")
    arguments = [softmax, "--labels", str(labels), "--recipe", "image-v1", "--resize", "crop:0.5"]
    assert command.main([*arguments, "--out", str(tmp_path / "lib")]) == 0
    settings = (tmp_path / "lib" / "src" / "lib_settings.h").read_text(encoding="utf-8")
    constants = dict(
        line.split(None, 2)[1:] for line in settings.splitlines() if len(line.split()) > 2 and line[0] == "#"
    )
    assert (constants["LIB_CROP_THOUSANDTHS"], constants["LIB_OUTPUT_IS_LOGITS"]) == ("500", "0")


@NEEDS_PACKAGE
def test_other_answers_than_litert_s_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = np.zeros(50, np.int64), np.array([1, 1, 1, *[0] * 47])
    monkeypatch.setattr(command, "compare", lambda *_: Comparison(ours, theirs, ours, ours, ours))
    assert command.main([str(TINY), "--out", str(tmp_path / "lib")]) == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "case",
    [
        ([str(FIXTURES / "tiny_int8.onnx")], 1, "ONNX"),
        ([str(FIXTURES / "tiny_none.tflite")], 1, "float32"),
        ([str(FIXTURES / "operators_int8.tflite")], 1, "TILE"),
        ([str(FEATURES_NETWORK)], 1, "float32"),
        (["missing.tflite"], 2, "missing.tflite"),
        ([str(TINY), "--out", str(FIXTURES)], 1, "exists"),
        ([str(TINY), "--resize", "squash"], 2, "--resize"),
        ([], 2, "ARTIFACT"),
    ],
    ids=lambda case: case[2],
)
def test_what_cant_be_exported_is_one_sentence(
    case: tuple[list[str], int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments, code, named = case
    monkeypatch.chdir(tmp_path)
    try:
        got = command.main(arguments)
    except SystemExit as stopped:
        got = stopped.code
    error = capsys.readouterr().err.splitlines()[-1]
    assert (got, named in error) == (code, True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("wheels", "named"), [({}, INSTALL), (extras.WHEELS, "riscv64")], ids=["here", "no wheel"])
def test_without_the_package_the_way_to_it_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wheels: dict[str, extras.Wheels],
    named: str,
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _name: None)
    monkeypatch.setattr(extras, "WHEELS", wheels)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert command.main([str(TINY), "--out", str(tmp_path / "lib")]) == 2
    error = capsys.readouterr().err
    assert named in error
    assert (INSTALL in error) is (named == INSTALL)
