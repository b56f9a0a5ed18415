"""What a model file must have to be looked at: a SHA-256 that is known, a signature by a key that is known, or both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.artifact.digest import sha256
from edge.errors import ModelFileError


@dataclass(frozen=True, slots=True)
class Requirement:
    """At least one of the two is there; a file must have all that are."""

    sha256: str = ""
    """Of the whole file, hexadecimal."""
    public_key: str = ""
    """minisign's: a file, or its base64 text."""

    def check(self, path: Path, content: bytes) -> str:
        """Compare a file with it.

        Returns:
            What vouches for the file, for people.

        Raises:
            ModelFileError: it has another digest, no signature, or one that isn't right.
            RuntimeMissingError: a signature can't be checked here.
        """
        vouchers = []
        if self.sha256:
            if (found := sha256(content)) != self.sha256:
                raise ModelFileError(f"{path} has SHA-256 {found}, --require-sha256 asks for {self.sha256}: not loaded")
            vouchers.append("SHA-256")
        if self.public_key:
            from edge.artifact.signature import check_signature

            check_signature(path, content, self.public_key)
            vouchers.append("signature")
        return " and ".join(vouchers)
