"""Trust in a model file: by its SHA-256, by a signature in minisign's format, or because it ships with the program.

Signatures: jedisct1.github.io/minisign. The only file of `edge` that imports cryptography.
"""

from __future__ import annotations

import importlib
import importlib.util
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from edge.errors import ConfigError, ModelFileError, RuntimeMissingError

_LONG_BYTES = 4 * 2**20  # OpenSSL pays for itself from about a quarter of it


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, hexadecimal."""
    return str(new_sha256(content).hexdigest())


def new_sha256(content: bytes) -> Any:
    """Return SHA-256 as hashlib does, for short content without OpenSSL if possible.

    Loading it takes 4 MB and 8 ms of every start, but then it is several times as fast.
    """
    for lean in ("_sha2", "_sha256"):  # Python 3.12 and later; before
        if len(content) < _LONG_BYTES and importlib.util.find_spec(lean):
            return importlib.import_module(lean).sha256(content)
    import hashlib

    return hashlib.sha256(content)


class Trust(Enum):
    """Reason why a file's bytes are as trusted as the program."""

    BUILT_IN = "built-in"
    DIGEST = "SHA-256"
    SIGNATURE = "signature"
    DIGEST_AND_SIGNATURE = "SHA-256 and signature"


class TrustPolicy(NamedTuple):
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
        check_signature(path, content, self.public_key)
        return Trust.DIGEST_AND_SIGNATURE if self.sha256 else Trust.SIGNATURE


_MAX_BYTES = 8192  # of a signature or a key file, as minisign has it
_ID_BYTES, _KEY_BYTES, _SIGNATURE_BYTES = 8, 32, 64
_TRUSTED_COMMENT = "trusted comment: "
_WHOLE_FILE, _HASHED = b"Ed", b"ED"  # signed content: the file (minisign -l), or its BLAKE2b-512


class PublicKey(NamedTuple):
    """Ed25519 key."""

    id: bytes
    """Identifier of the key, 8 bytes."""
    key: bytes
    """Key itself, 32 bytes."""


def check_signature(path: Path, content: bytes, public_key: str) -> str:
    """Check a file's detached signature, FILE.minisig, against a public key: a file, or its base64 text.

    Returns:
        The trusted comment, which is signed too.

    Raises:
        ModelFileError: there is no signature, or it isn't this key's, or not of these bytes.
        RuntimeMissingError: cryptography isn't installed.
    """
    import hashlib

    key = read_public_key(public_key)
    beside = path.with_name(f"{path.name}.minisig")
    method, key_id, signature, comment, second = _read_signature(path, beside)
    if key_id != key.id:
        raise ModelFileError(
            f"{path} is signed with key {_shown(key_id)}, --require-signature asks for key {_shown(key.id)}: not loaded"
        )
    signed = content if method == _WHOLE_FILE else hashlib.blake2b(content).digest()
    if not (_is_signed(key, signature, signed) and _is_signed(key, second, signature + comment)):
        raise ModelFileError(f"{path} isn't what was signed in {beside.name}: copy both again, or sign the file anew")
    return comment.decode(errors="replace")


def read_public_key(text: str) -> PublicKey:
    """Read a key from a file or from its base64 text.

    Raises:
        ModelFileError: it is neither.
    """
    lines = [text]
    if Path(text).is_file():
        lines = _read_text(Path(text), "public key").splitlines()[1:2]
    content = _decoded(lines[0] if lines else "")
    if len(content) != 2 + _ID_BYTES + _KEY_BYTES or content[:2] != _WHOLE_FILE:
        raise ConfigError(f"{text!r} is no minisign public key: expected a .pub file, or its second line")
    return PublicKey(content[2 : 2 + _ID_BYTES], content[2 + _ID_BYTES :])


def _read_signature(path: Path, beside: Path) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Return method, id of the key, signature, trusted comment, and the signature over both of these."""
    if not beside.is_file():
        raise ModelFileError(f"{path} isn't signed: expected {beside.name} beside it, made by `python -m export.sign`")
    lines = _read_text(beside, "signature").split("\n")
    first, second = (_decoded(lines[number]) if len(lines) > number else b"" for number in (1, 3))
    is_whole = len(first) == 2 + _ID_BYTES + _SIGNATURE_BYTES and len(second) == _SIGNATURE_BYTES
    if not is_whole or first[:2] not in (_WHOLE_FILE, _HASHED) or not lines[2].startswith(_TRUSTED_COMMENT):
        raise ModelFileError(f"{beside} is no minisign signature: copy it again, or sign {path.name} anew")
    comment = lines[2].removeprefix(_TRUSTED_COMMENT).rstrip("\r").encode(errors="surrogateescape")
    return first[:2], first[2 : 2 + _ID_BYTES], first[2 + _ID_BYTES :], comment, second


def _read_text(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode(errors="surrogateescape")
    except OSError as error:
        raise ModelFileError(f"{what} {path} can't be read: {error.strerror}") from error


def _decoded(text: str) -> bytes:
    import base64

    try:
        return base64.b64decode(text.strip(), validate=True)
    except ValueError:  # binascii.Error is one
        return b""


def _is_signed(key: PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise RuntimeMissingError(
            f"a signature can't be checked here ({error}): pip install 'edge-classify[signing]'"
        ) from error
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _shown(key_id: bytes) -> str:
    """Format a key's id as minisign does."""
    return key_id[::-1].hex().upper()
