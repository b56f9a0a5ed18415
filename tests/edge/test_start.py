"""What a start loads: nothing that the call doesn't need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from edge.demo import draw_frame

# Each of these took milliseconds of every start, or megabytes of every run.
_NEEDLESS = (
    *("_hashlib", "concurrent.futures", "difflib", "http", "importlib.metadata", "onnxruntime", "socket", "ssl"),
    *("subprocess", "tomllib", "urllib.request", "edge.demo", "edge.doctor", "edge.sinks.images.contact_sheet"),
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


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Modules that are there after one picture was classified, but for those that the libraries load themselves."""
    picture = tmp_path_factory.mktemp("start") / "a.png"
    cv2.imwrite(str(picture), draw_frame(0).image)
    program = f"""
import sys
import ai_edge_litert.interpreter, cv2, numpy
theirs = set(sys.modules)
from edge.run.main import main
assert main(["--source", {str(picture)!r}, "--json", "-q"]) == 0
print(*(set(sys.modules) - theirs), file=sys.stderr)
"""
    root = Path(__file__).parents[2]
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    return set(child.stderr.split())
