"""Whether a file is the one that its maker published: the digest and the signature that the user asks for."""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

from edge.errors import UpdateError


def add_origin_flags(flags: argparse.ArgumentParser) -> None:
    """Add what may be asked of a file before it is opened."""
    flags.add_argument("--require-sha256", type=_sha256, metavar="HEX", help="refuse every file but the one with this "
                       "SHA-256; without it an http:// URL isn't fetched")  # fmt: skip


def is_pinned(options: argparse.Namespace) -> bool:
    """Whether the flags say which file it must be, so that the way it came doesn't matter."""
    return options.require_sha256 is not None


def check_origin(file: Path, options: argparse.Namespace) -> None:
    """Compare a file with what the flags require, before anything looks into it.

    Raises:
        UpdateError: it is another one.
        OSError: it can't be read.
    """
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if options.require_sha256 not in (None, found):
        raise UpdateError(f"{file} has the SHA-256 {found}, required was {options.require_sha256}: it isn't that file")


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError(f"expected 64 hexadecimal digits, got {text!r}")
    return text.lower()
