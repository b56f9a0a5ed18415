"""The digest that a user requires."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import pytest

from edge.errors import UpdateError
from edge.update.origin import add_origin_flags, check_origin, is_pinned

DIGEST = hashlib.sha256(b"model").hexdigest()


def options(*arguments: str) -> argparse.Namespace:
    """What the flags come to."""
    flags = argparse.ArgumentParser()
    add_origin_flags(flags)
    return flags.parse_args(arguments)


def test_the_digest_decides(tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"model")
    check_origin(file, options())
    check_origin(file, options("--require-sha256", DIGEST.upper()))
    file.write_bytes(b"another")
    with pytest.raises(UpdateError, match=f"has the SHA-256 .*, required was {DIGEST}: it isn't that file"):
        check_origin(file, options("--require-sha256", DIGEST))
    assert (is_pinned(options()), is_pinned(options("--require-sha256", DIGEST))) == (False, True)


@pytest.mark.parametrize("text", ["", "abc", DIGEST + "0", "z" * 64])
def test_what_is_no_digest_is_a_wrong_call(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        options("--require-sha256", text)
    assert end.value.code == 2
    assert "expected 64 hexadecimal digits" in capsys.readouterr().err
