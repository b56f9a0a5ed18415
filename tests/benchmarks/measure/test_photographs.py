"""Finding photographs in folders called like labels."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from benchmarks.measure.photographs import Photograph, find_folders, label_photographs
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
