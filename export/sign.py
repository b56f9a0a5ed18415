"""`python -m export.sign`: keys, signatures in minisign's format (jedisct1.github.io/minisign), signed manifests."""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.artifact.file import read_artifact
from edge.artifact.manifest import Manifest, is_percent, issued_after, name_of_file
from edge.cli import console
from edge.errors import EXIT_DONE, ConfigError, ExportError, RuntimeMissingError, ToolkitError, UpdateError
from edge.system import atomic_file
from edge.system.urls import redact_url

_MINIMUM_VERSION = "0.1.0"  # the first that reads manifests; a model that is too new fails the device's self-test

_ED25519, _NO_PASSWORD, _BLAKE2B = b"Ed", b"\0\0", b"B2"
_HASHED = b"ED"
_SALT_AND_LIMITS = bytes(32 + 8 + 8)  # zero without a password
_CHECKSUM = bytes(32)  # zero without a password
_HEAD_BYTES = 2 + 2 + 2 + len(_SALT_AND_LIMITS)
_KEY_BYTES = 8 + 64 + len(_CHECKSUM)  # id, secret and public half

_EXAMPLES = """examples:
  python -m export.sign --new-key mine                     writes mine.key, to be kept secret, and mine.pub
  python -m export.sign artifacts/edge_int8.tflite --key mine.key

then: edge-classify --model edge_int8.tflite --require-signature mine.pub

a manifest of a staged update:
  python -m export.sign artifacts/door_int8.tflite --manifest door.json --share 10 --key mine.key
                                                           a new release, for a tenth of the devices
  python -m export.sign --manifest door.json --share 50 --key mine.key     the same release, for half of them
  python -m export.sign --manifest door.json --share 0 --key mine.key      for no further one

Put door_int8.tflite, door.json and door.json.minisig side by side on a server; a device that asks while only one of the
last two is new refuses both, and asks again:
  edge-classify update --manifest https://models.example/door.json --require-signature mine.pub
A larger share only adds devices, and each release begins with other ones. A smaller one takes the model from nobody: to
go back, sign a manifest of the older model.

The real minisign verifies what this signs (minisign -Vm FILE -p mine.pub), and this signs with minisign's keys that
have no password (minisign -GW).
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m export.sign",
        description="Sign model files, so that edge-classify --require-signature runs them and no others; and "
        "manifests, which bring a model to a share of all devices.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("files", type=Path, nargs="*", metavar="FILE", help="file to sign; writes FILE.minisig")
    what = flags.add_mutually_exclusive_group(required=True)
    what.add_argument("--key", type=Path, metavar="FILE", help="secret key to sign with")
    what.add_argument("--new-key", type=Path, metavar="NAME", help="make a key: NAME.key and NAME.pub")
    flags.add_argument("--comment", metavar="TEXT", help="signed comment that minisign shows (default: time and name)")
    release = flags.add_argument_group("a manifest of a staged update", "FILE is the model of a new release.")
    release.add_argument(
        "--manifest", type=Path, metavar="JSON", help="manifest to write and sign, or to change the share of"
    )
    release.add_argument("--share", type=_percent, metavar="PERCENT", help="share of the devices that install the "
                         "model, 0-100 %%")  # fmt: skip
    release.add_argument("--name", metavar="TEXT", help="name of the fleet that follows the manifest; its devices take "
                         "no other (default: JSON's, such as door of door.json)")  # fmt: skip
    release.add_argument("--url", metavar="URL", help="where devices get the model (default: FILE's name, beside the "
                         "manifest)")  # fmt: skip
    release.add_argument("--minimum-version", metavar="VERSION", help="least version of edge-classify that can run the "
                         f"model (default of a new release: {_MINIMUM_VERSION})")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Make a key, or sign."""
    flags = parser()
    options = flags.parse_args(argv)
    if options.new_key:
        print(f"public key {new_key(options.new_key)}, in {_beside(options.new_key, '.pub')}")
        return EXIT_DONE
    if options.manifest is None and any(
        value is not None for value in (options.share, options.name, options.url, options.minimum_version)
    ):
        flags.error("--share, --name, --url and --minimum-version are of a --manifest")
    if options.manifest is not None and (options.share is None or len(options.files) > 1):
        flags.error("--manifest needs --share PERCENT, and at most one FILE")
    if not options.files and options.manifest is None:
        flags.error("expected at least one FILE to sign")
    key = read_secret_key(options.key)
    manifest = _next_manifest(options) if options.manifest else None  # first: a wrong value signs nothing
    for path in options.files:
        _sign(path, _read(path), key, comment=options.comment)
    if manifest:
        content = manifest.to_json()
        _sign(options.manifest, content.encode(), key, comment=options.comment, text=content)
        model = f"model {manifest.sha256[:12]} at {redact_url(manifest.model)}"
        print(f"{options.manifest}: {manifest.name}, {model}, for {manifest.rollout_percent:g} % of the devices")
    return EXIT_DONE


def _sign(path: Path, content: bytes, key: tuple[bytes, bytes], *, comment: str | None, text: str = "") -> None:
    """Write a file's signature beside it, and before it the file, if there is a text for it."""
    comment = comment or f"timestamp:{int(time.time())}\tfile:{path.name}\thashed"
    signed = signature(content, *key, comment=comment)
    if text:
        atomic_file.write_text(path, text)
    atomic_file.write_text(_beside(path, ".minisig"), signed)
    print(_beside(path, ".minisig"))


def _next_manifest(options: argparse.Namespace) -> Manifest:
    """Return the manifest to sign: a new release, or the one before with another share."""
    try:
        before = Manifest.from_json(_read(options.manifest)) if options.manifest.exists() else None
    except UpdateError as error:
        raise ExportError(f"{options.manifest} is {error}: choose another name, or remove it") from error
    named = {"name": options.name, "model": options.url, "minimum_version": options.minimum_version}
    try:
        changes = {name: value for name, value in named.items() if value is not None}
        changes |= {"rollout_percent": options.share, "issued": issued_after(before)}
        if options.files:
            (model,) = options.files
            name = before.name if before else name_of_file(options.manifest.name)
            release = {"name": name, "model": model.name, "minimum_version": _MINIMUM_VERSION, **changes}
            return Manifest(sha256=read_artifact(model).sha256, **release)
        if before is None:
            raise ConfigError(f"there is no {options.manifest} yet: name the model FILE of a new release")
        return replace(before, **changes)
    except ToolkitError:
        raise
    except ValueError as error:
        raise ConfigError(str(error)) from error


def new_key(name: Path) -> str:
    """Write NAME.key, readable by its owner alone, and NAME.pub; return the public key as text.

    Raises:
        ExportError: a key of this name exists.
        RuntimeMissingError: cryptography isn't installed.
    """
    secret_path, public_path = _beside(name, ".key"), _beside(name, ".pub")
    for path in (secret_path, public_path):
        if path.exists():
            raise ExportError(f"{path} exists already: choose another name, what it signed would lose its key")
    secret, key_id = os.urandom(32), os.urandom(8)
    public = _public_half(secret)
    key_name = key_id[::-1].hex().upper()
    content = _ED25519 + _NO_PASSWORD + _BLAKE2B + _SALT_AND_LIMITS + key_id + secret + public + _CHECKSUM
    with os.fdopen(os.open(secret_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(f"untrusted comment: minisign secret key {key_name}\n{base64.b64encode(content).decode()}\n")
        file.flush()
        os.fsync(file.fileno())
    text = base64.b64encode(_ED25519 + key_id + public).decode()
    atomic_file.write_text(public_path, f"untrusted comment: minisign public key {key_name}\n{text}\n")
    return text


def read_secret_key(path: Path) -> tuple[bytes, bytes]:
    """Read a key without a password.

    Returns:
        Its id (8 bytes) and its secret half (32 bytes).

    Raises:
        ExportError: the file can't be read, isn't a key, or has a password.
        RuntimeMissingError: cryptography isn't installed.
    """
    lines = _read(path).decode("ascii", "replace").splitlines()
    try:
        content = base64.b64decode(lines[1], validate=True)
    except (IndexError, binascii.Error, ValueError) as error:
        raise ExportError(f"{path} is no minisign secret key: make one with --new-key") from error
    if len(content) != _HEAD_BYTES + _KEY_BYTES or content[:2] != _ED25519 or content[4:6] != _BLAKE2B:
        raise ExportError(f"{path} is no minisign secret key: make one with --new-key")
    if content[2:4] != _NO_PASSWORD:
        raise ExportError(f"{path} has a password: remove it from a copy with `minisign -C -W -s COPY`, or --new-key")
    body = content[_HEAD_BYTES:]
    if _public_half(body[8:40]) != body[40:72]:
        raise ExportError(f"{path} is damaged: its two halves don't belong together")
    return body[:8], body[8:40]


def signature(content: bytes, key_id: bytes, secret: bytes, *, comment: str) -> str:
    """Sign bytes and return the text of a .minisig file.

    Args:
        content: bytes of the file; their BLAKE2b-512 is signed.
        key_id: 8 bytes.
        secret: secret half of the key, 32 bytes.
        comment: one line, signed too.

    Raises:
        ExportError: the comment has several lines.
        RuntimeMissingError: cryptography isn't installed.
    """
    if not comment.replace("\t", "").isprintable():
        raise ExportError(f"a comment is one line of text, got {comment!r}")
    key = _private_key(secret)
    first = key.sign(hashlib.blake2b(content).digest())
    second = key.sign(first + comment.encode())
    return (
        f"untrusted comment: signature by edge-classify\n{base64.b64encode(_HASHED + key_id + first).decode()}\n"
        f"trusted comment: {comment}\n{base64.b64encode(second).decode()}\n"
    )


def _private_key(secret: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError as error:
        raise RuntimeMissingError(
            f"signing needs cryptography ({error}): pip install 'edge-classify[signing]'"
        ) from error
    return Ed25519PrivateKey.from_private_bytes(secret)


def _public_half(secret: bytes) -> bytes:
    public: bytes = _private_key(secret).public_key().public_bytes_raw()
    return public


def _percent(text: str) -> float:
    try:
        value = float(text.strip().removesuffix("%"))
    except ValueError:
        value = float("nan")
    if not is_percent(value):
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 100 %, got {text!r}")
    return value


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ExportError(f"{path} can't be read: {error.strerror}") from error


if __name__ == "__main__":
    console.run(main)
