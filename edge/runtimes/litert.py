"""Adapter of ai-edge-litert, the maintained TFLite runtime: the only file that imports it."""

from __future__ import annotations

from pathlib import Path

from edge.errors import RuntimeMissingError
from edge.runtimes.tflite import TfliteRuntime


def load(path: Path, network: bytes, *, threads: int) -> TfliteRuntime:
    """Load a network, a flatbuffer, with LiteRT; the path is for error messages.

    Raises:
        ModelFileError: LiteRT refuses the file.
        RuntimeMissingError: ai-edge-litert isn't installed, or its installation is broken.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise RuntimeMissingError(
            f"the runtime litert needs ai-edge-litert ({error}): pip install ai-edge-litert"
        ) from error
    return TfliteRuntime(
        path,
        name="litert",
        package="ai-edge-litert",
        make_interpreter=lambda: Interpreter(model_content=network, num_threads=threads),
    )
