"""SHA-256 without OpenSSL."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def sha256(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return str(new_sha256(content).hexdigest())


def new_sha256(content: bytes) -> Any:
    """As hashlib has it; but that loads OpenSSL too, 4 MB for one number, so the lean module comes first."""
    for lean in ("_sha2", "_sha256"):  # of Python 3.12 and later, and before; `random` in the standard library does so
        if importlib.util.find_spec(lean):
            return importlib.import_module(lean).sha256(content)
    import hashlib

    return hashlib.sha256(content)
