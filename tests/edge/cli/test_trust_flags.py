"""What the flags say becomes a requirement, or a wrong call."""

from __future__ import annotations

import argparse
import hashlib

import pytest

from edge.artifact.trust import TrustPolicy
from edge.cli.trust_flags import add_trust_flags, trust_policy_from

DIGEST = hashlib.sha256(b"a model").hexdigest()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--require-sha256", f" {DIGEST.upper()}"], TrustPolicy(DIGEST)),
        (["--require-signature", "mine.pub"], TrustPolicy("", "mine.pub")),
        (["--require-sha256", DIGEST, "--require-signature", "k"], TrustPolicy(DIGEST, "k")),
    ],
)
def test_flags(arguments: list[str], expected: TrustPolicy | None) -> None:
    flags = argparse.ArgumentParser()
    add_trust_flags(flags)
    assert trust_policy_from(flags.parse_args(arguments)) == expected


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "0" * 63])
def test_what_is_no_digest_is_a_wrong_call(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = argparse.ArgumentParser()
    add_trust_flags(flags)
    with pytest.raises(SystemExit):
        flags.parse_args(["--require-sha256", text])
    assert "expected 64 hexadecimal digits" in capsys.readouterr().err
