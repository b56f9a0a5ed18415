"""The command, with a made-up interpreter in place of the probe."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.hardening.__main__ import main
from tests.platforms import kit, wheels

OUTPUTS = base64.b64encode(zlib.compress(bytes(4 * 10))).decode()
ANSWERED = {
    "python": "3.12.1",
    "architecture": "x86_64",
    "core": "",
    "environment": {"kind": "host", "os": "Debian"},
    "rows": [
        {"library": library, "model": "int8", "imports": "yes", "predicts": "yes", "answers": "0123",
         "outputs_sha256": "ab", "outputs": OUTPUTS}
        for library in ("litert", "onnxruntime", "tflite-runtime")
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_kit_and_no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    def pack(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        np.save(folder / "labels.npy", np.array([0, 1, 2, 4], np.uint8))
        np.save(folder / "drawn.npy", np.zeros((1, 28, 28), np.uint8))

    monkeypatch.setattr(kit, "pack", pack)
    monkeypatch.setattr(wheels, "for_32_bit_arm", list)


def interpreter(folder: Path, says: str, code: int = 0) -> Path:
    """A program that takes the probe's place."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_what_is_tried_here_and_what_was_said_elsewhere_end_in_one_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pi.json").write_text(json.dumps(ANSWERED | {"architecture": "aarch64", "core": "Cortex-A72"}))
    python = interpreter(tmp_path, json.dumps(ANSWERED))

    code = main(["platforms", "--python", str(python), "--merge", str(tmp_path / "pi.json"),
                 "--kit", str(tmp_path / "kit"), "--out", str(tmp_path / "out.json")])  # fmt: skip

    assert code == 0, capsys.readouterr()
    report: dict[str, Any] = json.loads((tmp_path / "out.json").read_text())
    assert [row["machine"] for row in report["details"]] == ["x86-64"] * 3 + ["aarch64 Cortex-A72"] * 3
    assert report["details"][0]["accuracy"] == 75.0


@pytest.mark.parametrize(("says", "code", "sentence"), [("no JSON", 0, "gave no JSON"), ("{}", 0, "isn't what"),
                                                        ("", 7, "ended with exit code 7")])  # fmt: skip
def test_a_probe_that_fails_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], says: str, code: int, sentence: str
) -> None:
    python = interpreter(tmp_path, says, code)
    assert main(["platforms", "--python", str(python), "--kit", str(tmp_path / "kit")]) == 1
    assert sentence in capsys.readouterr().err
