"""`edge-classify` as a user calls it: what comes out where, and with which exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge import __version__
from edge.artifact.file import default_model, read_artifact
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.run import main
from edge.run.loop import RunConfig

Run = Callable[..., Any]
Respec = Callable[[Path, "ModelSpec | str | None"], Path]
LINE = re.compile(r" *\d+  [A-Z][\w/ -]{10} +\d+\.\d%  +\d+\.\d\d ms  drawn: [\w/ -]+(  \(or .+\))?")


def write_image(path: Path, grey: int = 200) -> Path:
    """Write a picture of a grey square."""
    image = np.full((60, 80, 3), 20, np.uint8)
    image[15:45, 25:55] = grey
    assert cv2.imwrite(str(path), image)
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with two good pictures and one that is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    write_image(folder / "a.png")
    (folder / "b.png").write_text("no picture", encoding="utf-8")
    write_image(folder / "c.jpg")
    return folder


def test_the_demo_needs_no_arguments(edge_classify: Run) -> None:
    outcome = edge_classify()
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert len(lines) == main.DEMO_FRAMES["demo"] == 20
    assert [int(line[:5]) for line in lines] == list(range(20))
    assert all(LINE.fullmatch(line) for line in lines)
    assert re.fullmatch(r"20 frames .*; [0-9]+ of 20 .*\n", outcome.err)


def test_json_is_one_object_a_line_with_stable_keys(edge_classify: Run) -> None:
    outcome = edge_classify("--json", "--max-frames", 3, "--quiet")
    assert (outcome.code, outcome.err) == (0, "")
    records = [json.loads(line) for line in outcome.out.splitlines()]
    assert [record["frame"] for record in records] == [0, 1, 2]
    for record in records:
        assert list(record) == [
            "frame", "source", "time", "position_s", "label", "state", "probability", "reason", "since", "changed",
            "presence", "score", "top_k", "latency_ns", "model_sha256",
        ]  # fmt: skip
        assert record["source"] == "demo"
        assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z", record["time"])
        assert datetime.fromisoformat(record["time"].replace("Z", "+00:00")).utcoffset() == timedelta(0)
        assert record["label"] in FASHION_MNIST_LABELS
        assert (record["state"], record["changed"], record["since"]) == ("known", True, record["time"])
        assert [list(item) for item in record["top_k"]] == [["label", "probability"]] * 3
        assert record["top_k"][0] == {"label": record["label"], "probability": record["probability"]}
        assert 0 <= record["probability"] <= 1
        assert list(record["latency_ns"]) == ["vision", "invoke", "decide", "total"]
        assert record["latency_ns"]["total"] == sum(record["latency_ns"].values()) - record["latency_ns"]["total"]
        assert all(isinstance(value, int) for value in record["latency_ns"].values())
        assert record["model_sha256"] == read_artifact(default_model()).sha256


def test_the_same_call_gives_the_same_decisions(edge_classify: Run) -> None:
    def decisions() -> list[Any]:
        records = [json.loads(line) for line in edge_classify("--json", "--max-frames", 4).out.splitlines()]
        return [(record["label"], record["top_k"]) for record in records]

    assert decisions() == decisions()


def test_duration_ends_the_demo_which_then_has_no_other_limit(
    edge_classify: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import edge.run.loop

    seen: list[tuple[int, int | None, float | None]] = []

    def run(config: RunConfig, *_: object, **__: object) -> edge.run.loop.Tally:
        seen.append((config.top_k, config.max_frames, config.duration_s))
        return edge.run.loop.Tally()

    monkeypatch.setattr(edge.run.loop, "run", run)
    for arguments in ((), ("--duration", "2.5"), ("--max-frames", "7"), ("--max-frames", "7", "--duration", "2")):
        assert edge_classify(*arguments, "--top-k", 4).code == 0
    assert seen == [(4, 20, None), (4, None, 2.5), (4, 7, None), (4, 7, 2.0)]


def test_good_pictures_of_a_folder_are_all_classified(edge_classify: Run, pictures: Path) -> None:
    (pictures / "b.png").unlink()
    outcome = edge_classify("--source", pictures, "--json")
    assert outcome.code == 0
    records = [json.loads(line) for line in outcome.out.splitlines()]
    assert [record["source"] for record in records] == [f"{pictures}/a.png", f"{pictures}/c.jpg"]
    assert re.fullmatch(r"2 frames in [0-9.]+ s\n", outcome.err)


def test_a_bad_picture_among_good_ones_is_skipped_logged_and_exit_code_1(edge_classify: Run, pictures: Path) -> None:
    outcome = edge_classify("--source", f"{pictures}/*")
    assert outcome.code == 1
    assert len(outcome.out.splitlines()) == 2
    skipped, tally = outcome.err.splitlines()
    assert f"{pictures}/b.png: not an" in skipped
    assert re.fullmatch(r"2 frames .*; 1 unreadable.*", tally)


def test_empty_variables_count_as_unset(pictures: Path) -> None:
    empty = dict.fromkeys(("OPENCV_FOR_THREADS_NUM", "OPENBLAS_NUM_THREADS", "OPENCV_IO_MAX_IMAGE_PIXELS"), "")
    command = [sys.executable, "-m", "edge.run.main", "--source", f"{pictures}/a.png", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **empty}, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_quiet_keeps_warnings(edge_classify: Run, pictures: Path) -> None:
    outcome = edge_classify("--source", pictures, "-q")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert outcome.err.startswith("skipped ")


def test_verbose_says_more_on_stderr_only(edge_classify: Run) -> None:
    quiet, verbose = (edge_classify("--max-frames", 1, flag) for flag in ("-q", "-v"))
    assert len(verbose.err) > len(quiet.err)
    assert verbose.out[:16] == quiet.out[:16]


def test_help_and_version_are_results(edge_classify: Run) -> None:
    outcome = edge_classify("--help-all")
    assert (outcome.code, outcome.err) == (0, "")
    flags = ("--camera", "--source", "--model", "--labels", "--runtime", "--threads", "--top-k", "--max-frames",
             "--duration", "--size", "--fps", "--stall-timeout", "--freeze-timeout", "--give-up-after",
             "--list-cameras", "--json", "--picture", "--explain", "--threshold", "--hold-frames", "--smoothing",
             "--version", "--verbose", "--quiet")  # fmt: skip
    assert all(flag in outcome.out for flag in flags)
    assert "exit codes: 0 done" in outcome.out
    outcome = edge_classify("--version")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"edge-classify {__version__}\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
@pytest.mark.parametrize("flags", [["--json"], ["-q"]], ids=["json", "text"])
def test_a_full_disk_behind_stdout_is_one_line_and_exit_code_1(spawn: Run, flags: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123  # a device
        child = spawn("-m", "edge.run.main", "--max-frames", "3", *flags, stdout=full)
        _, err = child.communicate(timeout=60)
    assert err.startswith("error: [Errno 28] ")
    assert "free some space" in err
    assert err.count("\n") == 1
    assert child.returncode == 1


def test_a_reader_that_goes_away_ends_it_quietly(spawn: Run) -> None:
    child = spawn("-m", "edge.run.main", "--max-frames", "1000000")
    assert child.stdout.readline().startswith("    0  ")
    child.stdout.close()
    assert child.stderr.read() == ""
    assert child.wait(timeout=60) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_is_one_line_exit_code_130_and_the_picture_is_still_written(spawn: Run, tmp_path: Path) -> None:
    path = tmp_path / "seen.png"
    child = spawn("-m", "edge.run.main", "--duration", "600", "--json", "--picture", str(path))
    first, _ = (json.loads(child.stdout.readline()) for _ in range(2))  # the second says that the first is drawn
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert err == "error: interrupted\n"
    assert first["frame"] == 0
    assert all(json.loads(line)["source"] == "demo" for line in out.splitlines())  # whole lines only
    assert cv2.imread(str(path)) is not None
    assert [entry.name for entry in tmp_path.iterdir()] == ["seen.png"]


def test_a_region_of_the_frame_is_all_that_is_looked_at(edge_classify: Run, tmp_path: Path) -> None:
    """The square is outside the region, so the network sees black; in the whole frame it sees the square."""
    write_image(tmp_path / "a.png")
    whole, inside, outside = (
        json.loads(edge_classify("--source", tmp_path / "a.png", "--json", *flags).out)["probability"]
        for flags in ([], ["--roi", "10,5,60,50"], ["--roi", "0.8,0,0.2,1"])
    )
    assert outside != whole
    assert abs(inside - whole) < 0.2


def test_a_region_outside_the_frame_is_said_once(edge_classify: Run, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_image(tmp_path / name)
    outcome = edge_classify("--source", tmp_path, "--roi", "5000,5000,20,20")
    assert (outcome.code, outcome.err.count("--roi lies outside")) == (0, 1)
    inside = edge_classify("--source", tmp_path, "--roi", "0,0,20,20")
    assert "--roi" not in inside.err


@pytest.mark.parametrize("roi", ["1,2,3", "0,0,0,1", "a,b,c,d"])
def test_what_is_no_region_is_a_wrong_call(edge_classify: Run, roi: str) -> None:
    outcome = edge_classify("--roi", roi)
    assert outcome.code == 2
    assert "--roi: a region is" in outcome.err


def test_the_empty_scene_is_learned(edge_classify: Run) -> None:
    """While it learns, every frame gives the same black input."""
    outcome = edge_classify("--background", "learn", "--json", "--max-frames", 3)
    assert len({json.loads(line)["probability"] for line in outcome.out.splitlines()}) == 1
