"""Parquet files with images or their paths: columns of all kinds, files that changed, and how much of them is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge.bulk import arrow
from edge.bulk.items import UNKNOWN_SIZE, Item
from edge.bulk.listing import Archive
from edge.bulk.reading import ImageReader, read_items
from edge.errors import ConfigError, DatasetError
from tests.edge.bulk.conftest import Bucket, garment, names

Write = Callable[..., Path]


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
    for start in range(16, 640, 16):  # 40 chunks; every sixth is another worker's
        if start % 96:
            assert [got for _, got in reader.read(items[start : start + 16])] == images[start : start + 16]
    assert bucket.sent_bytes < 1.1 * len(content)
    assert [got for _, got in reader.read([items[3], items[639]])] == [images[3], images[639]]  # back, and on


def test_a_column_of_paths_names_files_beside_it_and_elsewhere(archive: Write, bucket: Bucket, tmp_path: Path) -> None:
    folder = archive(2)
    bucket.objects["photos/a.jpg"] = garment(4)
    paths = ["other/../photos/000.jpg", str(folder / "001.jpg"), None, "photos/none.jpg"]
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
    (folder / "c.parquet").symlink_to("nowhere")
    found = Archive()
    assert names(found, folder) == ["000.jpg", "a.parquet#0"]
    assert "scores.parquet" in caplog.text
    assert found.unreadable == [str(folder / "b.parquet"), str(folder / "c.parquet")]


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


def test_a_parquet_file_in_a_bucket_is_read_there(bucket: Bucket, tmp_path: Path) -> None:
    bucket.objects["b/train.parquet"] = parquet(tmp_path / "t.parquet", image=pa.array(IMAGES)).read_bytes()
    archive = Archive()
    items = list(archive.items([bucket.url("b")]))
    assert [item.path for item in items] == [f"s3://b/train.parquet#{row}" for row in range(5)]
    assert [content for _, content in read_items(items[3:], archive.filesystems, column=None)] == [
        garment(3),
        garment(4),
    ]
