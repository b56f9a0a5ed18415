"""Every command lists the same image files of a folder."""

from pathlib import Path

import pytest

from edge.images.files import image_files, images_by_folder


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_hidden_files_other_files_and_folders_are_no_images(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", "._b.JPG", "notes.txt")
    (tmp_path / "folder.jpg").mkdir()
    assert image_files(tmp_path) == [tmp_path / "a.png", tmp_path / "b.JPG"]


def test_a_link_to_nowhere_is_listed_so_that_its_reader_names_it(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    assert image_files(tmp_path) == [tmp_path / "gone.jpg"]


def test_folders_are_sorted_and_may_be_empty_but_not_hidden(tmp_path: Path) -> None:
    touch(tmp_path / "shirts", "2.jpg", "1.jpg")
    touch(tmp_path / "empty", "readme.txt")
    touch(tmp_path / ".git", "y.png")
    touch(tmp_path, "loose.jpg")
    folders = images_by_folder(tmp_path)
    assert list(folders.items()) == [
        ("empty", []),
        ("shirts", [tmp_path / "shirts" / "1.jpg", tmp_path / "shirts" / "2.jpg"]),
    ]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        image_files(tmp_path / "none")
