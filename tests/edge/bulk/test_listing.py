"""Inputs and the images that they name: folders, globs, Parquet files, buckets; and those that name nothing."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge.bulk import arrow, listing
from edge.bulk.items import UNKNOWN_SIZE, Item
from edge.bulk.listing import Archive, matches
from edge.bulk.reading import ImageReader, read_items
from edge.errors import ConfigError, DatasetError, SourceError
from tests.edge.bulk.conftest import Bucket, garment

Write = Callable[..., Path]


def names(archive: Archive, *inputs: object) -> list[str]:
    """File names, or what follows the last slash."""
    return [item.path.rpartition("/")[2] for item in archive.items([str(each) for each in inputs])]


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
    archive: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive(5)
    monkeypatch.chdir(folder)
    assert names(Archive(), "**/00[12].jpg") == ["001.jpg", "002.jpg"]
    (item,) = Archive().items(["inner/../003.jpg"])
    assert item.path == str(folder / "003.jpg")
    assert names(Archive(), "*.jpg", "inner") == ["000.jpg", "001.jpg", "003.jpg", "004.jpg", "002.jpg"]


def test_links_in_circles_name_nothing_twice(archive: Write) -> None:
    folder = archive(4)
    for name in ("back", "inner/back"):
        (folder / name).symlink_to(folder)
    (folder / "other").symlink_to(folder / "inner")
    assert names(Archive(), folder) == ["000.jpg", "001.jpg", "003.jpg", "002.jpg"]
    found = [Path(item.path).relative_to(folder) for item in Archive().items([f"{folder}/**/*.jpg"])]
    assert list(map(str, found)) == ["000.jpg", "001.jpg", "003.jpg", "inner/002.jpg", "other/002.jpg"]


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


# ---- Parquet


def parquet(path: Path, **columns: pa.Array) -> Path:
    """A file with two rows to a row group."""
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
IMAGES = [garment(0), None, garment(2), garment(3), garment(4)]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(IMAGES, pa.binary()),
        pa.array(IMAGES, pa.large_binary()),
        pa.array([{"bytes": each, "path": "x.jpg"} for each in IMAGES], STRUCT),
        pa.array(IMAGES, pa.binary_view()),
        pa.array(IMAGES, pa.binary()).dictionary_encode(),
    ],
    ids=["binary", "large binary", "Hugging Face", "binary view", "dictionary"],
)  # fmt: skip
def test_images_in_a_column_are_rows_of_the_file(column: pa.Array, tmp_path: Path) -> None:
    file = parquet(tmp_path / "train.parquet", label=pa.array(range(5)), image=column)
    archive = Archive()
    items = list(archive.items([str(file)]))
    assert [item.path for item in items] == [f"{file}#{row}" for row in range(5)]
    assert items[3] == Item(f"{file}#3", UNKNOWN_SIZE, file.stat().st_mtime_ns, str(file), 3)
    assert [Item.at(item.path)[3:] for item in items] == [(str(file), row) for row in range(5)]
    some = [items[1], items[2], items[4]]
    assert list(read_items(some, {}, column=None)) == [(some[0], b""), (some[1], garment(2)), (some[2], garment(4))]


def test_equal_images_of_a_fixed_size_are_a_column_of_bytes(tmp_path: Path) -> None:
    same = pa.array([garment(0)] * 3, pa.binary(len(garment(0))))
    file = parquet(tmp_path / "a.parquet", **{"image.width": pa.array(["x", "y", "z"]), "image": same})
    items = list(Archive(column="image").items([str(file)]))
    assert [content for _, content in read_items(items, {}, column="image")] == [garment(0)] * 3


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"bytes": None, "path": path} for path in ("photos/000.jpg", "photos/001.jpg", None)], STRUCT),
        pa.array(["photos/000.jpg", "photos/001.jpg", None]).dictionary_encode(),
        pa.array(["photos/000.jpg", "photos/001.jpg", None], pa.string_view()),
    ],
    ids=["Hugging Face without its images", "dictionary", "string view"],
)
def test_paths_in_columns_of_any_kind(
    column: pa.Array, archive: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive(2)
    file = parquet(tmp_path / "list.parquet", image=column)
    assert names(Archive(), file) == ["000.jpg", "001.jpg"]
    assert [record.args for record in caplog.records] == [(1, str(file))]  # no row is lost in silence


def test_a_huge_row_group_is_read_once_by_all_chunks_and_never_as_a_whole(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "_BUFFER_BYTES", 2**16)
    rng = np.random.default_rng(0)
    images = [rng.bytes(8000) for _ in range(640)]
    pq.write_table(
        pa.table({"image": images}), tmp_path / "a.parquet", use_dictionary=False, write_batch_size=8
    )  # one row group
    content = bucket.objects["b/a.parquet"] = (tmp_path / "a.parquet").read_bytes()
    archive = Archive()
    items = list(archive.items([bucket.url("b/a.parquet")]))
    reader = ImageReader(archive.filesystems, column=None)
    bucket.sent_bytes = 0
    assert [got for _, got in reader.read(items[:16])] == images[:16]
    assert bucket.sent_bytes < len(content) / 3
    for start in range(16, 640, 16):  # 40 chunks; every second one may be another worker's
        if start % 96:
            assert [got for _, got in reader.read(items[start : start + 16])] == images[start : start + 16]
    assert bucket.sent_bytes < 1.1 * len(content)
    assert [got for _, got in reader.read([items[3], items[639]])] == [images[3], images[639]]  # back, and on


def test_a_column_of_paths_names_files_beside_it_and_elsewhere(archive: Write, bucket: Bucket, tmp_path: Path) -> None:
    folder = archive(2)
    bucket.objects["photos/a.jpg"] = garment(4)
    paths = ["photos/000.jpg", str(folder / "001.jpg"), None, "photos/none.jpg"]
    file = parquet(tmp_path / "list.parquet", where=pa.array(paths), number=pa.array(range(4)))
    with pytest.raises(ConfigError):
        list(Archive().items([str(file)]))  # of another name, and text
    found = list(Archive(column="where").items([str(file)]))
    assert [(item.path, item.size) for item in found] == [
        (str(folder / "000.jpg"), len(garment(0))), (str(folder / "001.jpg"), len(garment(1))),
        (str(folder / "none.jpg"), UNKNOWN_SIZE),
    ]  # fmt: skip


def test_parquet_files_in_a_folder_count_where_they_hold_images(
    archive: Write, caplog: pytest.LogCaptureFixture
) -> None:
    folder = archive(1)
    parquet(folder / "a.parquet", image=pa.array(IMAGES[:1]))
    parquet(folder / "scores.parquet", number=pa.array([1]))
    (folder / "b.parquet").write_bytes(b"PAR1")
    found = Archive()
    assert names(found, folder) == ["000.jpg", "a.parquet#0"]
    assert "scores.parquet" in caplog.text
    assert found.unreadable == [str(folder / "b.parquet")]


@pytest.mark.parametrize(("column", "error"), [("number", ConfigError), ("absent", ConfigError), (None, DatasetError)])
def test_parquet_files_without_such_a_column_or_damaged_are_refused(
    column: str | None, error: type[Exception], tmp_path: Path
) -> None:
    file = parquet(tmp_path / "a.parquet", image=pa.array(IMAGES[:1]), number=pa.array([1]))
    if column is None:
        file.write_bytes(b"PAR1")
    with pytest.raises(error):
        list(Archive(column=column).items([str(file)]))


def test_a_parquet_file_that_has_changed_since_is_an_error_of_its_rows(tmp_path: Path) -> None:
    file = parquet(tmp_path / "a.parquet", image=pa.array(IMAGES[2:]))
    items = list(Archive().items([str(file)]))
    parquet(file, image=pa.array(IMAGES[2:4]))
    contents = [content for _, content in read_items(items, {}, column=None)]
    assert contents[:2] == [garment(2), garment(3)]
    assert isinstance(contents[2], str)
    file.unlink()
    assert all(isinstance(content, str) for _, content in read_items(items, {}, column=None))


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


def test_a_parquet_file_in_a_bucket_is_read_there(bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects["b/train.parquet"] = parquet(tmp_path / "t.parquet", image=pa.array(IMAGES)).read_bytes()
    archive = Archive()
    items = list(archive.items([bucket.url("b")]))
    assert [item.path for item in items] == [f"s3://b/train.parquet#{row}" for row in range(5)]
    assert [content for _, content in read_items(items[3:], archive.filesystems, column=None)] == [
        garment(3),
        garment(4),
    ]


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
     ("b/a+b.png", "b/a+b.*", True), ("b/a", "b/?", True)],
)  # fmt: skip
def test_globs_of_urls(path: str, pattern: str, is_match: bool) -> None:
    assert matches(path, pattern) is is_match
