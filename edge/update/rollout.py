"""Staged updates: a signed manifest is fetched, and this device decides whether it belongs to the share that installs.

A device's place in a release is a hash of its id and of the model's digest. So a larger share only adds devices, and
every release begins with other ones.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from edge import __version__
from edge.artifact.manifest import MAX_BYTES, Manifest
from edge.artifact.trust import check_signature
from edge.errors import ConfigError, UpdateError
from edge.system import host
from edge.system.urls import is_url, redact_url
from edge.update.fetch import errors_name, fetch, fetch_signature

_MACHINE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Offer:
    """Manifest as this device sees it."""

    manifest: Manifest
    source: str
    """URL or path of the model file."""
    place: float
    """Place of this device among all, 0-100 %, below 100."""

    @property
    def takes_part(self) -> bool:
        """True if this device belongs to the share that installs the model."""
        return self.place < self.manifest.rollout_percent


def device_place(device_id: str, sha256: str) -> float:
    """Return the place of a device in the release of a model, 0-100 %, below 100.

    It is evenly spread: the first 32 bits of the SHA-256 of id, line feed and digest, as a fraction.
    """
    digest = hashlib.sha256(f"{device_id}\n{sha256}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 * 100


def machine_id(root: Path = host.ROOT) -> str:
    """Return the machine's id (machine-id(5)), which only ever leaves this process as a part of a hash.

    Raises:
        ConfigError: it has none.
    """
    text = host.read(root / "etc/machine-id").strip()
    if not _MACHINE_ID.fullmatch(text) or text == "0" * 32:
        raise ConfigError(
            "this machine has no id in /etc/machine-id, by which it would know its place in a release: make one with "
            "`systemd-machine-id-setup`, or name the device with --device-id"
        )
    return text


def read_offer(source: str, folder: Path, *, public_key: str, device_id: str, name: str, timeout_s: float) -> Offer:
    """Fetch a manifest and its signature into a folder, and check them.

    Args:
        source: URL or path of the manifest; .minisig behind it leads to the signature.
        folder: an existing one, for both files.
        public_key: minisign key that must have signed it: a file, or its base64 text.
        device_id: text that no other device of the fleet has.
        name: that of the manifest, for the key may sign those of other fleets too.
        timeout_s: seconds for each of both files.

    Raises:
        UpdateError: it can't be fetched, isn't signed by the key, isn't a manifest, is another fleet's, or is for newer
            versions.
        ConfigError: the URL isn't one that is fetched, or the key is none.
        RuntimeMissingError: the library that checks signatures isn't installed.
        OSError: the file can't be read.
    """
    shown, file = redact_url(source), folder / "manifest.json"
    fetch(source, file, is_pinned=True, timeout_s=timeout_s, limit_bytes=MAX_BYTES, what="a manifest")
    fetch_signature(source, file, timeout_s=timeout_s)
    content = file.read_bytes()
    with errors_name(shown, file):
        check_signature(file, content, public_key)
    try:
        manifest = Manifest.from_json(content)
    except UpdateError as error:
        raise UpdateError(f"{shown} is {error}") from error
    if manifest.name != name:
        raise UpdateError(
            f"{shown} is the manifest of {manifest.name!r}, expected that of {name!r}: name another address, or what "
            "this device follows with --manifest-name"
        )
    if not manifest.is_for(__version__):
        raise UpdateError(
            f"{shown} is for edge-classify {manifest.minimum_version} and later: upgrade this one, {__version__}, first"
        )
    return Offer(manifest, _model_source(manifest.model, source), device_place(device_id, manifest.sha256))


def _model_source(model: str, manifest: str) -> str:
    """Return where the model is: a relative URL or path is taken from the manifest's."""
    if is_url(model):
        return model
    if is_url(manifest):
        from urllib.parse import urljoin

        return urljoin(manifest, model)
    return str(Path(manifest).parent / model)
