"""The program that runs on other machines: what it says of children that go wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.platforms import probe


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("import os; os.kill(os.getpid(), 4)", "illegal instruction: this processor lacks one that the wheel"),
        ("import os; os.kill(os.getpid(), 11)", r"crashed \(SIGSEGV\)"),
        ("raise SystemExit('ERROR: No matching distribution found for x\\nsee there')", "^No matching distribution"),
        ("import sys; sys.exit(3)", "no reason given"),
    ],
)
def test_each_failure_of_a_child_has_its_reason(program: str, sentence: str) -> None:
    with pytest.raises(probe.WentWrongError, match=sentence):
        probe.ask((sys.executable, "-c", program))


def test_a_library_that_can_not_be_imported_is_a_row(tmp_path: Path) -> None:
    found = probe.row(tmp_path, Path(sys.executable), "litert", "a_module_that_is_not_there", "int8", wrong="")
    assert "a_module_that_is_not_there" in found["imports"]
    assert found["predicts"] == "no"


def test_an_older_build_of_the_same_version_does_not_stay(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n', encoding="utf-8")
    python.chmod(0o755)
    assert probe.install(python, tmp_path / "it.whl", "[onnx]") == ""
    first, second = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert first.endswith(f"--only-binary=:all: {tmp_path}/it.whl[onnx]")
    assert second.endswith(f"--no-deps --force-reinstall {tmp_path}/it.whl")


def test_what_is_not_installed_is_not_imported(tmp_path: Path) -> None:
    found = probe.row(tmp_path, tmp_path / "no-python", "litert", "x", "int8", wrong="not installed: no wheel")
    assert (found["imports"], found["predicts"]) == ("not installed: no wheel", "no")


def test_a_child_is_not_given_this_process_s_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    program = "import sys; print('/nowhere' in sys.path)"
    assert probe.ask((sys.executable, "-c", program)) == "False\n"
