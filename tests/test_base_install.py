"""Every command on a base install, as a board has it: its help works, and a missing extra is one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.base_install import link, required, run

COMMANDS = (
    *(
        "edge.run.main",
        "edge.run.main collect",
        "edge.run.main doctor",
        "edge.run.main describe",
        "edge.run.main update",
    ),
    *("edge.run.main completion", "edge.run.main teach", "train", "train.compare", "train.photographs", "train.scenes"),
    *("export.tflite", "export.onnx", "export.sign", "benchmarks", "benchmarks compare"),
    *("benchmarks runner", "benchmarks kit", "benchmarks merge"),
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


def test_the_runner_runs(site: Path) -> None:
    done = run(site, "edge.run.main", "--json", "--max-frames", "1", "-q")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"] == "Coat"
