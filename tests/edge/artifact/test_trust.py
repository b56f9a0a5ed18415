"""Trust in model files: digests, signatures, and the refusal of any other file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.trust import Trust, TrustPolicy, check_signature, read_public_key, sha256
from edge.errors import ConfigError, ModelFileError

DIGEST = hashlib.sha256(b"a model").hexdigest()


@pytest.mark.parametrize("size", [0, 55, 2**22 - 1, 2**22])
def test_a_digest_is_that_of_hashlib_however_long_the_content(size: int) -> None:
    assert sha256(b"m" * size) == hashlib.sha256(b"m" * size).hexdigest()


def test_a_file_with_the_digest_is_trusted_and_any_other_refused() -> None:
    assert TrustPolicy(sha256=DIGEST).check(Path("m"), b"a model") is Trust.DIGEST
    with pytest.raises(ModelFileError, match=f"^m has SHA-256 .*--require-sha256 .*{DIGEST}"):
        TrustPolicy(sha256=DIGEST).check(Path("m"), b"another")


def test_a_policy_of_both_needs_the_signature_too(tmp_path: Path) -> None:
    key = "RWSUPxKE/5c2stf27t8plrM7cxMxY2dGYwiogqKv+H9Yi83J6rVOM7iT"
    with pytest.raises(ModelFileError, match="isn't signed"):
        TrustPolicy(DIGEST, key).check(tmp_path / "m", b"a model")


def test_the_runner_refuses_any_other_file(edge_classify: Callable[..., Any], fixtures: Path) -> None:
    model = fixtures / "tiny_int8.tflite"
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    good = edge_classify("--model", model, "--require-sha256", digest, "--max-frames", 1)
    assert good.code == 0
    bad = edge_classify("--require-sha256", digest)  # the built-in one too
    assert (bad.code, bad.out) == (1, "")
    assert f"--require-sha256 asks for {digest}: not loaded" in bad.sentence


needs_cryptography = pytest.mark.skipif(find_spec("cryptography") is None, reason="extra `signing`")

# Made by minisign 0.11 (Debian): minisign -GW, then -S and -S -l.
MESSAGE = b"edge-classify test vector\n"
PUBLIC = "RWSUPxKE/5c2stf27t8plrM7cxMxY2dGYwiogqKv+H9Yi83J6rVOM7iT"
OTHER = "RWRodPJEs3Cvr7l/YyoJZ4FyGzwpuwgQ6ooMeTW+FeYEA48s/wbL64kE"
KEY_ID, OTHER_ID = "B23697FF84123F94", "AFAF70B344F27468"
HASHED = """untrusted comment: signature from minisign secret key
RUSUPxKE/5c2sn8221rMUVU8JHXSyW7P+fUPnWF0wMRExZ8STCRTpoXYl3XOlYSChsKtuiJoStFBhf3idZr/5lKzzlRbIINLRQg=
trusted comment: timestamp:1795000000\tfile:message.txt\thashed
BCxUhnUSihtVc3KZOpiQPfau6mzoFmtrxlRslZwlv5m+i493Id4EbX/4SiT2UkkLOHfsdT2x3A48M7FyRW5eAw==
"""
LEGACY = """untrusted comment: signature from minisign secret key
RWSUPxKE/5c2stGDPNTmuOYGiMVedMe3tKagAqha1LbE+aTZ93eOfHDqFvc08GIgBipCHKUt0EweNGiu/wDWk+lnBarAk4F38Qg=
trusted comment: legacy
optjqE50YL9uO5oWNZ6bxw9uUVD/Ecrw81Utg+uz9hGRB3o4FubXJ+HtWAqSNFFlsqzz3OImuUzf8fcU/+w8CA==
"""


def signed(folder: Path, text: str) -> Path:
    """A file with this beside it."""
    (folder / "m.tflite.minisig").write_text(text, encoding="utf-8")
    return folder / "m.tflite"


@pytest.mark.parametrize(
    ("text", "comment"),
    [(HASHED, "timestamp:1795000000\tfile:message.txt\thashed"), (LEGACY, "legacy")],
    ids=["hashed", "legacy"],
)
@needs_cryptography
def test_signatures_by_minisign_are_accepted(tmp_path: Path, text: str, comment: str) -> None:
    assert check_signature(signed(tmp_path, text), MESSAGE, PUBLIC) == comment


def test_the_key_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.pub"
    path.write_text(f"untrusted comment: minisign public key B23697FF84123F94\n{PUBLIC}\n", encoding="utf-8")
    assert read_public_key(str(path)) == read_public_key(PUBLIC)
    assert read_public_key(PUBLIC).id[::-1].hex().upper() == KEY_ID


@needs_cryptography
@pytest.mark.parametrize("text", [HASHED, LEGACY], ids=["hashed", "legacy"])
@pytest.mark.parametrize(
    ("old", "new"),
    [("9Z", "9z"), ("trusted comment: ", "trusted comment: not "), ("==", "==")],
    ids=["signature", "comment", "content"],
)
def test_whatever_was_changed_it_is_refused(tmp_path: Path, text: str, old: str, new: str) -> None:
    changed = text.replace("\n" + text.splitlines()[2], "\n" + text.splitlines()[2].replace(old, new))
    if old == "9Z":
        line = text.splitlines()[1]
        changed = text.replace(line, line[:40] + ("A" if line[40] != "A" else "B") + line[41:])
    content = MESSAGE if old != "==" else MESSAGE + b"!"
    with pytest.raises(ModelFileError, match=r"m\.tflite\.minisig: copy"):
        check_signature(signed(tmp_path, changed), content, PUBLIC)


def test_a_signature_by_another_key_names_both_keys(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=f"{KEY_ID}, .*{OTHER_ID}"):
        check_signature(signed(tmp_path, HASHED), MESSAGE, OTHER)


def test_a_missing_signature_names_its_file_and_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"minisig .*export\.sign"):
        check_signature(tmp_path / "m.tflite", MESSAGE, PUBLIC)


@pytest.mark.parametrize(
    "text",
    ["", "a\nb\nc\nd\n", "\n".join(HASHED.splitlines()[:2]), HASHED.replace("trusted comment: t", "t"),
     HASHED.replace("RUSU", "RXSU"), "x" * 100_000],
    ids=["empty", "no base64", "cut", "no comment", "another method", "huge"],
)  # fmt: skip
def test_what_is_no_signature_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ModelFileError, match=r"m\.tflite\.minisig is"):
        check_signature(signed(tmp_path, text), MESSAGE, PUBLIC)


@pytest.mark.parametrize("text", ["", "nobody.pub", PUBLIC[:-4], "RXSU" + PUBLIC[4:]])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is no .* key: .*\.pub"):
        read_public_key(text)
