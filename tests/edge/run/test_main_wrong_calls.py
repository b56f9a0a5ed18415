"""`edge-classify` called wrongly: one line that says so, and which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "gone.jpg"], "no source 'gone.jpg': expected an image"),
        (["--source", "."], "no image in folder ."),
        (["--source", "*.png"], "no image matches '*.png'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "-",
)
def test_bad_input_is_one_line_and_exit_code_1(
    edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = edge_classify(*arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert words in outcome.sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sauce", "demo"], "--source"),
        (["picture.jpg"], "--source SOURCE"),
        (["--runtime", "keras"], "invalid choice: 'keras'"),
        (["--threads", "0"], "expected a whole number from 1 to 256, got '0'"),
        (["--threads", "99999999999"], "expected a whole number from 1 to 256, got '99999999999'"),
        (["--top-k", "-1"], "expected a whole number from 1 to 2,147,483,647, got '-1'"),
        (["--top-k", "many"], "expected a whole number from 1 to 2,147,483,647, got 'many'"),
        (["--duration", "long"], "expected a number above 0, got 'long'"),
        (["--max-frames", "1.5"], "1.5"),
        (["--duration", "inf"], "expected a number above 0, got 'inf'"),
        (["--camera", "0", "--source", "a.png"], "not allowed with"),
        (["--explain", "why.png", "--max-frames", "3"], "not allowed with"),
        (["--hold-frames", "0"], "expected a whole number from 1 to 2,147,483,647, got '0'"),
        (["--smoothing", "-1"], "expected a number of at least 0, got '-1'"),
        (["--thresh", "0.5"], "--threshold"),
        (["--threshold", "high"], "expected a number, got 'high'"),
        (["--threshold", "nan"], "expected a number, got 'nan'"),
        (["--size", "640"], "expected WIDTHxHEIGHT in pixels, such as 640x480, got '640'"),
        (["--size", "0x480"], "expected WIDTHxHEIGHT in pixels, such as 640x480, got '0x480'"),
        (["--fps", "0"], "expected a number above 0, got '0'"),
        (["--stall-timeout", "0"], "expected a number above 0, got '0'"),
        (["--freeze-timeout", "-1"], "expected a number of at least 0, got '-1'"),
        (["--give-up-after", "never"], "expected a number above 0, got 'never'"),
        (["--list-cameras", "--camera", "0"], "not allowed with"),
        (["--json", "--model"], "expected one argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "-",
)
def test_a_wrong_call_is_exit_code_2(edge_classify: Run, arguments: list[str], words: str) -> None:
    outcome = edge_classify(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("usage: edge-classify ")
    assert words in outcome.err.splitlines()[-1]


def as_config(arguments: list[str]) -> str:
    """Flags as the lines of a config file."""
    values: dict[str, Any] = {}
    for word in arguments:
        if word.startswith("--"):
            values[word[2:]] = True
        else:
            values[list(values)[-1]] = float(word) if word.replace(".", "").isdecimal() else word
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--labels", "gone.txt"], "gone.txt"),
        (["--model", "gone.tflite"], "gone.tflite"),
        (["--model", "."], "."),
        (["--csv", "."], "folder"),
        (["--snapshots", "short"], "short"),
        (["--picture", "short/seen.png"], "short"),
        (["--video", "short/seen.avi"], "short"),
        (["--camera", "front"], "'front'"),
        (["--camera", "csi:x"], "csi:0"),
        (["--source", "csi:0"], "--camera csi:0"),
        (["--source", "/dev/video99"], "--camera /dev/video99"),
        (["--camera", ""], "''"),
        (["--camera", "99999999999999"], "'99999999999999"),
        (["--explain", "why.gif"], ".png"),
        (["--picture", "seen.gif"], ".png"),
        (["--video", "seen.mkv"], ".mp4"),
        (["--csv", "old.csv"], "old.csv"),
        (["--threshold", "1.5"], "threshold"),
        (["--threshold", "70"], "threshold"),
        (["--runtime", "onnxruntime"], "edge_int8.tflite"),
        (["--require-signature", "x"], "'x'"),
        (["--serve", "0.0.0.0:1"], "EDGE_CLASSIFY_TOKEN"),
        (["--serve", "--serve-token-file", "gone"], "gone"),
        (["--serve", "--serve-token-file", "short"], "16"),
        (["--mqtt", "mqtt://b/a", "--mqtt-discovery", "a/#"], "'a/#'"),
        (["--background", "learn", "--source", ""], "--source"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "-",
)
def test_a_value_that_can_not_be_right_is_exit_code_2_so_that_no_service_is_restarted_for_ever(
    edge_classify: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    Path("old.csv").write_text("eggs,milk\n")
    Path("short").write_text("hunter2\n")
    outcome = edge_classify(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert name in outcome.err.splitlines()[-1]
    assert "hunter2" not in outcome.err
    Path("c.toml").write_text(as_config(arguments))
    assert edge_classify("--config", "c.toml").code == 2
