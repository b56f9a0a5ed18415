"""Flags that say which model files are trusted, the same on every command that reads one."""

from __future__ import annotations

import argparse
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.artifact.trust import TrustPolicy

_DIGEST_CHARACTERS = 64


def add_trust_flags(flags: argparse.ArgumentParser) -> None:
    """Add --require-sha256 and --require-signature."""
    flags.add_argument("--require-sha256", type=_digest, metavar="HEX",
                       help="SHA-256 that the model file must have; any other file is refused unread, this one is "
                       "trusted without checks")  # fmt: skip
    flags.add_argument("--require-signature", metavar="PUBKEY",
                       help="minisign key by which FILE.minisig must sign the model file: a .pub file or its base64 "
                       "text (extra `signing`)")  # fmt: skip


def trust_policy_from(options: argparse.Namespace) -> TrustPolicy | None:
    """Return the policy that the flags set; None: any file is accepted, after its verification."""
    if not (options.require_sha256 or options.require_signature):
        return None
    from edge.artifact.trust import TrustPolicy

    return TrustPolicy(options.require_sha256 or "", options.require_signature or "")


def _digest(text: str) -> str:
    text = text.strip().lower()
    if len(text) != _DIGEST_CHARACTERS or set(text) - set(string.hexdigits):
        raise argparse.ArgumentTypeError(f"expected {_DIGEST_CHARACTERS} hexadecimal digits, got {text!r}")
    return text
