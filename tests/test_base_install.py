"""Every command on a base install, as a board has it: its help works, and a missing extra is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.run.flags import VERBS
from tests.base_install import ROOT, link, required, run


def modules() -> list[str]:
    """List the modules that are commands: those that end in the one error boundary."""
    files = (path for package in ("edge", "train", "export", "benchmarks") for path in (ROOT / package).rglob("*.py"))
    found = [path for path in files if "\n    console.run(main)" in path.read_text(encoding="utf-8")]
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__") for path in found)


COMMANDS = (
    *("edge.run.main", *(f"edge.run.main {verb}" for verb in VERBS), *modules()),
    *("benchmarks compare", "benchmarks runner", "benchmarks kit", "benchmarks merge"),
)


def test_the_commands_are_found() -> None:
    assert {"train", "train.report", "export.tflite", "export.onnx", "export.sign", "export.web", "benchmarks"} <= set(
        modules()
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as site-packages without extras."""
    folder = tmp_path_factory.mktemp("site")
    link(folder, required("edge-classify") - {"edge-classify"})
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_help_needs_no_extra(site: Path, command: str) -> None:
    module, *words = command.split()
    done = run(site, module, *words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: ")


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("train --data demo --epochs 1", "train"),
        ("export.tflite", "export"),
        ("export.onnx", "export"),
        ("benchmarks --quick", "benchmarks"),
        ("edge.run.main --serve 127.0.0.1:0", "web"),
        ("edge.run.main --mqtt mqtt://127.0.0.1/a", "mqtt"),
        ("edge.run.main completion bash", "completion"),
    ],
)
def test_a_missing_extra_is_one_line_and_a_wrong_call(site: Path, command: str, extra: str) -> None:
    module, *words = command.split()
    done = run(site, module, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert f"'edge-classify[{extra}]'" in done.stderr


@pytest.mark.parametrize("name", ["model", "x.tflite.bin", "folder/"])
@pytest.mark.parametrize(("module", "other"), [("export.tflite", ".onnx"), ("export.onnx", ".tflite")])
def test_the_suffix_of_out_is_checked_before_a_library_is_loaded(
    site: Path, tmp_path: Path, module: str, other: str, name: str
) -> None:
    for out in (tmp_path / name, tmp_path / f"model{other}"):
        done = run(site, module, "--out", str(out))
        assert (done.returncode, done.stdout) == (2, "")
        assert f"{module.replace('export', '')}" in done.stderr.splitlines()[-1]
        assert "edge-classify[export]" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_runner_runs(site: Path) -> None:
    done = run(site, "edge.run.main", "--json", "--max-frames", "1", "-q")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"] == "Coat"
