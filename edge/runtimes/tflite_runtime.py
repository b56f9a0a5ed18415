"""Adapter of tflite-runtime 2.14, the last release of LiteRT's predecessor: the only file that imports it."""

from __future__ import annotations

from pathlib import Path

from edge.errors import RuntimeMissingError
from edge.runtimes.tflite import TfliteRuntime


def load(path: Path, network: bytes, *, threads: int) -> TfliteRuntime:
    """Load a network, a flatbuffer, with tflite-runtime; the path is for error messages.

    Raises:
        ModelFileError: tflite-runtime refuses the file; newer operator versions are a frequent reason.
        RuntimeMissingError: it isn't installed, or beside a numpy 2 it can't work with.
    """
    try:
        from tflite_runtime.interpreter import Interpreter
    except (ImportError, AttributeError) as error:  # numpy 2 makes it fail with either
        raise RuntimeMissingError(
            f"the runtime tflite-runtime isn't usable here ({error}): it needs Python up to 3.11 and numpy below 2, "
            "in an environment of its own: pip install 'edge-classify[tflite-runtime]'"
        ) from error
    return TfliteRuntime(
        path,
        name="tflite-runtime",
        package="tflite-runtime",
        make_interpreter=lambda: Interpreter(model_content=network, num_threads=threads),
    )
