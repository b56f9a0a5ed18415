"""The data set from a made-up folder: missing, damaged, foreign or whole; and the real one where it is."""

from __future__ import annotations

import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.datasets import fashion_mnist
from edge.datasets.fashion_mnist import LabelledImages
from edge.errors import DatasetError

IMAGES = np.arange(2 * 28 * 28).astype(np.uint8).reshape(2, 28, 28)
LABELS = np.array([9, 4], np.uint8)


def idx(array: np.ndarray) -> bytes:
    """An IDX file: two zeros, type 8 (uint8), number of axes, sizes as big-endian uint32, data."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder the data set belongs in."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    path = tmp_path / "keras" / "datasets" / "fashion-mnist"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def write_small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Write a data set of two images a split, whose checksums are then the expected ones."""
    files = fashion_mnist._FILES
    contents = (idx(IMAGES), idx(LABELS))
    for split in ("train", "test"):
        pairs = zip(files[split], contents, strict=True)
        checked = tuple((name, hashlib.md5(content).hexdigest()) for (name, _), content in pairs)
        monkeypatch.setitem(files, split, checked)

    def write() -> None:
        for split in ("train", "test"):
            for (name, _), content in zip(files[split], contents, strict=True):
                (folder / name).write_bytes(gzip.compress(content))

    return write


def test_folder_follows_keras_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fashion_mnist.folder() == folder
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", "/home/ada")
    default = Path("/home/ada/.keras/datasets/fashion-mnist")
    assert fashion_mnist.folder() == default


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_whole_data_set_is_read_without_a_download(write_small: Callable[[], None], split: str) -> None:
    assert not fashion_mnist.is_present()
    write_small()
    assert fashion_mnist.is_present()
    images, labels = fashion_mnist.load(split, download=lambda: pytest.fail("nothing is missing"))
    assert images.dtype == labels.dtype == np.uint8
    assert np.array_equal(images, IMAGES)
    assert labels.tolist() == [9, 4]


def test_one_missing_file_means_absent(write_small: Callable[[], None], folder: Path) -> None:
    write_small()
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    assert not fashion_mnist.is_present()


def test_a_missing_data_set_names_both_ways_out(folder: Path) -> None:
    with pytest.raises(DatasetError) as caught:
        fashion_mnist.load("test")
    sentence = str(caught.value)
    assert sentence == fashion_mnist.missing_message()
    assert [fact for fact in ("connect", "*-ubyte.gz", str(folder), "KERAS_HOME") if fact not in sentence] == []
    assert "\n" not in sentence


def test_what_is_missing_is_downloaded_once_and_its_chatter_kept_off_stdout(
    write_small: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def download() -> None:
        print("Downloading data")  # noqa: T201  # as Keras does
        write_small()

    images, _ = fashion_mnist.load("test", download=download)
    assert len(images) == 2
    assert capsys.readouterr() == ("", "Downloading data\n")


def test_a_download_that_fails_says_the_same_sentence(folder: Path) -> None:
    def download() -> None:
        raise Exception("URL fetch failure")  # as Keras does

    with pytest.raises(DatasetError) as caught:
        fashion_mnist.load("train", download=download)
    assert str(caught.value) == fashion_mnist.missing_message()
    assert str(caught.value.__cause__) == "URL fetch failure"


def test_a_download_that_brings_nothing_says_the_same_sentence(folder: Path) -> None:
    with pytest.raises(DatasetError, match="isn't on this machine"):
        fashion_mnist.load("train", download=lambda: None)


@pytest.mark.parametrize(
    "damage",
    [lambda whole: b"", lambda whole: whole[: len(whole) // 2], lambda whole: b"<html>", lambda whole: whole[:20]],
    ids=["empty", "half", "a web page", "header only"],
)
def test_a_damaged_file_is_named(
    write_small: Callable[[], None], folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    write_small()
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError, match="t10k-images-idx3.*remove"):
        fashion_mnist.load("test")


def test_flipped_bits_inside_the_compressed_data_are_found(write_small: Callable[[], None], folder: Path) -> None:
    write_small()
    path = folder / "t10k-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    for place in range(12, len(content) - 8, 40):
        damaged = content.copy()
        damaged[place] ^= 0xFF
        path.write_bytes(bytes(damaged))
        with pytest.raises(DatasetError, match=r"t10k-images"):
            fashion_mnist.load("test")


def test_other_data_is_refused_by_its_checksum(write_small: Callable[[], None], folder: Path) -> None:
    write_small()
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([1, 2], np.uint8))))
    with pytest.raises(DatasetError, match=r"train-labels-idx1-ubyte\.gz .*checksum"):
        fashion_mnist.load("train")
    assert fashion_mnist.load("test")[1].tolist() == [9, 4]


def test_another_compression_of_the_same_data_passes(write_small: Callable[[], None], folder: Path) -> None:
    write_small()
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(IMAGES), compresslevel=1, mtime=1))
    assert np.array_equal(fashion_mnist.load("test")[0], IMAGES)


def test_unknown_split_is_refused() -> None:
    with pytest.raises(DatasetError, match="got 'validation'"):
        fashion_mnist.load("validation")


@pytest.mark.real_data
@pytest.mark.usefixtures("fashion_mnist_present")
@pytest.mark.parametrize(
    ("split", "count", "first"),
    [("train", 60_000, [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]), ("test", 10_000, [9, 2, 1, 1, 6, 1, 4, 6, 5, 7])],
)
def test_the_published_data_set(split: str, count: int, first: list[int]) -> None:
    images, labels = fashion_mnist.load(split)
    assert images.shape == (count, 28, 28)
    assert labels[:10].tolist() == first
    assert np.bincount(labels).tolist() == [count // 10] * 10


def test_the_digest_is_of_pixels_and_labels() -> None:
    images, labels = np.full((2, 1, 1), 7, np.uint8), np.array([0, 1], np.uint8)

    assert LabelledImages(images, labels).sha256 == hashlib.sha256(b"\7\7\0\1").hexdigest()
    assert LabelledImages(images, labels[::-1]).sha256 != LabelledImages(images, labels).sha256
