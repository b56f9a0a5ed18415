"""Every command lists the same image files of a folder, and names what it leaves out."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from edge.errors import DatasetError
from edge.images import folders, kinds
from edge.images.folders import (
    first_image_below,
    list_class_folders,
    list_images,
    refuse_parts_beside_others,
    split_parts,
)
from edge.images.kinds import Kind

PNG, HEIC, VIDEO = (
    b"\x89PNG\r\n\x1a\n",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    b"\0\0\0\x18ftypisom\0\0\0\0isom",
)


def lay(folder: Path, **files: bytes) -> None:
    """Write files whose names have an underscore for the dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)


@pytest.fixture
def no_heic(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(kind: Kind) -> bool:
        return kind is not kinds.HEIC and is_readable(kind)

    is_readable = kinds.is_readable
    monkeypatch.setattr(folders, "is_readable", without)


@pytest.mark.usefixtures("no_heic")
def test_images_are_known_by_their_bytes_and_the_others_counted_by_kind(tmp_path: Path) -> None:
    lay(tmp_path, b_jpe=b"\xff\xd8\xff\xe0", a_txt=PNG, c_heic=HEIC, d_jpg=HEIC, e_mp4=VIDEO, notes_txt=b"x")
    lay(tmp_path, **{"._b_jpe": b"resource fork"})
    (tmp_path / "folder.jpg").mkdir()
    found = list_images(tmp_path)
    assert [path.name for path in found.images] == ["a.txt", "b.jpe"]
    assert [(each.kind.name, [path.name for path in each.paths]) for each in found.left_out] == [
        ("HEIC", ["c.heic", "d.jpg"]),
        ("video", ["e.mp4"]),
        ("other", ["notes.txt"]),
    ]
    assert found.left_out[0].sentence().startswith("2 HEIC photographs (c.heic and others): pip install")


def test_the_record_beside_an_image_belongs_to_it(tmp_path: Path) -> None:
    """Snapshots and corrections have one; another JSON file is left out and said."""
    lay(tmp_path, one_jpg=PNG, one_json=b"{}", two_json=b"{}")
    found = list_images(tmp_path)
    assert [path.name for path in found.images] == ["one.jpg"]
    assert [[path.name for path in each.paths] for each in found.left_out] == [["two.json"]]


def test_what_claims_to_be_an_image_is_listed_so_that_its_reader_names_it(tmp_path: Path) -> None:
    lay(tmp_path, empty_png=b"", text_jpg=b"hello")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.png")  # opening it would wait for a writer
    assert [path.name for path in list_images(tmp_path).images] == ["empty.png", "gone.jpg", "pipe.png", "text.jpg"]
    with pytest.raises(OSError, match="regular"):
        kinds.kind_of_file(tmp_path / "pipe.png")


def test_class_folders_are_sorted_may_nest_and_may_be_empty_but_not_hidden(tmp_path: Path) -> None:
    lay(tmp_path / "shirts" / "2024" / "may", deep_png=PNG)
    lay(tmp_path / "shirts", a_png=PNG)
    (tmp_path / "shirts" / "2024" / "again").symlink_to(tmp_path / "shirts")  # a circle
    lay(tmp_path / "empty", readme_md=b"x")
    lay(tmp_path / ".git", y_png=PNG)
    lay(tmp_path, loose_png=PNG, notes_txt=b"x")
    found = list_class_folders(tmp_path)
    assert list(found.images.items()) == [
        ("empty", ()),
        ("shirts", (tmp_path / "shirts" / "2024" / "may" / "deep.png", tmp_path / "shirts" / "a.png")),
    ]
    assert [(each.kind.name, len(each.paths)) for each in found.left_out] == [("unsorted", 1), ("other", 2)]


def test_each_kind_that_is_left_out_is_one_line_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lay(tmp_path / "a", **{f"{number}_svg": b"<svg>" for number in range(12)}, x_psd=b"8BPS")
    with caplog.at_level(logging.WARNING):
        list_class_folders(tmp_path).log_left_out(tmp_path)
    assert ["12 SVG drawings" in caplog.messages[0], "1 Photoshop image (x.psd)" in caplog.messages[1]] == [True, True]
    assert len(caplog.messages) == 2


def test_an_image_that_lies_deeper_is_found_for_a_hint(tmp_path: Path) -> None:
    lay(tmp_path, own_png=PNG)
    assert first_image_below(tmp_path) is None
    lay(tmp_path / "a" / "b", notes_txt=b"x", x_gif=PNG)
    assert first_image_below(tmp_path) == tmp_path / "a" / "b" / "x.gif"


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["test/a", "Train/a", "valid/a"], ("Train", "valid", "test")),
        (["train/a", "val/b"], ("train", "val")),
        (["train/a"], ()),
        (["train/a", "shirts/a"], ()),
        (["train", "test"], ()),
        (["test/a", "train/a", "Train/a"], ("Train", "train", "test")),
        (["train/.cache", "test/.cache"], ()),
    ],
    ids=["three", "two", "one class of trains", "other folders", "classes", "names of either case", "hidden folders"],
)
def test_a_data_set_that_comes_split_is_known_by_its_folders(
    tmp_path: Path, names: list[str], parts: tuple[str, ...]
) -> None:
    for name in names:
        (tmp_path / name).mkdir(parents=True)
    assert split_parts(tmp_path) == parts


@pytest.mark.parametrize(
    ("names", "nested"),
    [
        (["train/a", "Valid/a", "extra"], "train"),
        (["train", "test/a"], "test"),
        (["train/a", "extra/a"], None),
        (["train", "test", "extra"], None),
        (["a", "b"], None),
    ],
    ids=["beside another", "an empty part", "one part", "classes called like parts", "classes"],
)
def test_parts_beside_other_folders_are_refused(tmp_path: Path, names: list[str], nested: str | None) -> None:
    for name in names:
        (tmp_path / name).mkdir(parents=True)

    if nested is None:
        refuse_parts_beside_others(tmp_path, flag="")
    else:
        with pytest.raises(DatasetError, match=f" {tmp_path / nested}$"):
            refuse_parts_beside_others(tmp_path, flag="")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list_images(tmp_path / "none")
