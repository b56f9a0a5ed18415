import io
import os
import pickle
import sys
from collections import OrderedDict
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edge.errors import ModelFileError, RuntimeMissingError
from train.network import pretrained
from train.network.pretrained import MAGIC, lite0_tensors, read_legacy_checkpoint


class Storage:
    """Numbers as PyTorch keeps them, and the name of their type."""

    def __init__(self, kind: str, numbers: list[float]) -> None:
        self.kind, self.numbers = kind, np.array(numbers, "<f4" if kind == "FloatStorage" else "<i8")


class View:
    """A tensor that pickles as PyTorch's do."""

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.parts = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.parts


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch):
    """Writes the old format, under PyTorch's names and without PyTorch."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    exec("def _rebuild_tensor_v2(): pass", utils.__dict__)  # a function of that module, as pickle wants it
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)

    def pickled(thing: object, file: io.BytesIO) -> dict[str, Storage]:
        storages: dict[str, Storage] = {}

        class Pickler(pickle.Pickler):
            def persistent_id(self, obj: object):
                if not isinstance(obj, Storage):
                    return None
                storages[str(id(obj))] = obj
                return ("storage", getattr(torch, obj.kind), str(id(obj)), "cpu", len(obj.numbers), None)

        Pickler(file, protocol=2).dump(thing)
        return storages

    def whole(tensors: object, magic: int = MAGIC) -> bytes:
        file = io.BytesIO()
        for header in (magic, 1001, {"little_endian": True}):
            pickle.dump(header, file, protocol=2)
        storages = pickled(tensors, file)
        pickle.dump(sorted(storages), file, protocol=2)
        for key in sorted(storages):
            numbers = storages[key].numbers
            file.write(len(numbers).to_bytes(8, "little") + numbers.tobytes())
        return file.getvalue()

    return whole


def test_a_tensor_is_what_its_offset_and_strides_choose(write) -> None:
    numbers = Storage("FloatStorage", [0, 1, 2, 3, 4, 5, 6])
    tensors = read_legacy_checkpoint(
        write(
            OrderedDict(
                columns=View(numbers, 1, (2, 3), (1, 2)),
                rows=View(numbers, 1, (2, 3), (3, 1)),
                number=View(Storage("LongStorage", [7]), 0, (), ()),
            )
        )
    )
    assert tensors["columns"].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert tensors["rows"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert (tensors["number"].shape, tensors["number"].item()) == ((), 7)
    assert [array.dtype for array in tensors.values()] == [np.float32, np.float32, np.int64]
    assert all(array.flags.c_contiguous and array.flags.writeable for array in tensors.values())


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        pytest.param(1, (2, 3), (3, 1), id="beyond the end"),
        pytest.param(-1, (2,), (1,), id="before the start"),
        pytest.param(5, (2,), (-1,), id="backwards"),
        pytest.param(0, (2, 3), (1,), id="an axis without a stride"),
    ],
)
def test_a_tensor_outside_of_its_storage_is_refused(write, offset, shape, strides) -> None:
    view = View(Storage("FloatStorage", [0, 1, 2, 3, 4, 5]), offset, shape, strides)
    with pytest.raises(ModelFileError):
        read_legacy_checkpoint(write({"x": view}))


class Attack:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_calls_nothing(write, tmp_path: Path) -> None:
    content = write({"x": Attack(tmp_path / "made")})
    with pytest.raises(ModelFileError, match=r"posix\.mkdir|nt\.mkdir"):
        read_legacy_checkpoint(content)
    assert not (tmp_path / "made").exists()


def test_other_and_damaged_files_are_refused(write) -> None:
    good = write({"x": View(Storage("FloatStorage", [1, 2, 3, 4]), 0, (4,), (1,))})
    assert read_legacy_checkpoint(good)["x"].tolist() == [1, 2, 3, 4]
    for content in (good[:-1], good[:40], b"", b"PK\x03\x04" + bytes(60), write({}, magic=1), write(["no names"])):
        with pytest.raises(ModelFileError):
            read_legacy_checkpoint(content)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(pretrained, "distribution", missing)
    with pytest.raises(RuntimeMissingError, match=r"edge-classify\[transfer\]"):
        lite0_tensors()


@pytest.mark.parametrize("content", [None, b"another file"])
def test_a_package_without_its_file_or_with_another_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / pretrained.FILE
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)

    class Package:
        @staticmethod
        def locate_file(name: str) -> Path:
            return tmp_path / name

    monkeypatch.setattr(pretrained, "distribution", lambda name: Package)
    with pytest.raises(ModelFileError, match=str(path)):
        lite0_tensors()


def test_the_package_holds_the_weights_that_google_trained(lite0_weights: None) -> None:
    tensors = lite0_tensors()

    counts = {name: array.size for name, array in tensors.items() if array.dtype == np.float32}
    assert sum(counts.values()) == 4_652_008 + 2 * 21_008  # as published, and mean and variance of the norms' channels
    # Their file's storages are in TensorFlow's order of axes: rows, columns, in, out.
    (path,) = (file for file in distribution(pretrained.DISTRIBUTION).files or () if file.suffix == ".pth")
    stem = np.ascontiguousarray(tensors["_conv_stem.weight"].transpose(2, 3, 1, 0)).tobytes()
    assert stem in Path(str(path.locate())).read_bytes()
