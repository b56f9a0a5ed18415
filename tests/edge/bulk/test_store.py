"""The output folder: whole parts, what the next call finds, other models beside it, and who may write."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.artifact.spec import ModelSpec
from edge.bulk import arrow, store
from edge.bulk.items import Item
from edge.bulk.store import Store, beside, describe, spec_sha256
from edge.bulk.worker import Job
from edge.errors import ConfigError, DatasetError
from edge.vision.region import Region

SPEC = ModelSpec()


def rows(*numbers: int, size: int = 1, sha256: str | None = "ab" * 32) -> arrow.Table:
    """Rows of files that are called like numbers."""
    return arrow.rows_table([{"path": f"/{number}", "size": size, "mtime": 1, "sha256": sha256} for number in numbers])


def paths(folder: Path) -> list[list[str]]:
    """Paths in each part."""
    return [arrow.read_part(part, ["path"])["path"].to_pylist() for part in sorted(folder.glob("part-*.parquet"))]


def items(*numbers: int, size: int = 1) -> arrow.Table:
    """A listing of the same files."""
    return arrow.items_table([Item(f"/{number}", size, 1) for number in numbers])


def pending(opened: Store, listing: arrow.Table) -> list[str]:
    return [item.path for item in arrow.items_of(opened.pending(listing))]


def test_rows_are_kept_in_whole_parts_and_the_next_call_goes_on(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "ROWS_OF_A_PART", 3)
    with Store.opened(tmp_path / "out", describe(job, SPEC)) as opened:
        opened.add(rows(0, 1))
        assert paths(opened.folder) == []
        opened.add(rows(2, 3))
        assert paths(opened.folder) == [["/0", "/1", "/2", "/3"]]
        opened.add(rows(4))
    assert paths(opened.folder) == [["/0", "/1", "/2", "/3"], ["/4"]]
    with Store.opened(tmp_path / "out", describe(job, SPEC)) as again:
        assert pending(again, items(3, 4, 5)) == ["/5"]
        again.add(rows(5))
    assert paths(again.folder)[2:] == [["/5"]]


def test_a_part_is_written_after_some_time_however_small(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 10.0, 31.0, 31.0, 32.0])
    monkeypatch.setattr(store.time, "monotonic", lambda: next(clock))
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        opened.add(rows(0))
        assert paths(opened.folder) == []
        opened.add(rows(1))
        assert paths(opened.folder) == [["/0", "/1"]]


def test_rows_that_wait_are_kept_when_a_call_is_interrupted(tmp_path: Path, job: Job) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path, job)
    (folder,) = (each for each in tmp_path.iterdir() if each.is_dir())
    assert paths(folder) == [["/0"]]


def interrupted(out: Path, job: Job) -> None:
    """A call that ends while a row waits."""
    with Store.opened(out, describe(job, SPEC)) as opened:
        opened.add(rows(0))
        raise KeyboardInterrupt


def test_a_file_that_has_changed_has_one_row_the_new_one(tmp_path: Path, job: Job) -> None:
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        opened.add(rows(0, 1, 2))
        opened.flush()
        opened.add(rows(3))
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        assert pending(opened, items(1, 3, size=2)) == ["/1", "/3"]
        assert paths(opened.folder) == [["/0", "/2"]]
        opened.add(rows(1, 3, size=2))
    assert paths(opened.folder) == [["/0", "/2"], ["/1", "/3"]]


def test_a_file_that_could_not_be_read_is_tried_again(tmp_path: Path, job: Job) -> None:
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        opened.add(rows(0, sha256=None))
        opened.add(rows(1))
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        assert pending(opened, items(0, 1)) == ["/0"]


@pytest.mark.parametrize(
    "change",
    [{"model_sha256": "f" * 64}, {"spec_sha256": "f" * 64}, {"top_k": 5}, {"roi": Region(0, 0, 1, 0.5)}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_another_model_or_setting_begins_anew_beside_the_first(
    change: dict[str, object], tmp_path: Path, job: Job
) -> None:
    other = replace(job, **change)
    for each in (job, other):
        with Store.opened(tmp_path, describe(each, SPEC)) as opened:
            assert pending(opened, items(0)) == ["/0"]
            opened.add(rows(0))
    folders = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert len(folders) == 2
    assert all(name.startswith("edge_int8-") and paths(tmp_path / name) == [["/0"]] for name in folders)


def test_workers_and_threads_change_no_row(job: Job) -> None:
    same = describe(replace(job, threads=4, filesystems={"s3://b": None}), SPEC)
    assert same["digest"] == describe(job, SPEC)["digest"]


@pytest.mark.parametrize("change", [{"column": "back"}, {"runtime": "onnxruntime"}])
def test_another_column_or_runtime_has_other_rows(job: Job, change: dict[str, str]) -> None:
    """A Parquet file's rows are called alike in each of its columns: those of one were taken for another's."""
    assert describe(replace(job, **change), SPEC)["digest"] != describe(job, SPEC)["digest"]


def test_the_digest_of_a_specification_is_of_all_that_decides() -> None:
    changed = replace(SPEC, decision=replace(SPEC.decision, threshold=0.123))
    assert spec_sha256(changed) != spec_sha256(SPEC)
    assert spec_sha256(replace(SPEC, network_sha256="ab")) == spec_sha256(SPEC)  # of the bytes, not of the meaning


def test_one_call_writes_at_a_time(tmp_path: Path, job: Job) -> None:
    with Store.opened(tmp_path, describe(job, SPEC)):
        with pytest.raises(ConfigError), Store.opened(tmp_path, describe(job, SPEC)):
            pass
        with Store.opened(tmp_path, describe(replace(job, top_k=1), SPEC)):  # another folder
            pass
    with Store.opened(tmp_path, describe(job, SPEC)):
        pass


def test_a_file_or_the_folder_of_one_model_is_no_output(tmp_path: Path, job: Job) -> None:
    (tmp_path / "file").write_text("")
    with Store.opened(tmp_path / "out", describe(job, SPEC)) as opened:
        opened.add(rows(0))
    before = sorted(tmp_path.rglob("*"))
    for out in (tmp_path / "file", opened.folder):
        with pytest.raises(ConfigError), Store.opened(out, describe(job, SPEC)):
            pass
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"digest": "of another"})])
def test_a_folder_whose_description_is_damaged_or_of_another_model_is_refused(
    text: str, tmp_path: Path, job: Job
) -> None:
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        opened.add(rows(0))
    beside(opened.folder, ".json").write_text(text)
    with pytest.raises(DatasetError), Store.opened(tmp_path, describe(job, SPEC)):
        pass
    assert paths(opened.folder) == [["/0"]]


def test_a_full_disk_leaves_the_parts_that_are_there_and_no_half_one(
    tmp_path: Path, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_table: arrow.Table, path: Path) -> None:
        path.write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, "No space left on device")

    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        opened.add(rows(0))
        opened.flush()
        monkeypatch.setattr(arrow, "write_part", full)
        opened.add(rows(1))
        with pytest.raises(OSError, match="part-000001") as raised:
            opened.flush()
    assert raised.value.errno == errno.ENOSPC
    assert paths(opened.folder) == [["/0"]]
    assert [path.name for path in opened.folder.iterdir()] == ["part-000000.parquet"]


def test_a_part_that_a_kill_left_unfinished_is_removed_and_never_read(tmp_path: Path, job: Job) -> None:
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        opened.add(rows(0))
    (opened.folder / ".part-000001.abcdefgh.unfinished.parquet").write_bytes(b"PAR1")
    with Store.opened(tmp_path, describe(job, SPEC)) as opened:
        assert pending(opened, items(0, 1)) == ["/1"]
        assert not list(opened.folder.glob(".part*"))
