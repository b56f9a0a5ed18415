"""SIGTERM and Ctrl-C in every state of a camera: starting, live, hanging in C, gone; each time all is closed."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")]

Spawn = Callable[..., Any]

# A camera that gives so many frames and then fails, or hangs as C code does: without looking at signals.
PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a nohup around the tests would be kept
import cv2, numpy
from edge.run import main

frames, then = int(sys.argv.pop(1)), sys.argv.pop(1)

class Capture:
    left = frames
    opened = 0

    def __init__(self, *_):
        Capture.opened += 1
        if then == "opening":
            print("opening", file=sys.stderr, flush=True)
            time.sleep(3600)

    def isOpened(self):
        return then != "gone" or Capture.opened == 1

    def read(self, _into=None):
        Capture.left -= 1
        if Capture.left < 0:
            if then == "gone":
                return False, None
            time.sleep(3600)
        return True, numpy.random.default_rng(Capture.left).integers(0, 255, (480, 640, 3), numpy.uint8)

    def set(self, *_):
        return True

    def get(self, *_):
        return 30.0

    def release(self):
        print("released", file=sys.stderr, flush=True)

cv2.VideoCapture = Capture
main.entry()
"""


def start(spawn: Spawn, frames: int, then: str, *flags: str) -> Any:
    """A child with that camera; -q leaves the camera's own words."""
    return spawn("-c", PROGRAM, str(frames), then, "--camera", "0", "--json", "-q", *flags)


def test_ctrl_c_ends_a_video_behind_http_that_is_still_being_opened(spawn: Spawn) -> None:
    child = spawn("-c", PROGRAM, "1", "opening", "--source", "http://127.0.0.1:9/walk.mp4", "-q")
    assert child.stderr.readline() == "opening\n"
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60) == ("", "error: interrupted\n")
    assert child.returncode == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("then", ["hangs", "gone", "opening"])
def test_a_signal_ends_it_well_whatever_the_camera_does(
    spawn: Spawn, tmp_path: Path, number: signal.Signals, code: int, then: str
) -> None:
    path = tmp_path / "seen.png"
    child = start(spawn, 1, then, "--picture", str(path), "--stall-timeout", "0.4")
    if then == "opening":
        assert child.stderr.readline() == "opening\n"
    else:
        assert json.loads(child.stdout.readline())["frame"] == 0
        assert json.loads(child.stdout.readline())["state"] == "stale"
    child.send_signal(number)
    _, err = child.communicate(timeout=60)
    assert child.returncode == code, err
    assert "Traceback" not in err
    assert ("error: interrupted" in err) is (number == signal.SIGINT)
    assert (cv2.imread(str(path)) is not None) is (then != "opening")
    assert ("released" in err) is (then == "gone")  # what hangs in C can't let go; the process's end does


def test_sigterm_ends_a_live_camera_and_lets_go_of_it(spawn: Spawn) -> None:
    child = start(spawn, 10**9, "live")
    for number in range(3):
        assert json.loads(child.stdout.readline())["frame"] == number
    child.send_signal(signal.SIGTERM)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "released\n")
    assert all(json.loads(line)["source"] == "camera 0" for line in out.splitlines())  # whole lines only


def test_sigterm_ends_files_and_drawings_too_and_the_picture_is_written(spawn: Spawn, tmp_path: Path) -> None:
    path = tmp_path / "seen.png"
    child = spawn("-m", "edge.run.main", "--duration", "600", "--json", "--picture", str(path))
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")
    assert cv2.imread(str(path)) is not None


def test_a_duration_ends_it_well_while_a_read_hangs(spawn: Spawn) -> None:
    child = start(spawn, 0, "hangs", "--duration", "0.1")
    assert child.communicate(timeout=60) == ("", "")
    assert child.returncode == 0
