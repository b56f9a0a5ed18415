"""Finding photographs in folders, and classifying each once."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.photos.measure import Photograph, PhotoReport, find_folders, label_photographs, measure_photos
from edge.datasets.folder_labels import LabelledFolder
from edge.errors import SourceError


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_images_are_listed_by_folder_and_others_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    touch(tmp_path / "b" / "2.JPG", tmp_path / "b" / "1.png", tmp_path / "a" / "x.webp", tmp_path / "loose.jpg",
          tmp_path / "b" / "notes.txt", tmp_path / "b" / "._2.jpg", tmp_path / ".git" / "y.png")  # fmt: skip
    (tmp_path / "b" / "folder.jpg").mkdir()
    (tmp_path / "empty").mkdir()

    with caplog.at_level(logging.WARNING):
        found = find_folders(tmp_path)

    assert found == {"a": [tmp_path / "a" / "x.webp"], "b": [tmp_path / "b" / "1.png", tmp_path / "b" / "2.JPG"]}
    loose, notes, empty = caplog.messages
    assert "1 unsorted image (loose.jpg)" in loose
    assert "notes.txt" in notes
    assert str(tmp_path / "empty") in empty


def test_a_folder_of_images_is_one_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "shirts" / "1.jpg")
    monkeypatch.chdir(tmp_path / "shirts")

    assert find_folders(Path()) == {"shirts": [Path("1.jpg")]}


def test_a_broken_link_is_listed(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")

    assert find_folders(tmp_path) == {tmp_path.name: [tmp_path / "gone.jpg"]}


def test_files_and_kinds_are_joined_in_the_order_of_the_kinds(tmp_path: Path) -> None:
    a, b = LabelledFolder("a", ("A",)), LabelledFolder("b", ())

    assert label_photographs({"a": [tmp_path / "a" / "1.jpg"], "b": [tmp_path / "b" / "1.jpg"]}, [b, a]) == [
        Photograph(tmp_path / "b" / "1.jpg", "b/1.jpg", b),
        Photograph(tmp_path / "a" / "1.jpg", "a/1.jpg", a),
    ]


def test_files_of_one_name_in_nested_folders_are_told_apart(tmp_path: Path) -> None:
    a = LabelledFolder("a", ("A",))
    files = [tmp_path / "a" / "1.jpg", tmp_path / "a" / "x" / "1.jpg", Path("1.jpg")]
    assert [photo.name for photo in label_photographs({"a": files}, [a])] == ["a/1.jpg", "a/x/1.jpg", "a/1.jpg"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("none", "doesn't exist: expected a folder that holds one folder of photographs for each kind"),
        ("file.jpg", "is a file: expected a folder"),
        ("empty", "and its folders: expected one folder for each kind of photograph"),
    ],
)
def test_missing_folders_files_and_empty_folders_are_errors(tmp_path: Path, name: str, sentence: str) -> None:
    touch(tmp_path / "file.jpg", tmp_path / "empty" / "kind" / "readme.txt")

    with pytest.raises(SourceError) as caught:
        find_folders(tmp_path / name)

    assert f"{tmp_path / name} {sentence}" in str(caught.value)


SHOES, HATS = LabelledFolder("shoes", ("a", "b")), LabelledFolder("hats", ())


def test_each_photograph_is_classified_once(
    scripted: Callable[..., Any], photograph: Callable[..., Photograph]
) -> None:
    classifier = scripted({10: ("a", "a", 0.9), 20: ("unknown", "c", 0.4)}, labels="abc")

    found = measure_photos(classifier, [photograph(SHOES, "1.png", 10), photograph(HATS, "2.png", 20, height=7)])

    assert classifier.seen == [(6, 8), (7, 8)]
    assert found.labels == ("a", "b", "c")
    assert [(result.photograph.name, result.height, result.width) for result in found.results] == [
        ("shoes/1.png", 6, 8),
        ("hats/2.png", 7, 8),
    ]
    assert found.skipped == ()


def test_top1_answer_and_rejection_are_judged_separately(measured: PhotoReport) -> None:
    facts = [(result.is_top1_right, result.is_right, result.is_rejected, result.score) for result in measured.results]

    assert facts == [
        (True, True, False, 0.9),
        (True, False, True, 0.4),
        (False, False, False, 0.6),
        (True, True, False, 0.8),
        (False, False, False, 0.7),
        (False, True, True, 0.3),
        (False, True, True, 0.0),
    ]


def test_any_of_several_labels_is_right(scripted: Callable[..., Any], photograph: Callable[..., Photograph]) -> None:
    classifier = scripted({1: ("a", "a", 0.9), 2: ("b", "b", 0.9), 3: ("c", "c", 0.9)}, labels="abc")

    found = measure_photos(classifier, [photograph(SHOES, f"{level}.png", level) for level in (1, 2, 3)])

    assert [result.is_right for result in found.results] == [True, True, False]


def test_unreadable_photographs_are_listed_with_the_reason(
    scripted: Callable[..., Any], photograph: Callable[..., Photograph], tmp_path: Path
) -> None:
    good, torn, empty = (photograph(SHOES, name, 10) for name in ("good.png", "torn.png", "empty.png"))
    torn.path.write_bytes(torn.path.read_bytes()[:20])
    empty.path.write_bytes(b"")
    gone = Photograph(tmp_path / "gone.png", "shoes/gone.png", SHOES)

    found = measure_photos(scripted({10: ("a", "a", 0.9)}), [torn, good, empty, gone])

    assert [result.photograph for result in found.results] == [good]
    reasons = {skipped.path: skipped.reason for skipped in found.skipped}
    assert list(reasons) == ["shoes/torn.png", "shoes/empty.png", "shoes/gone.png"]
    assert "shorter" in reasons["shoes/torn.png"]
    assert "empty" in reasons["shoes/empty.png"]
    assert reasons["shoes/gone.png"] == os.strerror(errno.ENOENT)


def test_nothing_readable_is_an_error(scripted: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none of 1 .*; shoes/x.png: "):
        measure_photos(scripted({}), [Photograph(tmp_path / "x.png", "shoes/x.png", SHOES)])
