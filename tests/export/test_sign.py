"""Signatures of `python -m export.sign`, verified by the runner, and by minisign where it is installed."""

from __future__ import annotations

import base64
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("cryptography")

from edge.artifact.trust import check_signature
from edge.errors import ExportError, ModelFileError
from export import sign

# minisign -GW of version 0.11; made for this test and used nowhere else.
MINISIGN_KEY = (
    "RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlD8ShP+XNrIruyvmAc1Xd/7+h0VQUFhk2lye9Jd/8c"
    "Qu6VIcU/0amNf27t8plrM7cxMxY2dGYwiogqKv+H9Yi83J6rVOM7iTAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
)
PUBLIC = "RWSUPxKE/5c2stf27t8plrM7cxMxY2dGYwiogqKv+H9Yi83J6rVOM7iT"

MINISIGN_SIGNATURE = (
    "RUSUPxKE/5c2sn8221rMUVU8JHXSyW7P+fUPnWF0wMRExZ8STCRTpoXYl3XOlYSChsKtuiJoStFBhf3idZr/5lKzzlRbIINLRQg="
)
MINISIGN_GLOBAL_SIGNATURE = "BCxUhnUSihtVc3KZOpiQPfau6mzoFmtrxlRslZwlv5m+i493Id4EbX/4SiT2UkkLOHfsdT2x3A48M7FyRW5eAw=="


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A file to sign."""
    path = tmp_path / "m.tflite"
    path.write_bytes(b"a model")
    return path


def test_a_new_key_signs_and_the_runner_takes_it(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign.main(["--new-key", str(tmp_path / "mine")]) == 0
    assert sign.main([str(model), "--key", str(tmp_path / "mine.key"), "--comment", "of today"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == f"{model}.minisig"
    assert stat.S_IMODE((tmp_path / "mine.key").stat().st_mode) == 0o600
    public = str(tmp_path / "mine.pub")
    assert check_signature(model, b"a model", public) == "of today"
    with pytest.raises(ModelFileError, match="isn't what was signed"):
        check_signature(model, b"another", public)


def test_a_key_of_minisign_signs_as_minisign_does(tmp_path: Path, model: Path) -> None:
    key = tmp_path / "real.key"
    key.write_text(f"untrusted comment: minisign encrypted secret key\n{MINISIGN_KEY}\n", encoding="ascii")
    assert sign.main([str(model), "--key", str(key)]) == 0
    assert check_signature(model, b"a model", PUBLIC).endswith("\tfile:m.tflite\thashed")
    # Ed25519 has no chance in it: the same message and key give minisign's own signature, made by minisign -S.
    key_id, secret = sign.read_secret_key(key)
    text = sign.signature(
        b"edge-classify test vector\n", key_id, secret, comment="timestamp:1795000000\tfile:message.txt\thashed"
    )
    assert text.splitlines()[1::2] == [MINISIGN_SIGNATURE, MINISIGN_GLOBAL_SIGNATURE]


@pytest.mark.skipif(not shutil.which("minisign"), reason="the real minisign isn't installed")
def test_the_real_minisign_verifies_it(tmp_path: Path, model: Path) -> None:
    sign.main(["--new-key", str(tmp_path / "mine"), "-q"])
    sign.main([str(model), "--key", str(tmp_path / "mine.key")])
    command = ["minisign", "-V", "-m", str(model), "-p", str(tmp_path / "mine.pub")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    model.write_bytes(b"another")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    sign.new_key(tmp_path / "mine")
    with pytest.raises(ExportError, match=r"mine\.key exists already"):
        sign.new_key(tmp_path / "mine")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no minisign secret key"),
        ("comment\nAAAA", "is no minisign secret key"),
        (f"comment\n{MINISIGN_KEY.replace('RWQAAEIy', base64.b64encode(b'EdScB2').decode())}", "has a password"),
        (f"comment\n{MINISIGN_KEY.replace('+Hyi83', '').replace('9Yi8', '9Yi9')}", "its two halves don't belong"),
    ],
    ids=["empty", "short", "password", "damaged"],
)
def test_what_is_no_key_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "a.key"
    path.write_text(text, encoding="ascii")
    with pytest.raises(ExportError, match=words):
        sign.read_secret_key(path)


def test_a_call_without_a_file_or_a_key_is_refused(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        sign.main(["--key", "a.key"])
    assert ended.value.code == 2
    assert "FILE" in capsys.readouterr().err
    assert sign.main([str(model), "--key", str(tmp_path / "gone.key")]) == 1
    assert str(tmp_path / "gone.key") in capsys.readouterr().err
    with pytest.raises(ExportError, match="one line of text"):
        sign.signature(b"", bytes(8), bytes(32), comment="a\nb")
