"""`edge-classify bulk` from an archive to Parquet and a summary, with a pool in this process in Ray's place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

pytest.importorskip("ray", reason="bulk needs the extra `bulk`: pip install 'edge-classify[bulk]'")

from edge.bulk import archive_run, engine
from edge.bulk.archive_run import chunk_size
from tests.edge.bulk.conftest import Bucket, LocalPool, garment

Write = Callable[..., Path]
Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _without_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Pool", LocalPool)


def rows_in(out: Path) -> list[dict[str, Any]]:
    """All rows below a folder, as any reader of Parquet sees them."""
    files = [str(path) for path in sorted(out.rglob("part-*.parquet"))]
    return list(ds.dataset(files).to_table().to_pylist()) if files else []


def test_an_archive_is_classified_once_and_a_second_call_reads_nothing(
    archive: Write, edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = archive(12), tmp_path / "out"
    outcome = edge_classify("bulk", folder, "--out", out, "--json")
    assert outcome.code == 0
    said = json.loads(outcome.out)
    rows = rows_in(out)
    assert sorted(row["path"] for row in rows) == sorted(map(str, folder.rglob("*.jpg")))
    assert (said["listed"], said["classified"], said["images"], said["errors"]) == (12, 12, 12, {})
    assert sum(said["labels"].values()) == 12
    assert said["images_per_s"] > 0
    assert {row["label"] for row in rows} == set(said["labels"])
    monkeypatch.setattr(LocalPool, "started", None)  # no worker is needed
    again = json.loads(edge_classify("bulk", folder, "--out", out, "--json").out)
    assert (again["listed"], again["classified"], again["images"]) == (12, 0, 12)
    assert again["labels"] == said["labels"]
    assert rows_in(out) == rows


def test_what_is_new_or_changed_is_classified_and_has_one_row(
    archive: Write, edge_classify: Run, tmp_path: Path
) -> None:
    folder, out = archive(6), tmp_path / "out"
    assert edge_classify("bulk", folder, "--out", out).code == 0
    (folder / "000.jpg").write_bytes(garment(7))
    archive(8)
    said = json.loads(edge_classify("bulk", folder, "--out", out, "--json").out)
    assert (said["classified"], said["images"]) == (8, 8)  # written anew, all have another time
    (folder / "000.jpg").write_bytes(garment(8))
    said = json.loads(edge_classify("bulk", folder, "--out", out, "--json").out)
    assert (said["classified"], said["images"]) == (1, 8)
    assert len({row["path"] for row in rows_in(out)}) == len(rows_in(out)) == 8


def test_another_model_and_another_threshold_have_folders_of_their_own(
    archive: Write, edge_classify: Run, tmp_path: Path
) -> None:
    folder, out = archive(3), tmp_path / "out"
    for flags in ((), ("--model", "clothes"), ("--threshold", "0.99")):
        assert json.loads(edge_classify("bulk", folder, "--out", out, "--json", *flags).out)["classified"] == 3
    folders = [each for each in out.iterdir() if each.is_dir()]
    assert [len(ds.dataset(str(each)).to_table()) for each in folders] == [3, 3, 3]  # nothing else lies in them
    assert len({(row["model_sha256"], row["spec_sha256"]) for row in rows_in(out)}) == 3
    strict = [row for row in rows_in(out) if row["label"] == "unknown"]
    assert strict
    assert all(row["score"] < 0.99 for row in strict)


def test_bad_images_are_rows_and_exit_code_1(archive: Write, edge_classify: Run, tmp_path: Path) -> None:
    folder = archive(2)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    outcome = edge_classify("bulk", folder, "--out", tmp_path / "out", "--json")
    said = json.loads(outcome.out)
    assert outcome.code == 1
    assert sorted(said["errors"].values()) == [1, 1]
    assert sum(said["labels"].values()) == 2
    text = edge_classify("bulk", folder, "--out", tmp_path / "out").out
    assert all(reason in text for reason in said["errors"])


def test_a_look_first_is_gone_on_with(archive: Write, edge_classify: Run, tmp_path: Path) -> None:
    folder, out = archive(10), tmp_path / "out"
    for _ in range(2):
        said = json.loads(edge_classify("bulk", folder, "--out", out, "--limit", 4, "--json").out)
        assert (said["listed"], said["images"]) == (4, 4)
    said = json.loads(edge_classify("bulk", folder, "--out", out, "--json").out)
    assert (said["listed"], said["classified"], said["images"]) == (10, 6, 10)


def test_the_sheet_shows_the_least_certain_images(archive: Write, edge_classify: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = json.loads(edge_classify("bulk", archive(30), "--out", out, "--json").out)
    by_probability = sorted(rows_in(out), key=lambda row: (row["probability"], row["path"]))
    assert said["least_certain"] == [row["path"] for row in by_probability[:24]]
    assert said["sheet"] == f"{said['folder']}.png"
    sheet = cv2.imread(said["sheet"])
    assert sheet.shape == (6 * (210 + 96 + 16) + 16, 4 * (280 + 16) + 16, 3)
    first = sheet[16 : 16 + 210, 16 : 16 + 280]
    shown = cv2.resize(cv2.imread(said["least_certain"][0]), (280, 210), interpolation=cv2.INTER_AREA)
    assert cv2.absdiff(first, shown).mean() < 8


def test_a_bucket_is_not_read_again(bucket: Bucket, edge_classify: Run, tmp_path: Path) -> None:
    bucket.objects = {f"b/p/{number}.jpg": garment(number) for number in range(3)}
    said = json.loads(edge_classify("bulk", bucket.url("b/p"), "--out", tmp_path, "--json", "--quiet").out)
    assert (said["classified"], sorted(said["least_certain"])) == (3, [f"s3://b/p/{number}.jpg" for number in range(3)])
    bucket.requests.clear()
    bucket.objects["b/p/3.jpg"] = garment(3)
    said = json.loads(edge_classify("bulk", bucket.url("b/p"), "--out", tmp_path, "--json", "--quiet").out)
    assert said["classified"] == 1
    assert bucket.read[0] == "b/p/3.jpg"
    assert bucket.read.count("b/p/3.jpg") == 2  # classified, and drawn on the sheet


def test_images_of_a_parquet_file(edge_classify: Run, tmp_path: Path) -> None:
    import pyarrow as pa

    file = tmp_path / "train.parquet"
    pq.write_table(pa.table({"image": [garment(0), b"no image", None]}), file)
    outcome = edge_classify("bulk", file, "--out", tmp_path / "out")
    assert outcome.code == 1
    rows = rows_in(tmp_path / "out")
    assert [row["path"] for row in rows] == [f"{file}#{number}" for number in range(3)]
    assert [row["size"] for row in rows] == [len(garment(0)), 8, 0]
    assert [row["error"] is None for row in rows] == [True, False, False]


def test_a_damaged_parquet_file_in_a_folder_costs_its_own_images_and_exit_code_1(
    archive: Write, edge_classify: Run, tmp_path: Path
) -> None:
    folder = archive(2)
    (folder / "damaged.parquet").write_bytes(b"PAR1 and no more")
    outcome = edge_classify("bulk", folder, "--out", tmp_path / "out", "--json")
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert (said["classified"], said["unreadable"], said["errors"]) == (2, 1, {})
    assert "damaged.parquet" in outcome.err


def test_a_model_without_a_specification_takes_its_facts_from_flags(
    archive: Write, edge_classify: Run, tmp_path: Path, fixtures: Path
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(f"kind {number}" for number in range(10)))
    from edge.artifact.file import read_artifact

    bare = tmp_path / "bare.tflite"
    bare.write_bytes(read_artifact(fixtures / "tiny_int8.tflite").network)
    flags = ("--model", bare, "--labels", labels, "--quiet")
    assert edge_classify("bulk", archive(2), "--out", tmp_path / "out", *flags).code == 0
    rows = rows_in(tmp_path / "out")
    assert all(each["label"].startswith("kind ") for row in rows for each in row["top_k"])
    assert {row["model_sha256"] for row in rows} == {read_artifact(bare).sha256}


@pytest.mark.parametrize(
    "call",
    [(["absent", "--out", "out"], 1), (["photos"], 2), (["photos", "--out", "photos/000.jpg"], 2),
     (["photos", "--out", "out", "--model", "absent.tflite"], 2), (["photos", "--out", "out", "--threshold", "7"], 2),
     (["photos", "--out", "out", "--column", ""], 0), (["photos", "--out", "out", "--limit", "0"], 2),
     (["photos", "--out", "out", "--workers", "0"], 2), (["photos", "--out", "out", "--roi", "1,2"], 2),
     (["photos", "--out", "out", "--require-sha256", "ab" * 32], 1), (["--out", "out"], 2),
     (["photos", "--out", "out", "--address", ""], 2), (["photos", "--out", "out", "--address", "ray://host:1"], 2)],
    ids=lambda call: " ".join(call[0]),
)  # fmt: skip
def test_wrong_calls_are_one_line_and_leave_nothing(
    call: tuple[list[str], int], archive: Write, edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags, code = call
    archive(2)
    monkeypatch.chdir(tmp_path)
    outcome = edge_classify("bulk", *flags, "--quiet")
    assert outcome.code == code
    assert (tmp_path / "out").exists() is (code == 0)
    if code == 1:
        assert outcome.sentence


def test_lines_say_how_far_it_is_where_there_is_no_terminal(
    archive: Write,
    edge_classify: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(archive_run, "_PROGRESS_S", 0.0)
    monkeypatch.setattr(archive_run, "chunk_size", lambda *_: 2)
    outcome = edge_classify("bulk", archive(4), "--out", tmp_path / "out")
    assert [line.split(" images")[0] for line in outcome.err.splitlines() if " a second" in line] == [
        "2 of 4",
        "4 of 4",
    ]


@pytest.mark.parametrize(
    ("image_s", "images", "workers", "expected"),
    [(0.016, 1_000_000, 2, 125), (0.016, 100, 2, 7), (0.001, 10**6, 2, 256), (30.0, 10**6, 2, 1), (0.016, 1, 8, 1)],
)
def test_a_chunk_is_some_seconds_of_work(image_s: float, images: int, workers: int, expected: int) -> None:
    assert chunk_size(image_s, images, workers) == expected
