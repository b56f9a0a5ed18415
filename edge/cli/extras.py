"""Extras that commands need: one sentence for those that aren't installed, before a command has worked for minutes."""

from __future__ import annotations

from importlib.util import find_spec

from edge.errors import RuntimeMissingError

_MODULES = {
    "benchmarks": ("scipy", "matplotlib", "jinja2", "adjustText", "tqdm"),
    "export": ("tensorflow", "keras", "onnx", "onnxruntime", "tf2onnx"),
    "micro": ("tflite_micro",),
    "train": ("keras", "matplotlib", "scipy"),
}
"""Extra, which is called like the package or command that needs it -> modules that it brings."""


def require(extra: str) -> None:
    """Look for an extra's modules without importing them.

    Raises:
        RuntimeMissingError: some aren't installed.
    """
    if missing := [name for name in _MODULES[extra] if find_spec(name) is None]:
        raise RuntimeMissingError(missing_sentence(extra, missing))


def missing_sentence(extra: str, modules: list[str]) -> str:
    """Return the sentence for modules that aren't installed; an unknown extra is one of this project's packages."""
    what = f"edge-classify[{extra}]" if extra in _MODULES else "edge-classify"
    return f"{', '.join(modules)} isn't installed: pip install '{what}'"
