"""`python -m export.web`: what it refuses, with which exit code, and what it writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.errors import EXIT_DONE, EXIT_ERROR, EXIT_USAGE
from export.web import __main__ as command
from export.web.check import Agreement

LABELS = "".join(f"class {number}\n" for number in range(10))


@pytest.fixture
def _no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave npm and Node.js out."""
    monkeypatch.setattr(command, "litert_js", lambda archive: (b"script", b"wasm"))
    monkeypatch.setattr(command, "compare", lambda files, classifier: Agreement(20, 20, 20, 0.0))


@pytest.mark.usefixtures("_no_runtime")
def test_the_built_in_model_becomes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["clothes", "--out", str(tmp_path / "site"), "--quiet"]) == EXIT_DONE
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("same input") and "20 of 20" in line for line in lines)
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "<title>clothes</title>" in page


@pytest.mark.usefixtures("_no_runtime")
def test_a_file_without_a_specification_takes_the_flags_of_the_runner(tmp_path: Path, fixtures: Path) -> None:
    (tmp_path / "labels.txt").write_text(LABELS)
    flags = ["--labels", str(tmp_path / "labels.txt"), "--out", str(tmp_path / "site"), "--name", "Digits", "--quiet"]
    assert command.main([str(fixtures / "softmax_int8.tflite"), *flags]) == EXIT_DONE
    assert "class 9" in (tmp_path / "site" / "site.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("model", "flags", "code", "words"),
    [
        ("edge", [], EXIT_ERROR, "garment-v2"),
        ("tiny_int8.onnx", [], EXIT_ERROR, "ONNX"),
        ("none.tflite", [], EXIT_USAGE, "none.tflite"),
        ("clothes", ["--limit", "3.5"], EXIT_ERROR, "4.0 MB"),
        ("clothes", ["--limit", "0"], EXIT_USAGE, "--limit"),
        ("clothes", ["--name", " "], EXIT_USAGE, "--name"),
        ("clothes", ["--out", "photos"], EXIT_ERROR, "photos"),
    ],
)
@pytest.mark.usefixtures("_no_runtime")
def test_what_can_not_be_a_page_is_refused(
    *, model: str, flags: list[str], code: int, words: str, tmp_path: Path, fixtures: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"")
    path = fixtures / model
    try:
        got = command.main([str(path) if path.exists() else model, *flags])
    except SystemExit as end:
        got = int(str(end.code))
    assert got == code
    assert words in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_sixty_megabytes_are_refused_before_they_are_loaded(
    tmp_path: Path, fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large.tflite"
    shutil.copy(fixtures / "operators_none.tflite", large)
    with large.open("ab") as file:
        file.truncate(60_000_000)
    assert command.main([str(large), "--out", str(tmp_path / "site")]) == EXIT_ERROR
    assert "60.0 MB" in capsys.readouterr().err


def test_without_npm_it_is_a_wrong_call_that_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command.main(["clothes", "--out", str(tmp_path / "site")]) == EXIT_USAGE
    assert "npm pack @litertjs/core@" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


@pytest.mark.e2e
@pytest.mark.usefixtures("npm")
@pytest.mark.parametrize("form", ["tflite_uint8", "tflite_int8", "tflite_float"])
def test_files_of_others_answer_as_in_the_runner(
    lite0_forms: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    (tmp_path / "labels.txt").write_text("".join(f"class {number}\n" for number in range(1000)))
    flags = ["--labels", str(tmp_path / "labels.txt"), "--pixels", "signed", "--out", str(tmp_path / "site")]
    assert command.main([str(lite0_forms[form]), *flags]) == EXIT_DONE
    lines = {line[:20].strip(): line[20:] for line in capsys.readouterr().out.splitlines()}
    assert lines["same input"].startswith("20 of 20")
    assert lines["same answer"] == "20 of 20"
    assert float(lines["largest difference"].split()[0]) < 1e-4
