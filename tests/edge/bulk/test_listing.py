"""Inputs and the images that they name: folders, globs, Parquet files, buckets; and those that name nothing."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.bulk import listing
from edge.bulk.items import UNKNOWN_SIZE, Item
from edge.bulk.listing import Archive, matches
from edge.bulk.reading import read_items
from edge.errors import ConfigError, SourceError
from tests.edge.bulk.conftest import Bucket, garment, names

Write = Callable[..., Path]


def test_a_folder_is_listed_to_its_depths_without_hidden_files_and_the_output(
    archive: Write, caplog: pytest.LogCaptureFixture
) -> None:
    folder = archive(4)
    for path in ("inner/plain", ".hidden/a.jpg", "._000.jpg", "out/m-1/least_certain.png"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(garment(0))
    (folder / "notes.txt").write_text("no image")
    with caplog.at_level(logging.WARNING):
        found = list(Archive(exclude=folder / "out").items([str(folder)]))
    assert [Path(item.path).relative_to(folder).as_posix() for item in found] == [
        *("000.jpg", "001.jpg", "003.jpg", "inner/002.jpg", "inner/plain")
    ]
    assert found[0] == Item(str(folder / "000.jpg"), len(garment(0)), (folder / "000.jpg").stat().st_mtime_ns)
    assert "notes.txt" in caplog.text


def test_an_input_is_also_an_image_or_a_glob_and_paths_are_absolute(
    archive: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = archive(5)
    monkeypatch.chdir(folder)
    assert names(Archive(), "**/00[12].jpg") == ["001.jpg", "002.jpg"]
    (item,) = Archive().items(["inner/../003.jpg"])
    assert item.path == str(folder / "003.jpg")
    assert names(Archive(), "*") == ["000.jpg", "001.jpg", "003.jpg", "004.jpg"]
    assert caplog.records[-1].args == (f"{folder}/*", 1)  # a folder
    assert names(Archive(), "*.jpg", "inner") == ["000.jpg", "001.jpg", "003.jpg", "004.jpg", "002.jpg"]


def test_links_in_circles_are_not_followed_twice(archive: Write) -> None:
    folder = archive(4)
    for name in ("back", "inner/back"):
        (folder / name).symlink_to(folder)
    (folder / "other").symlink_to(folder / "inner")
    assert names(Archive(), folder) == ["000.jpg", "001.jpg", "003.jpg", "002.jpg"]
    found = [Path(item.path).relative_to(folder) for item in Archive().items([f"{folder}/**/*.jpg"])]
    assert list(map(str, found)) == ["000.jpg", "001.jpg", "003.jpg", "inner/002.jpg", "other/002.jpg"]


def test_two_stars_are_any_depth_as_a_whole_part_and_enter_the_hidden_folders_that_are_named(archive: Write) -> None:
    folder = archive(3)  # 000.jpg, 001.jpg, inner/002.jpg
    for path in ("inner/deep/a.jpg", "inner/.h/b.jpg", "inner/.h/.c.jpg", ".h/d.jpg"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(garment(0))
    for pattern, expected in {
        "**/*.jpg": ["000.jpg", "001.jpg", "002.jpg", "a.jpg"],
        "**/.h/*.jpg": ["d.jpg", "b.jpg"],
        "**/.h/.*": [".c.jpg"],
        "**/[!.]*/a*": ["a.jpg"],
        "**/i*/**/*.jpg": ["002.jpg", "a.jpg"],
        "**.jpg": ["000.jpg", "001.jpg"],
        "i**/*.jpg": ["002.jpg"],
        "*/deep/**": ["a.jpg"],
        "*/**": ["002.jpg", "a.jpg"],
    }.items():
        assert names(Archive(), f"{folder}/{pattern}") == expected, pattern


def test_a_glob_opens_the_folders_alone_in_which_a_match_may_be_and_leaves_out_closed_ones(
    archive: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = archive(3)
    for path in ("one/Pictures/a.jpg", "two/Pictures/closed/b.jpg", "two/Music/c.jpg"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(garment(0))
    opened: list[str] = []
    iterdir = Path.iterdir

    def listed(path: Path) -> Iterator[Path]:  # the tests may run as root, to whom nothing is closed
        opened.append(path.name)
        if path.name == "closed":
            raise PermissionError(13, os.strerror(13), str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", listed)
    assert names(Archive(), f"{folder}/*/Pictures/**") == ["a.jpg"]
    assert opened == ["Pictures", "Pictures", "closed"]
    assert [record.args for record in caplog.records] == [(folder / "two/Pictures/closed",)]


def test_an_input_that_is_the_output_is_refused_as_such(archive: Write) -> None:
    folder = archive(1)
    for text in (folder, f"{folder}/*.jpg"):
        with pytest.raises(ConfigError):
            list(Archive(exclude=folder).items([str(text)]))
    assert names(Archive(exclude=folder), folder / "000.jpg") == ["000.jpg"]  # named itself


def test_names_that_are_not_utf_8_are_left_out_and_named(archive: Write, caplog: pytest.LogCaptureFixture) -> None:
    folder = archive(1)
    Path(os.fsdecode(os.fsencode(folder) + b"/a\xe9.jpg")).write_bytes(garment(0))
    assert names(Archive(), folder) == ["000.jpg"]
    assert "a\\xe9.jpg" in caplog.text


def test_an_absent_file_that_a_link_names_is_left_to_its_reader(archive: Write) -> None:
    folder = archive(1)
    (folder / "gone.jpg").symlink_to("nowhere")
    *_, item = Archive().items([str(folder)])
    assert item.size == UNKNOWN_SIZE
    ((_, reason),) = read_items([item], {}, column=None)
    assert reason == os.strerror(2)


@pytest.mark.parametrize(
    ("text", "error"),
    [("", ConfigError), ("absent", SourceError), ("empty", SourceError), ("no*match", SourceError),
     ("ftp://host/a", ConfigError), ("http://host/a.jpg", ConfigError)],
)  # fmt: skip
def test_what_names_nothing_is_refused(
    text: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        list(Archive().items([text]))


# ---- object stores


def test_a_bucket_is_listed_and_read_and_its_secret_stays_out_of_paths(
    bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.objects = {
        "b/p/a.jpg": garment(0),
        "b/p/in/ä c.png": garment(1),
        "b/p/.x/d.jpg": b"",
        "b/p/e.txt": b"",
        "b/q.jpg": b"",
    }
    archive = Archive()
    items = list(archive.items([bucket.url("b/p")]))
    second = 1_767_323_045 * 10**9  # 2026-01-02 03:04:05 UTC
    assert items == [
        Item("s3://b/p/a.jpg", len(garment(0)), second),
        Item("s3://b/p/in/ä c.png", len(garment(1)), second),
    ]
    assert bucket.read == []
    assert [content for _, content in read_items(items, archive.filesystems, column=None)] == [garment(0), garment(1)]
    assert names(Archive(), bucket.url("b/p/**/*.png")) == ["ä c.png"]
    assert names(Archive(), bucket.url("b/p/a.jpg")) == ["a.jpg"]
    assert "secret" not in caplog.text
    sent = pickle.loads(pickle.dumps(archive.filesystems))  # to the workers
    assert [content for _, content in read_items(items[:1], sent, column=None)] == [garment(0)]


def test_a_bucket_without_rights_or_images_is_refused_without_its_secret(bucket: Bucket) -> None:
    for path in ("denied/p", "b/none"):
        with pytest.raises(SourceError) as raised:
            list(Archive().items([bucket.url(path)]))
        assert "secret" not in str(raised.value)
        assert path in str(raised.value)


def test_an_object_that_can_not_be_read_is_a_reason(bucket: Bucket) -> None:
    bucket.objects["b/a.jpg"] = garment(0)
    archive = Archive()
    items = [*archive.items([bucket.url("b")]), Item("s3://b/gone.jpg", 5, 0)]
    (_, first), (_, second) = read_items(items, archive.filesystems, column=None)
    assert first == garment(0)
    assert isinstance(second, str)


def test_google_storage_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    monkeypatch.setattr(listing.arrow, "filesystem_of", lambda url: opened.append(url) or (None, "b"))
    monkeypatch.setattr(listing.arrow, "files_below", lambda *_: [])
    for url in ("gs://b/p", "gs://b/p?retry_limit_seconds=5&scheme=http"):
        with pytest.raises(SourceError):
            list(Archive().items([url]))
    assert opened == ["gs://b?retry_limit_seconds=30", "gs://b?retry_limit_seconds=5&scheme=http"]


@pytest.mark.parametrize(
    ("path", "pattern", "is_match"),
    [("b/a.jpg", "b/*.jpg", True), ("b/c/a.jpg", "b/*.jpg", False), ("b/c/a.jpg", "b/**/*.jpg", True),
     ("b/a.jpg", "b/**/*.jpg", True), ("b/x1.png", "b/x[0-4].png", True), ("b/x1.png", "b/x[!0-4].png", False),
     ("b/a+b.png", "b/a+b.*", True), ("b/a", "b/?", True), ("b/c/a.jpg", "b/**.jpg", False),
     ("b/sc/d/a.jpg", "b/s**/*.jpg", False), ("b/.h/a.jpg", "b/**/*.jpg", False), ("b/c/.h/a.jpg", "b/**/.h/*", True)],
)  # fmt: skip
def test_globs_of_urls(path: str, pattern: str, is_match: bool) -> None:
    assert matches(path, pattern) is is_match
