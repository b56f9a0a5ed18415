"""The flags that say which model file is wanted; what is compared with them is `edge.artifact.trust`."""

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
                       help="the model file must have this SHA-256; any other is refused before it is looked into, "
                       "this one is as trusted as the program")  # fmt: skip
    flags.add_argument("--require-signature", metavar="PUBKEY",
                       help="likewise, FILE.minisig must hold a signature by this minisign key: a .pub file or its "
                       "base64 text (extra `signing`)")  # fmt: skip


def trust_policy_from(options: argparse.Namespace) -> TrustPolicy | None:
    """What the flags ask for; None: any file will do."""
    if not (options.require_sha256 or options.require_signature):
        return None
    from edge.artifact.trust import TrustPolicy

    return TrustPolicy(options.require_sha256 or "", options.require_signature or "")


def _digest(text: str) -> str:
    text = text.strip().lower()
    if len(text) != _DIGEST_CHARACTERS or set(text) - set(string.hexdigits):
        raise argparse.ArgumentTypeError(f"expected {_DIGEST_CHARACTERS} hexadecimal digits, got {text!r}")
    return text
