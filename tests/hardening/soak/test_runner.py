"""The process that is attacked is the command itself: it answers, takes the signals it must, and ends well."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.measure.child_process import own_environment
from tests.hardening.soak.camera import CAMERA_NUMBER


@pytest.mark.e2e
def test_it_classifies_the_scripted_camera_until_it_is_told_to_end() -> None:
    settings = json.dumps({"seed": 0, "duration_s": 3600, "started_s": time.monotonic()})
    command = [sys.executable, "-m", "tests.hardening.soak.runner", settings]
    process = subprocess.Popen(
        [*command, "--camera", str(CAMERA_NUMBER), "--json", "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=own_environment(),
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        answers = [json.loads(process.stdout.readline()) for _ in range(5)]
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE):
            process.send_signal(number)
        answers += [json.loads(process.stdout.readline()) for _ in range(5)]
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        assert process.stderr.read() == ""
    assert process.returncode == 0
    assert [answer["frame"] for answer in answers] == list(range(10))
    assert {answer["source"] for answer in answers} == {f"camera {CAMERA_NUMBER}"}
    assert all(answer["presence"] > 0.1 for answer in answers)
