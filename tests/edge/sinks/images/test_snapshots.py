"""Snapshots: their names and content, the order of deletion, the files of a user, and the uncertainty filter."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.sinks.images.snapshots import SnapshotSink, UncertaintyFilter, uncertainty_reason
from edge.vision.region import Region

RULE = DecisionSpec(threshold=0.7)
STAMP = "20260102T12000"


def open_sink(folder: Path, *, limit_bytes: int = 10**6, region: Region | None = None) -> SnapshotSink:
    """A sink for this folder."""
    return SnapshotSink(folder, limit_bytes=limit_bytes, rule=RULE, model_sha256="ab" * 32, region=region)


def files(folder: Path) -> list[str]:
    """All files below it."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_snapshot_is_an_image_and_its_decision(tmp_path: Path, frame: Any, prediction: Any, decision: Any) -> None:
    sink = open_sink(tmp_path / "new")
    sink.write(frame(7, seconds=1.5), prediction("unknown", top1=0.5), decision("T-shirt/top"))
    sink.idle(decision("stale", changed=True))
    sink.close()
    name = "T-shirt-top/20260102T120001.500Z_T-shirt-top"
    assert files(tmp_path / "new") == [f"{name}.jpg", f"{name}.json"]
    image = cv2.imread(str(tmp_path / "new" / f"{name}.jpg"))
    assert image is not None
    assert image.shape == (60, 80, 3)
    assert abs(int(image[20, 20, 0]) - 90) <= 2  # no outline: the network will learn from it
    record = json.loads((tmp_path / "new" / f"{name}.json").read_text())
    assert (record["label"], record["frame"], record["uncertain"]) == ("T-shirt/top", 7, "unknown")


def test_only_the_region_that_was_looked_at_is_kept(tmp_path: Path, frame: Any, prediction: Any, decision: Any) -> None:
    open_sink(tmp_path, region=Region(0.5, 0, 0.5, 1)).write(frame(), prediction(), decision())
    (path,) = tmp_path.glob("*/*.jpg")
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape == (60, 40, 3)


@pytest.fixture
def size_bytes(tmp_path: Path, frame: Any, prediction: Any, decision: Any) -> int:
    """Size of one snapshot with its JSON."""
    open_sink(tmp_path / "one").write(frame(0), prediction(), decision())
    return sum(path.stat().st_size for path in (tmp_path / "one").rglob("*.*"))


def test_the_oldest_go_first_whatever_their_folder(
    tmp_path: Path, size_bytes: int, frame: Any, prediction: Any, decision: Any
) -> None:
    folder = tmp_path / "kept"
    for number, label in enumerate(["Coat", "Bag1", "Coat", "Bag1"]):
        # A new sink each time: the limit holds over restarts.
        sink = open_sink(folder, limit_bytes=2 * size_bytes + size_bytes // 2)
        sink.write(frame(seconds=number), prediction(), decision(label))
    assert [name.split("_")[0] for name in files(folder) if name.endswith("jpg")] == [
        "Bag1/20260102T120003.000Z", "Coat/20260102T120002.000Z",
    ]  # fmt: skip
    assert sum(path.stat().st_size for path in folder.rglob("*.*")) <= 2.5 * size_bytes


def test_what_a_person_moved_or_brought_is_neither_counted_nor_deleted(
    tmp_path: Path, size_bytes: int, frame: Any, prediction: Any, decision: Any
) -> None:
    sink = open_sink(tmp_path / "kept", limit_bytes=size_bytes + size_bytes // 2)
    sink.write(frame(), prediction(), decision("unknown"))
    (picture,) = (tmp_path / "kept" / "unknown").glob("*.jpg")
    corrected = tmp_path / "kept" / "Coat" / picture.name
    corrected.parent.mkdir()
    picture.rename(corrected)
    (corrected.parent / "mine.jpg").write_bytes(b"x" * 9 * size_bytes)
    for seconds in (1, 2):
        sink.write(frame(seconds=seconds), prediction(), decision("Coat"))
    names = files(tmp_path / "kept")
    assert {f"Coat/{picture.name}", "Coat/mine.jpg"} <= set(names)
    assert f"Coat/{STAMP}1.000Z_Coat.jpg" not in names
    assert f"Coat/{STAMP}2.000Z_Coat.jpg" in names


def test_what_a_killed_run_left_of_a_picture_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "Coat" / ".20260102T120001.500Z_Coat.abcd_123.unfinished.jpg"
    left.parent.mkdir()
    left.touch()
    (tmp_path / "note.txt").touch()
    open_sink(tmp_path)
    assert files(tmp_path) == ["note.txt"]


UNCERTAIN_RULE = DecisionSpec(threshold=0.7, off_margin=0.1)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"top1": 0.95}, ""),
        ({"label": "unknown", "top1": 0.5}, "unknown"),
        ({"top1": 0.75}, "near the threshold"),
        ({"top1": 0.81}, ""),
        ({"top1": 0.55, "score": 0.9}, "two classes are close"),
        ({"label": "nothing", "score": -math.inf}, ""),
    ],
    ids=["sure", "unknown", "near", "not near", "a tie", "nothing"],
)
def test_the_reason_for_keeping_a_frame(prediction: Any, options: dict[str, Any], reason: str) -> None:
    assert uncertainty_reason(prediction(**options), UNCERTAIN_RULE) == reason


@pytest.mark.parametrize(("every_s", "kept"), [(10.0, [0, 3, 4, 5]), (0.0, [0, 2, 3, 4, 5])], ids=["every 10 s", "all"])
def test_uncertain_frames_are_kept_at_a_limited_rate(
    *, fake_sink: Any, frame: Any, prediction: Any, decision: Any, every_s: float, kept: list[int]
) -> None:
    sink = fake_sink()
    frames = UncertaintyFilter(sink, rule=UNCERTAIN_RULE, every_s=every_s)
    shots = [(0.0, 0.75), (1.0, 0.95), (9.9, 0.75), (10.0, 0.75), (20.0, 0.75), (-5.0, 0.75)]  # the clock is set back
    for number, (seconds, top1) in enumerate(shots):
        frames.write(frame(number, seconds=seconds), prediction(top1=top1), decision())
    frames.idle(decision("stale", changed=True))
    frames.close()
    assert (sink.numbers, len(sink.got), sink.closed) == (kept, len(kept), 1)
