"""`edge-classify collect` as a user calls it, on drawn frames."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import cv2
import numpy as np
import pytest

from edge.images.folders import list_class_folders

TOKEN = "correct-horse-battery"


def test_without_a_page_frames_become_a_folder_that_training_takes(
    edge_classify: Callable[..., Any], tmp_path: Path
) -> None:
    for name, options in (("one", ()), ("two", ("--near-copies", "keep"))):
        outcome = edge_classify("collect", tmp_path / "new", "--source", "demo", "--every", 0, "--class", name,
                                "--max-images", 3, *options)  # fmt: skip
        assert outcome.code == 0
        assert f"{name} 3 (+3)" in outcome.err
    found = list_class_folders(tmp_path / "new")
    assert {name: len(images) for name, images in found.images.items()} == {"one": 3, "two": 3}
    assert found.left_out == ()


def test_a_demo_ends_by_itself_and_counts_go_on(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    for images in (20, 40):
        outcome = edge_classify("collect", tmp_path, "--source", "demo", "--every", 5, "--class", "a")
        assert outcome.code == 0
        assert f"a {images} (+20)" in outcome.err


def test_a_video_is_saved_at_intervals_of_its_own_time(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    outcome = edge_classify("collect", tmp_path, "--source", "demo-video", "--every", 8, "--class", "a",
                            "--near-copies", "keep")  # fmt: skip
    assert outcome.code == 0
    assert "a 3 (+3)" in outcome.err  # 600 frames, 20 s: at 0, 8 and 16 s


@pytest.mark.parametrize(
    "options",
    [
        ("--classes", "a/b,c"),
        ("--classes", "a,A"),
        ("--every", "1"),
        ("--class", "a"),
        ("--classes", "a,b", "--class", "a", "--every", "1"),
        ("--class", "..", "--every", "1"),
        (),
    ],
    ids=["a separator", "twice", "no class", "no interval", "both", "no name", "no classes yet"],
)
def test_a_wrong_call_is_exit_code_2_and_makes_no_folder(
    edge_classify: Callable[..., Any], tmp_path: Path, options: tuple[str, ...]
) -> None:
    assert edge_classify("collect", tmp_path / "new", "--source", "demo", *options).code == 2
    assert not (tmp_path / "new").exists()


def test_a_class_that_differs_from_a_folder_by_capitals_alone_is_refused(
    edge_classify: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "Ripe").mkdir()
    outcome = edge_classify("collect", tmp_path, "--source", "demo", "--every", 0, "--class", "ripe")
    assert outcome.code == 2
    assert "Ripe" in outcome.sentence
    assert edge_classify("collect", tmp_path, "--source", "demo", "--every", 0, "--class", "Ripe").code == 0


@pytest.mark.parametrize("name", ["here", "here/b"])
def test_a_file_where_a_folder_would_be_is_refused_at_once(
    edge_classify: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("")
    outcome = edge_classify("collect", tmp_path / "here", "--source", "demo", "--classes", "a,b")
    assert outcome.code == 2
    assert str(tmp_path / name) in outcome.sentence
    assert not (tmp_path / "here/a").exists()


def test_a_folder_that_comes_split_is_not_collected_into(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    for part in ("train", "valid"):
        (tmp_path / part / "a").mkdir(parents=True)
    outcome = edge_classify("collect", tmp_path, "--source", "demo", "--classes", "a,b")
    assert outcome.code == 2
    assert str(tmp_path / "train") in outcome.sentence


def test_parts_beside_another_folder_are_not_taken_for_classes(
    edge_classify: Callable[..., Any], tmp_path: Path
) -> None:
    for folder in ("train/a", "valid/a", "notes"):
        (tmp_path / folder).mkdir(parents=True)
    outcome = edge_classify("collect", tmp_path, "--source", "demo", "--every", 0, "--class", "a")
    assert outcome.code == 1
    assert str(tmp_path / "train") in outcome.sentence
    assert not (tmp_path / "a").exists()


def test_the_limit_without_a_person_is_an_error_and_keeps_what_there_is(
    edge_classify: Callable[..., Any], tmp_path: Path
) -> None:
    outcome = edge_classify("collect", tmp_path, "--source", "demo", "--every", 0, "--class", "a", "--limit", "200kB",
                            "--quiet")  # fmt: skip
    assert outcome.code == 1
    assert "limit" in outcome.sentence
    images = list(tmp_path.glob("a/*"))
    assert images
    assert all(path.suffix == ".jpg" and cv2.imread(str(path)) is not None for path in images)
    assert sum(path.stat().st_size for path in images) <= 200_000


def test_unreadable_images_of_a_folder_are_exit_code_1(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"none")
    cv2.imwrite(str(tmp_path / "photos" / "b.png"), np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8))
    outcome = edge_classify("collect", tmp_path / "new", "--source", tmp_path / "photos", "--every", 0, "--class", "a")
    assert outcome.code == 1
    assert len(list((tmp_path / "new" / "a").iterdir())) == 1


@pytest.mark.parametrize("token", ["", TOKEN], ids=["made for the session", "the user's"])
def test_a_page_tells_its_address_and_sigterm_ends_it(tmp_path: Path, token: str) -> None:
    pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")
    environment = {**os.environ, "EDGE_CLASSIFY_TOKEN": token}
    child = subprocess.Popen(
        [sys.executable, "-m", "edge.run.main", "collect", str(tmp_path / "new"), "--source", "demo", "--classes",
         "a,b", "--serve", "127.0.0.1:0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    alarm = threading.Timer(60, child.kill)
    alarm.start()
    try:
        assert child.stdout is not None
        url, _, made = child.stdout.readline().removeprefix("page: ").strip().partition("?token=")
        assert (made == "... (your own)") == bool(token)
        bearer = {"Authorization": f"Bearer {token or made}"}
        hold = Request(f"{url}collect/hold?class=b&press=1", method="POST", headers=bearer)  # ours
        until = time.monotonic() + 30
        while len(list(tmp_path.glob("new/b/[!.]*.jpg"))) < 2 and time.monotonic() < until:
            assert urlopen(hold, timeout=30).status == 200
            time.sleep(0.1)
        child.send_signal(signal.SIGTERM)
        said = child.communicate(timeout=30)[1]
    finally:
        alarm.cancel()
        child.kill()
        child.wait()
    assert child.returncode == 0
    assert re.search(r" b ([1-9]\d*) \(\+\1\);", said)
    assert TOKEN not in said
