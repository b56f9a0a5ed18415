"""A TFLite file that is newer than the library which is to run it: what it needs, what is here, what to do."""

from __future__ import annotations

import re
from pathlib import Path

from edge.artifact.file import read_artifact
from edge.errors import ToolkitError

LAST_TFLITE_RUNTIME = "2.14.0"
"""There is no newer tflite-runtime, and won't be: LiteRT follows it."""
MARK = "is too old for it"
"""What every such sentence holds."""
_MISSING = re.compile(r"Didn't find op for builtin opcode '(\w+)' version '(\d+)'")
_FIXES = {
    "litert": "pip install --upgrade ai-edge-litert",
    "tflite-runtime": "run it with LiteRT (pip install ai-edge-litert, --runtime litert), or export it with "
    "`python -m export.tflite --for tflite-runtime`",
}


def explain(path: Path, message: str, runtime: str, installed: str) -> str | None:
    """Say what the file needs, what is here, and how to get on.

    Args:
        path: of the file.
        message: what the library said.
        runtime: litert or tflite-runtime.
        installed: its version.

    Returns:
        One sentence; None: the library doesn't complain about the version of an operator.
    """
    found = _MISSING.search(message)
    if not found:
        return None
    least = least_version(path)
    from_ = f" (TensorFlow Lite {least} or later)" if least else ""
    return f"{path} needs {found[1]} version {found[2]}{from_}, {runtime} {installed} {MARK}: {_FIXES[runtime]}"


def least_version(path: Path) -> str | None:
    """The least TensorFlow Lite that reads the file, as its specification claims; None: it doesn't say."""
    try:
        spec = read_artifact(path).spec
    except ToolkitError:
        return None
    needs = spec.provenance.needs if spec else {}
    least = needs.get("tensorflow_lite") if isinstance(needs, dict) else None  # JSON can hold anything
    return least if isinstance(least, str) and re.fullmatch(r"[\d.]{1,12}", least) else None


def is_newer(version: str, than: str) -> bool:
    """Whether the first of two versions, like 2.17.0, is the newer one; what is no version isn't newer."""
    first, second = (tuple(int(part) for part in re.findall(r"\d+", text)[:3]) for text in (version, than))
    return first > second
