"""LiteRT.js, the page's runtime: fetched by the user's npm, compared with its pinned digest, and taken apart."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ConfigError, ExportError, RuntimeMissingError

_LOGGER = logging.getLogger(__name__)
_TIMEOUT_S = 300
_MAX_REASON = 300  # characters of npm's own message
_MAX_MEMBER_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Package:
    """Package of npm in one version."""

    name: str
    version: str
    integrity: str
    """Digest of its archive as npm writes it: sha512-BASE64."""


LITERT_JS = Package(
    "@litertjs/core",
    "2.5.3",
    "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
)
# The build for 128-bit SIMD alone. Results of that for relaxed SIMD may depend on the processor.
SCRIPT, WASM = "litert_wasm_compat_internal.js", "litert_wasm_compat_internal.wasm"


def litert_js(archive: Path | None = None) -> tuple[bytes, bytes]:
    """Return script and WebAssembly of the runtime.

    Args:
        archive: the package's file, for a machine without npm or network; None: npm fetches it.

    Raises:
        RuntimeMissingError: there is no npm.
        ExportError: npm fails, or the archive isn't the pinned one.
    """
    content = fetch(LITERT_JS) if archive is None else _read(archive)
    require_integrity(LITERT_JS, content, where=f"{archive or 'what npm fetched'}")
    return tuple(member(content, f"package/wasm/{name}") for name in (SCRIPT, WASM))  # type: ignore[return-value]


def fetch(package: Package) -> bytes:
    """Return a package's archive; npm's own cache is asked first, and no script of the package runs.

    Raises:
        RuntimeMissingError: there is no npm.
        ExportError: npm fails.
    """
    npm, wanted = shutil.which("npm"), f"{package.name}@{package.version}"
    if npm is None:
        raise RuntimeMissingError(
            f"npm isn't here, which fetches the page's runtime {wanted}: install Node.js (apt install npm), or run "
            f"`npm pack {wanted}` on another machine and give its file with --runtime"
        )
    _LOGGER.info("fetching %s with npm", wanted)
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", wanted, "--ignore-scripts", "--prefer-offline", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S, errors="replace"
            )
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"npm didn't fetch {wanted} within {_TIMEOUT_S} s: is there a network?") from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            raise ExportError(
                f"npm can't fetch {wanted} ({_reason(done.stderr)}): is there a network? Without one, give the "
                "package's file with --runtime"
            )
        return archives[0].read_bytes()


def require_integrity(package: Package, content: bytes, *, where: str) -> None:
    """Compare an archive with the pinned digest.

    Raises:
        ExportError: it is another.
    """
    digest = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
    if digest != package.integrity:
        raise ExportError(
            f"{where} isn't {package.name} {package.version}: it has {digest[:20]}..., expected "
            f"{package.integrity[:20]}...; fetch it again with `npm pack {package.name}@{package.version}`"
        )


def member(content: bytes, name: str) -> bytes:
    """Return one file of an archive whose integrity was compared.

    Raises:
        ExportError: it isn't there.
    """
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        try:
            file = archive.extractfile(name)
        except KeyError:
            file = None
        if file is None:
            raise ExportError(f"the package holds no {name}")
        return file.read(_MAX_MEMBER_BYTES)


def _read(archive: Path) -> bytes:
    try:
        return archive.read_bytes()
    except OSError as error:
        raise ConfigError(f"--runtime {archive} can't be read: {error.strerror}") from error


def _reason(stderr: str) -> str:
    """Return npm's own reason: the first lines that it marks as errors, without the path of its log."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines() if line.startswith("npm error")]
    kept = [line for line in lines if line and not line.startswith(("A complete log", "code", "errno"))]
    return (" ".join(kept) or "no reason given")[:_MAX_REASON]
