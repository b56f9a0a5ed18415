"""The comparison of bulk classification with bare loops: both sides on a few images, and what is made of it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import cv2
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.overhead import bulk
from benchmarks.overhead.bulk import BulkBenchmarkConfig, Sample, growth
from edge.errors import ToolkitError


def test_growth_is_between_the_second_quarter_and_the_last() -> None:
    assert growth([90.0, 95.0, 10.0, 12.0, 11.0, 12.0, 15.0, 17.0]) == 16.0 - 11.0
    with pytest.raises(ToolkitError):
        growth([1.0, 2.0, 3.0])


def test_a_loop_classifies_its_share_of_the_images(tmp_path: Path) -> None:
    (tmp_path / "drawn").mkdir()
    images = []
    for number in range(2):
        images.append(tmp_path / "drawn" / f"{number}.png")
        cv2.imwrite(str(images[-1]), bulk.draw_frame(number).image)
    folder = bulk.links(images, tmp_path / "links", 4)
    assert [path.name for path in sorted(folder.iterdir())] == [f"{number:07d}.png" for number in range(4)]
    assert (folder / "0000003.png").samefile(images[1])
    assert bulk.run_loops("edge", folder, 2) > 0
    with pytest.raises(ToolkitError):
        bulk.run_loops(str(tmp_path / "absent.tflite"), folder, 1)


def test_images_of_another_file_system_are_linked_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(bulk.os, "link", link)
    monkeypatch.chdir(tmp_path)
    Path("a.jpg").write_bytes(b"an image")
    folder = bulk.links([Path("a.jpg")], tmp_path / "links", 2)
    assert [path.read_bytes() for path in folder.iterdir()] == [b"an image"] * 2


def test_rates_are_compared_in_rounds_and_memory_over_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.jpg").write_bytes(b"")
    calls = []

    def run_bulk(model: str, folder: Path, out: Path, workers: int) -> tuple[float, list[Sample]]:
        calls.append((model, len(list(folder.iterdir())), workers))
        return 95.0 * workers, [Sample(300_000_000 + number, 200_000_000) for number in range(8)]

    monkeypatch.setattr(bulk, "run_loops", lambda _model, _folder, count: 100.0 * count)
    monkeypatch.setattr(bulk, "run_bulk", run_bulk)
    monkeypatch.setattr(bulk.os, "cpu_count", lambda: 2)
    flags = [
        "bulk",
        "--data",
        str(data),
        "--images",
        "3",
        "--many",
        "7",
        "--repeats",
        "2",
        "--out",
        str(tmp_path / "r.json"),
    ]
    assert benchmarks.main(flags) == 0
    assert calls == [("clothes", 3, 1), ("clothes", 6, 2)] * 2 + [("edge", 7, 2)]
    rows = {row["id"]: row for row in json.loads((tmp_path / "r.json").read_text())["rows"]}
    assert (rows["one"]["figure"], rows["two"]["toolkit"], rows["two"]["baseline"]) == (0.95, [190.0] * 2, [200.0] * 2)
    assert (rows["worker-growth"]["figure"], rows["worker"]["figure"]) == (0.0, 200.0)
    assert {row["status"] for row in rows.values()} == {"ok"}
    monkeypatch.setattr(bulk, "run_loops", lambda _model, _folder, count: 200.0 * count)
    assert benchmarks.main(flags) == 3


@pytest.mark.e2e
def test_a_quick_look_for_real(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="bulk needs the extra `bulk`: pip install 'edge-classify[bulk]'")
    rows = bulk.measure(BulkBenchmarkConfig(images=100, repeats=1, many=2000), tmp_path)
    assert [row.id for row in rows] == ["one", "two", "worker-growth", "driver-growth", "worker"]
    assert all(reading > 0 for row in rows[:2] for reading in (*row.toolkit, *row.baseline))
    assert 50 < rows[-1].figure < 600
