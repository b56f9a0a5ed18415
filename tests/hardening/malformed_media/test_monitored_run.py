"""A process that runs edge-classify again and again, and what is noticed of it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from edge.demo import draw_frame
from tests.hardening.malformed_media import monitored_run
from tests.hardening.malformed_media.monitored_run import Job, Outcome, run_jobs


def test_what_edge_classify_says_is_counted(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), draw_frame(0).image)
    (tmp_path / "b.png").write_bytes(b"no picture")
    (tmp_path / "c.mp4").write_bytes(b"no video")
    jobs = [
        Job("warm-up", ("--source", "demo", "--max-frames", "1", "--json")),
        Job("folder", ("--source", str(tmp_path), "--json")),
        Job("video", ("--source", str(tmp_path / "c.mp4"), "--json")),
    ]
    first, folder, video = run_jobs(jobs)
    assert (folder.code, folder.frames, folder.skipped, folder.error) == (1, 1, 1, "")
    assert (video.code, video.frames) == (1, 0)
    assert video.error.startswith("can't open ")
    assert {(each.threads, each.handles) for each in (folder, video)} == {(first.threads, first.handles)}
    assert not any(each.crash or each.is_hung for each in (first, folder, video))
    assert first.memory_bytes > 10e6


@pytest.mark.parametrize(
    ("program", "crash", "is_hung"),
    [
        ("import os; print('a word', flush=True); os.abort()", "exit code -6 after: a word", False),
        ("while True: pass", "", True),
    ],
    ids=["a crash", "a hang"],
)
def test_a_crash_and_a_hang_cost_one_job(
    monkeypatch: pytest.MonkeyPatch, program: str, crash: str, is_hung: bool
) -> None:
    monkeypatch.setattr(monitored_run, "_SESSION", ("-c", program))
    monkeypatch.setattr(monitored_run, "_TICK_S", 0.05)
    outcomes = run_jobs([Job("a", (), hangs_s=0.1), Job("b", (), hangs_s=0.1)])
    assert [(each.job.name, each.code, each.crash, each.is_hung) for each in outcomes] == [
        ("a", None, crash, is_hung),
        ("b", None, crash, is_hung),
    ]


@pytest.mark.parametrize(
    ("line", "counted"),
    [
        ("15 frames in 20.8 s; 27 unreadable, skipped", (15, 0, 27)),
        ("1 frame in 0.1 s", (1, 0, 0)),
        ("5 frames in 1.0 s; 3 dropped for newer ones", (5, 3, 0)),
        ("5 frames in 1.0 s; 3 dropped for newer ones; 2 unreadable, skipped", (5, 3, 2)),
        ("skipped 5 frames of a.mp4: damaged", (0, 0, 0)),
    ],
)
def test_the_last_line_of_a_run_is_understood(line: str, counted: tuple[int, int, int]) -> None:
    outcome = Outcome(Job("a", ()))
    outcome.take(line)
    assert (outcome.frames, outcome.dropped, outcome.skipped) == counted


def test_what_a_folder_leaves_out_is_counted_over_its_kinds() -> None:
    outcome = Outcome(Job("a", ()))
    for line in ("left out of /tmp/a: 12 SVG drawings (a.svg and others): b", "left out of a: 1 other file (c): d"):
        outcome.take(line)
    outcome.take("5 frames in 1.0 s")
    assert (outcome.left_out, outcome.frames) == (13, 5)


def test_what_is_left_over_is_taken_from_the_process() -> None:
    outcome = Outcome(Job("a", ()))
    outcome.finish(json.dumps({"code": 4, "threads": 3, "handles": 9, "memory_bytes": 7}))
    assert (outcome.code, outcome.threads, outcome.handles, outcome.memory_bytes) == (4, 3, 9, 7)
