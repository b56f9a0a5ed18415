"""Bytes of TFLite and ONNX files, read without a native library and without trusting them."""

from __future__ import annotations


class MalformedModelError(ValueError):
    """Reason in a few words why a network is not well-formed, without the file's name."""
