"""`edge-classify` and its answers: the flags that decide them, streams, and the pictures that show them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.artifact.decision_spec import DecisionSpec
from edge.classify.classifier import Classifier
from edge.run import main

Run = Callable[..., Any]


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A picture of nothing."""
    path = tmp_path / "blank.png"
    assert cv2.imwrite(str(path), np.full((60, 80, 3), 99, np.uint8))
    return path


def records(outcome: Any) -> list[dict[str, Any]]:
    """The JSON objects on stdout."""
    assert outcome.code == 0, outcome.err
    return [json.loads(line) for line in outcome.out.splitlines()]


def test_flags_override_what_the_model_file_says_one_field_each(
    edge_classify: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules: list[DecisionSpec] = []
    original = Classifier.with_decision

    def with_decision(self: Classifier, rule: DecisionSpec) -> Classifier:
        rules.append(rule)
        return original(self, rule)

    monkeypatch.setattr(Classifier, "with_decision", with_decision)
    for flags in ((), ("--threshold", "0.5"), ("--hold-frames", "7"), ("--smoothing", "0"), ("--smoothing", "1.5")):
        assert edge_classify("--max-frames", 1, *flags).code == 0
    told = rules[0]  # by the file
    assert [(rule.threshold, rule.hold_frames, rule.smoothing_s) for rule in rules[1:]] == [
        (0.5, told.hold_frames, told.smoothing_s),
        (told.threshold, 7, told.smoothing_s),
        (told.threshold, told.hold_frames, 0.0),
        (told.threshold, told.hold_frames, 1.5),
    ]
    assert {rule.temperature for rule in rules} == {told.temperature}


def test_what_is_below_the_threshold_is_unknown_and_says_so(edge_classify: Run) -> None:
    (record,) = records(edge_classify("--max-frames", 1, "--json", "--threshold", 1))
    assert (record["label"], record["state"]) == ("unknown", "unknown")
    assert " below threshold 1." in record["reason"]
    assert record["probability"] == record["top_k"][0]["probability"]


def test_a_picture_of_nothing_is_nothing(edge_classify: Run, blank: Path) -> None:
    (record,) = records(edge_classify("--source", blank, "--json"))
    assert (record["label"], record["probability"], record["top_k"], record["score"]) == ("nothing", 0.0, [], 0.0)
    assert "presence 0." in record["reason"]
    outcome = edge_classify("--source", blank)
    assert outcome.out.endswith(f"{blank}  ({record['reason']})\n")


def test_pictures_are_decided_one_by_one(edge_classify: Run) -> None:
    pictures = records(edge_classify("--source", "demo", "--max-frames", 4, "--json", "--hold-frames", 99))
    assert all(record["changed"] and record["since"] == record["time"] for record in pictures)
    assert all(record["state"] != "known" or record["label"] == record["top_k"][0]["label"] for record in pictures)


@pytest.fixture
def tiny(fixtures: Path) -> tuple[object, ...]:
    """Flags of a model that is sure of drawn garments, and of the video of them."""
    return ("--model", fixtures / "tiny_int8.tflite", "--source", "demo-video")


def test_a_stream_has_a_memory_of_the_frames_before(edge_classify: Run, tiny: tuple[object, ...]) -> None:
    frames = records(edge_classify(*tiny, "--max-frames", 5, "--json"))
    first = frames[0]["top_k"][0]["label"]
    assert [record["label"] for record in frames] == ["unknown", "unknown", first, first, first]
    assert [record["changed"] for record in frames] == [True, False, True, False, False]
    assert frames[4]["since"] == frames[2]["time"]
    assert frames[1]["reason"].startswith(f"{first} held 2 of 3 frames: top1 ")


def test_on_a_stream_there_is_a_line_a_change(edge_classify: Run, tiny: tuple[object, ...]) -> None:
    outcome = edge_classify(*tiny, "--max-frames", 5)
    lines = outcome.out.splitlines()
    assert [line[:5] for line in lines] == ["    0", "    2"]
    assert all(" of 3 frames: top1 " in line for line in lines)
    assert outcome.err.startswith("5 frames in ")


def test_the_demo_video_ends_by_itself(edge_classify: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main.DEMO_FRAMES["demo-video"] == 10 * 2 * 30
    monkeypatch.setitem(main.DEMO_FRAMES, "demo-video", 3)
    assert len(records(edge_classify("--source", "demo-video", "--json"))) == 3


@pytest.mark.parametrize("source", ["demo", "demo-video"])
def test_explain_writes_one_picture_of_the_first_frame_decided_on_its_own(
    edge_classify: Run, tmp_path: Path, fixtures: Path, source: str
) -> None:
    path = tmp_path / "new" / "why.png"
    model = fixtures / "tiny_int8.tflite"
    (record,) = records(edge_classify("--model", model, "--source", source, "--explain", path, "--json"))
    assert record["label"] == record["top_k"][0]["label"]  # no hold on a stream
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape == (560, 1140, 3)


def test_explain_and_picture_together(edge_classify: Run, tmp_path: Path, blank: Path) -> None:
    outcome = edge_classify("--source", blank, "--explain", tmp_path / "why.jpg", "--picture", tmp_path / "seen.jpg")
    assert outcome.code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"blank.png", "why.jpg", "seen.jpg"}


def test_a_picture_of_the_last_frames_is_written(edge_classify: Run, tmp_path: Path) -> None:
    path = tmp_path / "seen.jpg"
    outcome = edge_classify("--max-frames", 12, "--picture", path)
    assert outcome.code == 0
    image = cv2.imread(str(path))
    assert image is not None
    assert image.shape == (5 * 300 + 4 * 16, 2 * 660 + 16, 3)  # ten of the twelve
    assert [entry.name for entry in tmp_path.iterdir()] == ["seen.jpg"]


def test_a_picture_that_can_not_be_written_is_said_before_the_first_frame(edge_classify: Run, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder", encoding="utf-8")
    outcome = edge_classify("--max-frames", 1, "--picture", tmp_path / "taken" / "seen.png")
    assert (outcome.code, outcome.out) == (2, "")
    assert "taken" in outcome.sentence
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]
