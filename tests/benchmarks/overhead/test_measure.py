"""Comparison of both sides, and the rows of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.overhead.inputs import InputFiles
from benchmarks.overhead.measure import (
    BASELINE,
    GROWTH,
    LOOP,
    PREPARATION,
    TOOLKIT,
    VIDEO,
    Figures,
    RunnerConfig,
    measure,
    ratio_row,
    reading_row,
    run_process,
)
from edge.artifact.file import default_model
from edge.demo import draw_frame
from edge.errors import ToolkitError

FILES = InputFiles(Path("a.png"), Path("f.npy"), Path("own.tflite"), Path("v.mp4"), Path("p.jpg"))


def test_both_sides_run_in_turn_and_the_first_pair_only_warms_up() -> None:
    calls: list[tuple[str, ...]] = []

    def run(module: str, *arguments: str) -> Figures:
        calls.append((module, *arguments[:2]))
        is_cold = len([call for call in calls if call == calls[-1]]) == 1
        slow = 1000.0 if is_cold else 1.0
        scale = (1.1 if module == TOOLKIT else 1.0) * slow
        return {"first_line_s": 0.2 * scale, "latency_ns": 300e3 * scale, "memory_bytes": 60e6 * scale, "fps": 90.0,
                "growth_bytes": 1e6, "toolkit_s": 0.2, "baseline_s": 0.5}  # fmt: skip

    rows = measure(RunnerConfig(repeats=2, calls=10, frames=2000), FILES, run, has_pyav=True)

    model, own = str(default_model()), "own.tflite"
    parts = [("first", "first", model), ("first", "first", own), ("loop", "loop", model), ("video", "video", model),
             ("video", "video-opencv", model)]  # fmt: skip
    pairs = {"first": 1 + 6, "loop": 1 + 2, "video": 1 + 2}
    turns = [
        turn for bare, ours, file in parts for turn in [(BASELINE, bare, file), (TOOLKIT, ours, file)] * pairs[bare]
    ]
    prepared = [
        (PREPARATION, part, file) for part, file in (("area", "f.npy"), ("linear", "f.npy"), ("decode", "p.jpg"))
    ]
    assert calls == [*turns, *(call for call in prepared for _ in range(2)), (TOOLKIT, "growth", model)]
    assert [row.id for row in rows] == [
        "start",
        "start-own-model",
        "loop",
        "memory",
        "video",
        "video-opencv",
        "area",
        "linear",
        "decode",
        "growth",
    ]
    assert [row.figure for row in rows] == pytest.approx([1.1, 1.1, 1.1, 1.1, 1.0, 1.0, 0.4, 0.4, 2.5, 1.0])
    assert rows[0].baseline == pytest.approx((200.0,) * 6)


def test_without_pyav_there_is_no_row_of_it() -> None:
    figures = {"first_line_s": 0.2, "latency_ns": 3e5, "memory_bytes": 6e7, "fps": 90.0, "growth_bytes": 1e6,
               "toolkit_s": 1.0, "baseline_s": 1.0}  # fmt: skip
    rows = measure(RunnerConfig(repeats=1, calls=10, frames=2000), FILES, lambda *_: figures, has_pyav=False)
    ids = "start start-own-model loop memory video-opencv area linear decode growth"
    assert [row.id for row in rows] == ids.split()


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Two frames in a file, one of them as a picture too, and five in a video."""
    drawn = [draw_frame(number).image for number in range(2)]
    cv2.imwrite(str(tmp_path / "a.png"), drawn[0])
    np.save(tmp_path / "f.npy", np.stack(drawn))
    writer = cv2.VideoWriter(str(tmp_path / "v.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 30, (640, 480))
    for _ in range(5):
        writer.write(drawn[0])
    writer.release()
    return tmp_path


@pytest.mark.parametrize("side", [BASELINE, TOOLKIT])
def test_each_side_measures_start_memory_latency_and_frame_rate(side: str, frames: Path) -> None:
    model = str(default_model())
    first = run_process(side, "first", model, str(frames / "a.png"))
    assert first["memory_bytes"] > 20e6
    assert first["first_line_s"] > 0
    assert run_process(side, "loop", model, str(frames / "f.npy"), "3")["latency_ns"] > 0
    for part in ("video", "video-opencv") if side == TOOLKIT else ("video",):
        assert run_process(side, part, model, str(frames / "v.mp4"))["fps"] > 0


def test_memory_is_read_after_a_thousand_frames_and_at_the_end() -> None:
    from benchmarks.overhead.toolkit import _MemorySink
    from edge.sources import Frame

    sink = _MemorySink(1200)
    for number in (0, 999, 1199):
        sink.write(Frame(np.zeros((1, 1, 3), np.uint8), number, "", None), None, None)  # type: ignore[arg-type]
    assert sink.settled_bytes > 0
    assert sink.at_end_bytes > 0


def test_a_failing_side_is_named_in_the_error() -> None:
    with pytest.raises(ToolkitError, match=rf"{BASELINE} first failed: \S"):
        run_process(BASELINE, "first", "gone.tflite", "gone.png")


def test_the_baseline_writes_one_json_object(frames: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", BASELINE, "first", str(default_model()), str(frames / "a.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    assert set(json.loads(done.stdout)) == {"frame", "label", "score"}


def test_the_median_of_the_ratios_of_neighbours_counts() -> None:
    # 1200/1000, 2600/2000 and 500/400: the slow pair says the same as the quick ones.
    row = ratio_row(LOOP, [1200.0, 2600.0, 500.0], [1000.0, 2000.0, 400.0])

    assert (row.least, row.figure, row.largest) == (1.2, 1.25, 1.3)
    assert row.toolkit == pytest.approx((1.2, 2.6, 0.5))
    assert (row.unit, row.limit_kind, row.limit, row.status) == ("µs", "at most", 1.3, "ok")


@pytest.mark.parametrize(("ours", "status"), [(1300.0, "ok"), (1301.0, "missed")])
def test_a_ratio_above_an_upper_limit_is_missed(ours: float, status: str) -> None:
    assert ratio_row(LOOP, [ours], [1000.0]).status == status


@pytest.mark.parametrize(("ours", "status"), [(85.0, "ok"), (84.9, "missed")])
def test_a_ratio_below_a_lower_limit_is_missed(ours: float, status: str) -> None:
    assert ratio_row(VIDEO, [ours], [100.0]).status == status


def test_both_sides_must_have_run_as_often() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio_row(LOOP, [1.0, 2.0], [1.0])


@pytest.mark.parametrize(("grown", "status"), [(-4096.0, "ok"), (2_000_000.0, "ok"), (2_004_096.0, "missed")])
def test_a_reading_is_compared_with_its_limit_in_megabytes(grown: float, status: str) -> None:
    row = reading_row(GROWTH, grown)
    assert (row.figure, row.baseline, row.status) == (pytest.approx(grown / 1e6), (), status)
