"""Bytes of TFLite and ONNX files, read without a native library and without trusting them."""

from __future__ import annotations

from pathlib import Path

_MAX_REASON = 300  # characters: a forged name may be as long as a book


class MalformedModelError(ValueError):
    """Reason in a few words why a network is not well-formed, without the file's name."""


class UnsupportedModelError(MalformedModelError):
    """Name of a part that whole files may have, such as texts or sequences, and no image classifier needs."""


def refusal(path: Path, error: MalformedModelError) -> str:
    """Return the sentence that refuses a file: what is wrong, and what helps."""
    reason = str(error)[:_MAX_REASON]
    if isinstance(error, UnsupportedModelError):
        return f"{path} can't be used: {reason}; export it with one image in and one tensor of scores out"
    return f"{path} is damaged or forged: {reason}; copy or export it again"
