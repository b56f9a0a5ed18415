"""`edge-classify teach` from folders to a file that runs like any other, and what it refuses in one line."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.artifact.file import read_artifact
from edge.classify.classifier import Classifier
from edge.images.decode import read_image
from edge.teach.backbone import load_backbone
from edge.teach.examples import MEMBER, read_examples
from tests.edge.teach.conftest import fruit

Draw = Callable[..., Path]
Run = Callable[..., Any]


@pytest.fixture
def taught(draw: Draw, edge_classify: Run, tmp_path: Path) -> Path:
    """A file that knows ripe from unripe."""
    outcome = edge_classify("teach", draw(ripe=8, unripe=8, unknown=6), "--out", tmp_path / "fruit.tflite")
    assert outcome.code == 0
    return tmp_path / "fruit.tflite"


def answers(path: Path, kind: str, *, seed: int = 77) -> list[str]:
    """Likeliest classes of new images of a kind."""
    classifier = Classifier.load(path)
    return [
        classifier.spec.labels[int(classifier.classify(fruit(kind, seed + number)).probabilities.argmax())]
        for number in range(5)
    ]


def test_a_taught_file_runs_describes_and_passes_the_doctor_like_any_other(taught: Path, edge_classify: Run) -> None:
    assert answers(taught, "ripe") == ["ripe"] * 5
    assert answers(taught, "unripe") == ["unripe"] * 5
    described = json.loads(edge_classify("describe", taught, "--json", "--quiet").out)
    assert described["labels"] == ["ripe", "unripe"]
    origin = described["provenance"]
    assert (origin["dataset"], origin["quantization"], origin["taught"]["images"]) == ("photos", "int8", 16)
    assert origin["taught"]["counter_examples"] == 6
    (told,) = [
        line for line in edge_classify("describe", taught, "--quiet").out.splitlines() if line.startswith("taught")
    ]
    assert f"{origin['taught']['right']} of 16 " in told
    assert edge_classify("doctor", "--model", taught).out.count("fruit.tflite") == 1


def test_classes_that_look_alike_are_said_to_be_guessed(draw: Draw, edge_classify: Run, tmp_path: Path) -> None:
    alike, other = draw("alike", left=12, right=12), draw("other", ripe=12, unripe=12)  # the former are grounds alone

    outcomes = [edge_classify("teach", folder, "--out", tmp_path / "taught.tflite") for folder in (alike, other)]

    assert [outcome.code for outcome in outcomes] == [0, 0]
    assert ["than guessing" in outcome.err for outcome in outcomes] == [True, False]


def test_the_file_computes_what_was_learned(taught: Path) -> None:
    classifier, backbone = Classifier.load(taught), load_backbone()
    examples = read_examples(taught, 2)
    assert examples is not None
    image = read_image(taught.parent / "photos" / "ripe" / "0_3.png")
    assert backbone.features(image).astype(np.float16).tobytes() in {row.tobytes() for row in examples.features}
    assert classifier.spec.provenance.source_sha256 == backbone.sha256


def test_a_class_and_further_images_are_added_and_those_known_are_not_counted_twice(
    taught: Path, draw: Draw, edge_classify: Run, tmp_path: Path
) -> None:
    more = draw("more", ripe=4, blue=7, seed=3)
    assert edge_classify("teach", "--add", more, "--out", taught).code == 0
    assert read_artifact(taught).spec.labels == ("blue", "ripe", "unripe")
    assert answers(taught, "blue") == ["blue"] * 5
    assert read_examples(taught, 3).counts(3).tolist() == [7, 12, 8]
    other = tmp_path / "other.tflite"
    assert edge_classify("teach", taught, "--add", more / "blue", "--out", other).code == 0
    assert read_examples(other, 3).counts(3).tolist() == [7, 12, 8]


def test_near_copies_of_what_it_knows_are_held_out_together(taught: Path, edge_classify: Run, tmp_path: Path) -> None:
    (tmp_path / "more" / "ripe").mkdir(parents=True)
    for number in range(3):
        image = read_image(tmp_path / "photos" / "ripe" / f"0_{number}.png")
        cv2.imwrite(str(tmp_path / "more" / "ripe" / f"{number}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 60])
    outcome = edge_classify("teach", "--add", tmp_path / "more", "--out", taught)
    assert outcome.code == 0
    assert outcome.err.count("3 of them") == 1
    examples = read_examples(taught, 2)
    assert len(examples.labels) == 25
    assert set(examples.groups[-3:]) <= set(examples.groups[:-3])


def test_an_image_that_is_added_to_another_class_moves_there_and_that_is_said(
    taught: Path, edge_classify: Run, tmp_path: Path
) -> None:
    (tmp_path / "ripe").mkdir()
    for path in sorted((tmp_path / "photos" / "unripe").iterdir())[:3]:
        path.rename(tmp_path / "ripe" / path.name)
    outcome = edge_classify("teach", "--add", tmp_path / "ripe", "--out", taught)
    assert outcome.code == 0
    assert outcome.err.count("3 images were of another class") == 1
    assert read_examples(taught, 2).counts(2).tolist() == [11, 5]


def test_classes_that_differ_by_capitals_alone_are_named(taught: Path, draw: Draw, edge_classify: Run) -> None:
    outcome = edge_classify("teach", "--add", draw("more", Ripe=5, seed=4), "--out", taught)
    assert read_artifact(taught).spec.labels == ("Ripe", "ripe", "unripe")
    assert outcome.err.count("Ripe and ripe") == 1


@pytest.mark.parametrize("name", ["folder.tflite", "file/mine.tflite", "closed/new/mine.tflite"])
def test_a_file_that_can_not_be_written_is_refused_before_anything_is_read(
    name: str, edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder.tflite").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "closed").mkdir()
    asked = os.access
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "closed" and asked(path, mode))  # not root
    assert edge_classify("teach", tmp_path / "absent", "--out", tmp_path / name).code == 2


def test_what_was_learned_from_can_be_forgotten(taught: Path, draw: Draw, edge_classify: Run) -> None:
    before = read_artifact(taught)
    assert edge_classify("teach", "--forget", "--out", taught).code == 0
    assert MEMBER.encode() not in taught.read_bytes()
    assert (read_artifact(taught).spec, read_artifact(taught).network) == (before.spec, before.network)
    outcome = edge_classify("teach", "--add", draw("more", blue=6), "--out", taught)
    assert (outcome.code, outcome.err.count("error: ")) == (1, 1)


def test_a_limit_of_what_is_kept(draw: Draw, edge_classify: Run, tmp_path: Path) -> None:
    photos, out = draw(ripe=8, unripe=6), tmp_path / "few.tflite"
    assert edge_classify("teach", photos, "--out", out, "--keep", 10).code == 0
    assert read_examples(out, 2).counts(2).tolist() == [5, 5]
    assert edge_classify("teach", photos, "--out", out, "--keep", 9).code == 2
    draw(unknown=6)
    assert edge_classify("teach", photos, "--out", out, "--keep", 14).code == 2  # less than 5 of some kind
    assert edge_classify("teach", photos, "--out", out, "--forget").code == 0
    assert read_examples(out, 2) is None


def copies_of_one(folder: Path) -> None:
    first = (folder / "ripe" / "0_0.png").read_bytes()
    for path in folder.rglob("*.png"):
        path.write_bytes(first)


def corrupt_class(folder: Path) -> None:
    for path in (folder / "ripe").iterdir():
        path.write_bytes(path.read_bytes()[:200])


def reserved_name(folder: Path) -> None:
    (folder / "ripe").rename(folder / "stale")


@pytest.mark.parametrize(
    ("counts", "spoil"),
    [
        pytest.param({"ripe": 6}, None, id="one class"),
        pytest.param({"ripe": 1, "unripe": 1}, None, id="two images"),
        pytest.param({"unknown": 6}, None, id="counter-examples alone"),
        pytest.param({"ripe": 6, "unripe": 6}, copies_of_one, id="images all alike"),
        pytest.param({"ripe": 6, "unripe": 6}, corrupt_class, id="a class of corrupt files"),
        pytest.param({"ripe": 6, "unripe": 6}, reserved_name, id="an answer of the runner's as class"),
        pytest.param({}, None, id="no folder"),
    ],
)
def test_images_that_teach_nothing_are_refused_in_one_line(
    counts: dict[str, int], spoil: Callable[[Path], None] | None, draw: Draw, edge_classify: Run, tmp_path: Path
) -> None:
    folder = draw(**counts)
    if spoil:
        spoil(folder)
    outcome = edge_classify("teach", folder, "--out", tmp_path / "no.tflite", "--quiet")
    assert outcome.code == 1
    assert outcome.err.splitlines()[-1].startswith("error: ")
    assert outcome.err.count("error: ") == 1
    assert not (tmp_path / "no.tflite").exists()


def test_an_addition_needs_a_file_that_was_taught_with_this_network(
    taught: Path, draw: Draw, edge_classify: Run, fixtures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = draw("more", blue=6)
    tmp_path = taught.parent
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes((fixtures / "tiny_int8.tflite").read_bytes())
    before = {path: path.read_bytes() for path in (taught, foreign)}
    assert edge_classify("teach", "--add", more, "--out", foreign).code == 1
    outcome = edge_classify("teach", "--add", more, "--out", tmp_path / "absent.tflite")
    assert (outcome.code, outcome.err.count("absent.tflite")) == (2, 2)  # it is missing, and how to make it
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(taught.read_bytes()[:-1000])
    outcome = edge_classify("teach", "--add", more, "--out", cut)
    assert (outcome.code, "cut short" in outcome.err) == (1, True)
    other = load_backbone()._replace(sha256="0" * 64)
    monkeypatch.setattr("edge.teach.backbone.load_backbone", lambda **_: other)
    outcome = edge_classify("teach", "--add", more, "--out", taught)
    assert (outcome.code, outcome.err.count("000000000000")) == (1, 1)
    assert {path: path.read_bytes() for path in before} == before


def test_a_full_disk_leaves_the_old_file(
    taught: Path, draw: Draw, edge_classify: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    before = taught.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    outcome = edge_classify("teach", draw("photos"), "--out", taught, "--quiet")
    monkeypatch.undo()
    assert (outcome.code, outcome.err.count("No space left")) == (1, 1)
    assert taught.read_bytes() == before
    assert [path.name for path in taught.parent.iterdir() if "unfinished" in path.name] == []


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--out", "a.tflite"], id="nothing to learn from"),
        pytest.param([".", "--add", "more", "--out", "a.tflite"], id="two beginnings"),
        pytest.param(["photos", "--out", "a.onnx"], id="another format"),
        pytest.param(["photos"], id="no file to write"),
    ],
)
def test_wrong_calls(arguments: list[str], edge_classify: Run) -> None:
    assert edge_classify("teach", *arguments).code == 2


def test_a_linear_layer_that_the_runtime_computes_otherwise_is_not_written(
    draw: Draw, edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "edge.teach.taught_file.append_linear",
        lambda network, weights, bias: _append(network, weights, bias + np.float32(1)),
    )
    outcome = edge_classify("teach", draw(ripe=5, unripe=5), "--out", tmp_path / "no.tflite")
    assert outcome.code == 1
    assert not (tmp_path / "no.tflite").exists()


def _append(network: bytes, weights: np.ndarray, bias: np.ndarray) -> bytes:
    from edge.artifact.formats.tflite_append import append_linear

    return append_linear(network, weights, bias)
