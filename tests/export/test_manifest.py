"""Manifests of `python -m export.sign` as a user makes them: releases, larger shares, wrong calls."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="signing needs its extra: pip install 'edge-classify[signing]'")

from edge.artifact.manifest import Manifest
from edge.artifact.trust import check_signature
from export import sign


@pytest.fixture(autouse=True)
def _folder_with_a_key_and_a_model(tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sign.new_key(Path("mine"))
    shutil.copy(fixtures / "tiny_int8.tflite", "door.tflite")


def run(*arguments: str) -> int:
    """Call the command with the key."""
    try:
        return sign.main([*arguments, "--key", "mine.key"])
    except SystemExit as end:
        return int(end.code or 0)


def written() -> Manifest:
    """Read what was written, after a check of its signature."""
    content = Path("door.json").read_bytes()
    assert check_signature(Path("door.json"), content, "mine.pub").split("\t")[1] == "file:door.json"
    return Manifest.from_json(content)


def test_a_release_pins_the_model_and_a_larger_share_changes_nothing_else() -> None:
    assert run("door.tflite", "--manifest", "door.json", "--share", "10") == 0
    first = written()
    digest = hashlib.sha256(Path("door.tflite").read_bytes()).hexdigest()
    assert (first.model, first.sha256, first.rollout_percent, first.minimum_version) == (
        *("door.tflite", digest, 10),
        "0.1.0",
    )
    assert run("--manifest", "door.json", "--share", "50%") == 0
    second = written()
    assert (second.model, second.sha256, second.rollout_percent) == (first.model, first.sha256, 50)
    assert second.issued > first.issued


def test_a_manifest_keeps_the_name_of_its_fleet() -> None:
    run("door.tflite", "--manifest", "door.json", "--share", "10")
    assert written().name == "door"
    run("--manifest", "door.json", "--share", "20", "--name", "front doors")
    run("door.tflite", "--manifest", "door.json", "--share", "30")
    assert written().name == "front doors"


def test_a_clock_that_was_put_back_makes_no_manifest_that_devices_would_refuse() -> None:
    run("door.tflite", "--manifest", "door.json", "--share", "10")
    future = {**json.loads(Path("door.json").read_text()), "issued": "2999-12-31T23:59:58Z"}
    Path("door.json").write_text(json.dumps(future))
    assert run("--manifest", "door.json", "--share", "20") == 0
    assert written().issued == "2999-12-31T23:59:59Z"


def test_address_and_version_are_those_of_the_flags() -> None:
    url = "https://models.example/a.tflite"
    flags = ("--share", "0", "--url", url, "--minimum-version", "0.3")
    assert run("door.tflite", "--manifest", "door.json", *flags) == 0
    assert (written().model, written().minimum_version) == (url, "0.3")
    run("--manifest", "door.json", "--share", "1")
    assert (written().model, written().minimum_version) == (url, "0.3")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("door.tflite", "--manifest", "door.json", "--share", "101"), 2),
        (("door.tflite", "--manifest", "door.json", "--share", "nan"), 2),
        (("door.tflite", "--manifest", "door.json", "--share", "10", "--minimum-version", "new"), 2),
        (("--manifest", "door.json", "--share", "10"), 2),
        (("gone.tflite", "--manifest", "door.json", "--share", "10"), 2),
        (("door.tflite", "--share", "10"), 2),
        (("door.tflite", "--name", "door"), 2),
        (("door.tflite", "--manifest", "door.json", "--share", "10", "--name", ""), 2),
        (("door.tflite", "--manifest", "door.json"), 2),
        (("door.tflite", "door.tflite", "--manifest", "door.json", "--share", "1"), 2),
        (("--manifest", "mine.pub", "--share", "10"), 1),
    ],
)
def test_a_wrong_call_writes_nothing(
    arguments: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert run(*arguments) == code
    assert "error: " in capsys.readouterr().err.splitlines()[-1]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
