"""Modules that a start loads: none that the call doesn't need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edge.artifact.file import default_model
from edge.demo import draw_frame

# Each of these took milliseconds of every start, or megabytes of every run.
_NEEDLESS = (
    *("_hashlib", "concurrent.futures", "difflib", "http", "importlib.metadata", "onnxruntime", "socket", "ssl"),
    *(
        "subprocess",
        "tomllib",
        "urllib.request",
        "edge.collect",
        "edge.demo",
        "edge.doctor",
        "edge.sinks.images.stills",
    ),
    *(
        "edge.update",
        "edge.sinks.systemd",
        "edge.sinks.text.terminal",
        "edge.sources.live.reconnecting",
        "edge.sources.live.stream",
        "edge.sources.camera.v4l2",
    ),
)


@pytest.mark.parametrize("name", _NEEDLESS)
def test_one_picture_as_json_loads_no(name: str, loaded: set[str]) -> None:
    assert name not in loaded


def test_it_does_load_what_it_needs(loaded: set[str]) -> None:
    assert {"edge.sinks.text.jsonl", "edge.sources.images", "edge.runtimes.litert"} <= loaded


@pytest.mark.parametrize("name", ["edge.artifact.formats", "edge.verify.sandbox_run", "importlib.metadata"])
def test_a_model_file_that_passed_is_not_verified_again(
    name: str, loaded_with_own_model: tuple[set[str], set[str]]
) -> None:
    first, second = loaded_with_own_model
    assert "edge.verify.sandbox_run" in first
    assert not any(module == name or module.startswith(f"{name}.") for module in second)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn garment in a file."""
    path = tmp_path_factory.mktemp("start") / "a.png"
    cv2.imwrite(str(path), draw_frame(0).image)
    return path


@pytest.fixture(scope="module")
def loaded(picture: Path) -> set[str]:
    """Modules of a run of the built-in model."""
    return loaded_by(["--source", str(picture)])


@pytest.fixture(scope="module")
def loaded_with_own_model(picture: Path) -> tuple[set[str], set[str]]:
    """Modules of the first and the second run of a model file."""
    model = picture.with_name("own.tflite")
    shutil.copyfile(default_model(), model)
    first, second = (
        loaded_by(["--source", str(picture), "--model", str(model)], cache=picture.parent) for _ in range(2)
    )
    return first, second


def loaded_by(arguments: list[str], cache: Path | None = None) -> set[str]:
    """Return the modules that are there after a run with JSON, but for those that the libraries load themselves."""
    program = f"""
import sys
import ai_edge_litert.interpreter, cv2, numpy
theirs = set(sys.modules)
from edge.run.main import main
assert main([*{arguments!r}, "--json", "-q"]) == 0
print(*(set(sys.modules) - theirs), file=sys.stderr)
"""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)} if cache else None
    child = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True, env=environment
    )
    return set(child.stderr.split())
