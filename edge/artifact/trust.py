"""Trust in a model file: by its SHA-256, by a signature, or because it ships with the program."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from edge.artifact.digest import sha256
from edge.errors import ModelFileError


class Trust(Enum):
    """Reason why a file's bytes are as trusted as the program."""

    BUILT_IN = "built-in"
    DIGEST = "SHA-256"
    SIGNATURE = "signature"
    DIGEST_AND_SIGNATURE = "SHA-256 and signature"


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Digest, signature or both; a file must have all that are set."""

    sha256: str = ""
    """Digest of the whole file, hexadecimal; empty: any."""
    public_key: str = ""
    """Key of minisign: a file, or its base64 text; empty: no signature is needed."""

    def check(self, path: Path, content: bytes) -> Trust:
        """Compare a file with the policy.

        Returns:
            Reason to trust the file.

        Raises:
            ModelFileError: the file has another digest, no signature, or a wrong one.
            RuntimeMissingError: a signature can't be checked here.
        """
        if self.sha256 and (digest := sha256(content)) != self.sha256:
            raise ModelFileError(f"{path} has SHA-256 {digest}, --require-sha256 asks for {self.sha256}: not loaded")
        if not self.public_key:
            return Trust.DIGEST
        from edge.artifact.signature import check_signature

        check_signature(path, content, self.public_key)
        return Trust.DIGEST_AND_SIGNATURE if self.sha256 else Trust.SIGNATURE
