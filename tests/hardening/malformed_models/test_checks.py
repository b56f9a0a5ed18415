"""Results of the same file in two processes, and of a process that ends or never answers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.hardening.malformed_models import checks
from tests.hardening.malformed_models.checks import DIED, DIFFERENT, LIBRARY, SAME, Trial


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        (Trial(0, "x", SAME, "ab"), Trial(0, "x", SAME, "ab"), SAME),
        (Trial(0, "x", SAME, "ab"), Trial(0, "x", SAME, "cd"), DIFFERENT),
        (Trial(0, "x", SAME, "ab"), Trial(0, "x", DIED), DIED),
        (Trial(0, "x", LIBRARY), Trial(0, "x", LIBRARY), LIBRARY),
    ],
)
def test_two_results_of_a_file_are_joined(first: Trial, second: Trial, outcome: str) -> None:
    assert checks.joined(first, second).outcome == outcome


@pytest.mark.parametrize(
    ("end", "idle_s"),
    [("os.kill(os.getpid(), 11)", 60.0), ("time.sleep(60)", 0.5), ("while True: pass", 60.0)],
    ids=["crash", "idle", "endless loop"],
)
def test_a_process_that_crashes_or_hangs_is_the_result_of_its_last_file(
    monkeypatch: pytest.MonkeyPatch, end: str, idle_s: float
) -> None:
    monkeypatch.setattr(checks, "HANGS_S", 0.5)
    monkeypatch.setattr(checks, "IDLE_S", idle_s)
    lines = ['{"number": 3, "kind": "x"}', '{"outcome": "a"}', '{"end": true}', '{"number": 4, "kind": "y"}']
    program = f"import os, time\nfor line in {lines}: print(line, flush=True)\n{end}"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, bufsize=0) as child:
        trials = list(checks._read(child))
        child.kill()
    assert trials == [Trial(3, "x", "a"), Trial(4, "y", DIED)]


def test_a_file_that_ends_its_process_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = iter([
        [Trial(0, "x", LIBRARY), Trial(1, "x", DIED)],
        [Trial(1, "x", SAME, "ab"), Trial(2, "x", DIED)],
        [Trial(2, "x", DIED)],
        [Trial(3, "x", LIBRARY)],
    ])  # fmt: skip
    starts: list[str] = []

    def start(command: list[str], **_: object) -> Any:
        starts.append(command[-2])
        return nullcontext(SimpleNamespace(kill=lambda: None))

    monkeypatch.setattr(checks.subprocess, "Popen", start)
    monkeypatch.setattr(checks, "_read", lambda _: iter(next(processes)))
    trials = list(checks.run("onnx", 0, 4, 85))
    assert [(trial.number, trial.outcome) for trial in trials] == [(0, LIBRARY), (1, SAME), (2, DIED), (3, LIBRARY)]
    assert starts == ["0", "1", "2", "3"]


@pytest.mark.e2e
@pytest.mark.parametrize("file_format", checks.FORMATS)
def test_forged_files_are_tried_one_after_the_other(file_format: str, fixtures: Path) -> None:
    pytest.importorskip({"tflite": "ai_edge_litert", "onnx": "onnx"}[file_format])
    trials = list(checks.run(file_format, 7, 12, 85))
    assert [trial.number for trial in trials] == list(range(12))
    assert {trial.outcome for trial in trials} <= set(checks.OUTCOMES)
