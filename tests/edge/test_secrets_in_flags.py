"""A secret in every field of every command: whatever is said about it, the secret isn't."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edge.run.flags
from edge.cli import config_file, redaction
from edge.describe import command as describe
from edge.doctor import command as doctor
from edge.update import flags as update

SECRETS = ("hunter2-staple", "hun#ter2/sta?ple", "hun@ter2-staple")
ADDRESSES = ("rtsp://door:{}@127.0.0.1:9/1", "http://door:{}@127.0.0.1:9/1", "rtsp:/door:{}@127.0.0.1:9/1",
             "door:{}@127.0.0.1:9/1", "http://127.0.0.1:9/1?size=2&password={}",
             "mqtt://door:{}@127.0.0.1:9/t")  # fmt: skip
COMMANDS = {(): edge.run.flags.parser, ("describe",): describe.parser, ("doctor",): doctor.parser,
            ("update",): update.parser}  # fmt: skip
HALVES = ("hunter2", "staple", "ter2")


def fields(parser: argparse.ArgumentParser) -> list[str]:
    """Flags that take a value; an empty text for an argument."""
    return [config_file.long_name(action) for action in config_file.actions(parser) if action.nargs != 0]


def told(text: str) -> list[str]:
    """Parts of the secret in a text."""
    return [half for half in HALVES if half in text]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0] if words else "edge-classify")
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_tells_a_secret_of_its_command_line(
    edge_classify: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
    address: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("edge.sources.opencv_capture.cv2.VideoCapture", _Closed)
    for secret in SECRETS[: 1 + 2 * ("?" not in address)]:
        for field in fields(COMMANDS[words]()):
            source = () if words or field in ("source", "camera") else ("--source", "demo", "--max-frames", "1")
            typed = f"--{field}={address.format(secret)}" if field else address.format(secret)
            outcome = edge_classify(*words, *source, typed, "-v")
            assert not told(outcome.out + outcome.err), (field, outcome.out + outcome.err)


@pytest.mark.parametrize("name", ["edge.collect.command", "train.__main__", "train.compare", "train.photographs",
                                  "train.scenes", "benchmarks.__main__",
                                  "benchmarks.overhead.command", "export.sign"])  # fmt: skip
def test_no_other_command_refuses_a_field_with_the_secret_in_it(capsys: pytest.CaptureFixture[str], name: str) -> None:
    parser = pytest.importorskip(name).parser()
    for address in ADDRESSES:
        typed = address.format(SECRETS[0])
        redaction.start_redaction([typed])
        for field in fields(parser):
            with contextlib.suppress(SystemExit):
                parser.parse_args([f"--{field}={typed}"] if field else [typed, typed, "--no-such-flag", typed])
            said = capsys.readouterr()
            assert not told(said.out + said.err), (field, said.err)


@pytest.mark.parametrize("flag", ["--csv", "--video", "--picture", "--snapshots", "--corrections", "--labels"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_written_to_a_folder_that_is_called_like_an_address(
    edge_classify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flag: str, address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert edge_classify("--max-frames", 1, flag, address.format(SECRETS[0])).code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("words", [("collect",), ("teach", "photos", "--out"), ("bulk", "photos", "--out")])
def test_no_verb_makes_a_folder_that_is_called_like_an_address(
    edge_classify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], address: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = edge_classify(*words, address.format(SECRETS[0]))
    assert (outcome.code, told(outcome.out + outcome.err), list(tmp_path.iterdir())) == (2, [], [])


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_tells_a_secret_of_its_config_file(
    edge_classify: Callable[..., Any], tmp_path: Path, address: str
) -> None:
    path = tmp_path / "edge.toml"
    for secret in SECRETS[: 1 + 2 * ("?" not in address)]:
        for line in ('camera = "{}"', 'roi = "{}"', 'top-k = "{}"', '{} = 3', 'model = "{}"', 'mqtt = "{}"',
                     'source = "{}', "source = ['{}']", '"{}" = 3'):  # fmt: skip
            path.write_text(line.format(address.format(secret)))
            outcome = edge_classify("--config", path, "--max-frames", "1")
            assert outcome.code in (1, 2)
            assert not told(outcome.out + outcome.err), (line, outcome.err)


def test_a_secret_of_the_environment_is_told_in_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_CLASSIFY_SOURCE_PASSWORD", "p@ss w0rd")
    redaction.start_redaction([])
    assert redaction.redacted("it says p@ss w0rd, and p%40ss%20w0rd") == "it says ***, and ***"
    redaction.start_redaction(["--source", "rtsp://ada:secret@cam/1"])
    assert redaction.redacted("no secret in 'rtsp://ada:other@cam/1'") == "no *** in 'rtsp://***@cam/1'"
    monkeypatch.delenv("EDGE_CLASSIFY_SOURCE_PASSWORD")
    redaction.start_redaction([])
    assert redaction.redacted("a secret") == "a secret"


class _Closed:
    """Stands for cv2.VideoCapture, which takes its time to find that nobody is there."""

    def __init__(self, *_: object) -> None:
        """Open nothing."""

    def isOpened(self) -> bool:  # noqa: N802  # OpenCV's name
        return False

    def get(self, _: int) -> float:
        return 0.0

    def release(self) -> None:
        """Release nothing."""
