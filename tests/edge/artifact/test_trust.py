"""A file must be the one that was asked for, before anything else is known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.trust import Trust, TrustPolicy
from edge.errors import ModelFileError

DIGEST = hashlib.sha256(b"a model").hexdigest()


def test_the_digest_vouches_for_the_file() -> None:
    assert TrustPolicy(sha256=DIGEST).check(Path("m"), b"a model") is Trust.DIGEST
    with pytest.raises(ModelFileError, match=f"^m has SHA-256 [0-9a-f]{{64}}, --require-sha256 asks for {DIGEST}: not"):
        TrustPolicy(sha256=DIGEST).check(Path("m"), b"another")


def test_both_must_be_right(tmp_path: Path) -> None:
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
