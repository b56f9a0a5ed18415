"""Reads the files beside an ONNX model that hold its weights."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path

from edge.artifact.formats import MalformedModelError, refusal
from edge.artifact.formats.onnx_external import external_files, inlined
from edge.errors import ModelFileError


def with_external_data(
    path: Path, network: bytes, *, limit_bytes: int, is_covered: bool = True
) -> tuple[bytes, tuple[str, ...]]:
    """Complete an ONNX model by the weights that lie in files beside it.

    Args:
        path: of the model.
        network: its bytes.
        limit_bytes: the model and those files may have together.
        is_covered: False if only the model's own bytes were compared with what the user requires.

    Returns:
        The model with all weights in it, and the names of the files; the same bytes and no name if it has all.

    Raises:
        ModelFileError: files are missing, not covered, no plain files or too large, a name leads out of the model's
            folder, or a constant beyond its file.
    """
    try:
        names = external_files(network)
        if not names:
            return network, ()
        if not is_covered:
            raise ModelFileError(
                f"{path} has its weights in {', '.join(names)}, which its digest or signature doesn't cover: save the "
                "model as one file"
            )
        return inlined(network, _read_all(path, names, limit_bytes - len(network)), limit_bytes=limit_bytes), names
    except MalformedModelError as error:
        raise ModelFileError(refusal(path, error)) from error


def _read_all(path: Path, names: Sequence[str], left: int) -> dict[str, bytes]:
    missing = [name for name in names if not (path.parent / name).exists()]
    if missing:
        raise ModelFileError(
            f"{path} has its weights in {', '.join(missing)}, which isn't beside it: copy it there under that name"
        )
    files: dict[str, bytes] = {}
    for name in names:
        files[name] = _read(path.parent / name, left)
        left -= len(files[name])
    return files


def _read(path: Path, left: int) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ModelFileError(f"{path} is no plain file: expected the weights of the model")
        with path.open("rb") as file:
            content = file.read(left + 1)
    except OSError as error:
        raise ModelFileError(f"weights {path} can't be read: {error.strerror}") from error
    if len(content) > left:
        raise ModelFileError(f"{path} is too large: {left:,} bytes are left of what a model and its weights may have")
    return content
