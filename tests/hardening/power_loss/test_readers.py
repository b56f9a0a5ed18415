"""Each reader finds a file whole, and finds out where its end or a byte in its middle is missing."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.hardening.power_loss.readers import READERS, frames_in, lines_cut, trouble_with


@pytest.fixture
def whole(tmp_path: Path, fixtures: Path) -> dict[str, Path]:
    """A file of every kind."""
    made = {kind: tmp_path / (f"a{kind}" if kind.startswith(".") else kind) for kind in READERS}
    noise = np.random.default_rng(0).integers(0, 255, (80, 120, 3), dtype=np.uint8)
    for suffix in (".jpg", ".png"):
        made[suffix].write_bytes(cv2.imencode(suffix, noise)[1].tobytes())
    for suffix, codec in ((".avi", "MJPG"), (".mp4", "mp4v")):
        video = cv2.VideoWriter(str(made[suffix]), cv2.VideoWriter.fourcc(*codec), 25, (120, 80))
        for _ in range(5):
            video.write(noise)
        video.release()
    np.savez(made[".npz"], a=np.arange(100))
    with zipfile.ZipFile(made[".zip"], "w") as archive:
        archive.writestr("a", "content" * 100)
    shutil.copy(fixtures / "tiny_run" / "model.keras", made[".keras"])
    for suffix in (".tflite", ".onnx"):
        shutil.copy(fixtures / f"tiny_int8{suffix}", made[suffix])
    for suffix in (".md", ".toml", ".service", ".timer", "update"):
        made[suffix].write_text("a line\n")
    made[".html"].write_text("<html><body></body></html>\n")
    made[".json"].write_text(json.dumps({"a": [1, 2]}))
    made[".csv"].write_text('a,b\n1,"2, 3"\n')
    made[".jsonl"].write_text('{"a": 1}\n')
    return made


@pytest.mark.parametrize("suffix", sorted(set(READERS) - {".onnx"}))
def test_a_whole_file_is_whole_and_one_without_its_end_is_not(whole: dict[str, Path], suffix: str) -> None:
    path = whole[suffix]
    assert not trouble_with(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 2])
    if suffix in (".csv", ".jsonl"):
        assert lines_cut(path) == 1
    elif suffix == ".avi":
        assert frames_in(path) in (4, 5)  # it may be played up to where it was cut
    elif suffix in (".tflite", ".mp4"):  # what follows the graph is the spec; what follows the index is a name
        path.write_bytes(content[: len(content) // 2])
        assert trouble_with(path)
    else:
        assert trouble_with(path)


def test_an_onnx_file(whole: dict[str, Path]) -> None:
    pytest.importorskip("onnxruntime")
    path = whole[".onnx"]
    assert not trouble_with(path)
    path.write_bytes(path.read_bytes()[:-200])
    assert trouble_with(path)


def test_half_a_picture_is_none_although_opencv_shows_it(whole: dict[str, Path]) -> None:
    path = whole[".jpg"]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert cv2.imread(str(path)) is not None
    assert "has no end" in trouble_with(path)


def test_a_file_of_a_kind_that_nobody_reads_is_trouble(tmp_path: Path) -> None:
    assert trouble_with(tmp_path / "a.bin") == "no reader for .bin"
    assert "without suffix" in trouble_with(tmp_path / "a")


def test_lines_that_were_cut_are_counted_wherever_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"a": \n{"a": 2}\n{"a"')
    assert lines_cut(path) == 2
    rows = tmp_path / "a.csv"
    rows.write_text('a,b\n1,2\n1\n"x, y",2\n1,2\n3')
    assert lines_cut(rows) == 2
    assert "rows are cut" in trouble_with(rows)
