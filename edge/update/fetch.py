"""Copies or downloads a model file, with limits on size and time."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.artifact.file import MAX_FILE_BYTES, model_path
from edge.errors import ConfigError, RuntimeMissingError, SourceError, ToolkitError, UpdateError
from edge.system.urls import append_to_path, is_url, redact_url

_PIECE_BYTES = 2**16
_SILENCE_S = 30.0  # longest pause of a server
_SIGNATURE_SUFFIX = ".minisig"
_MAX_SIGNATURE_BYTES = 8192  # as minisign has it

Progress = Callable[[int, "int | None"], None]
"""Callback with the bytes that have come, and their total number if it is known."""


def fetch(
    source: str,
    into: Path,
    *,
    is_pinned: bool,
    timeout_s: float,
    limit_bytes: int = MAX_FILE_BYTES,
    what: str = "a model",
    progress: Progress | None = None,
) -> None:
    """Copy a file from a path or an http:// or https:// URL within `timeout_s` seconds, whole.

    It is a model unless `what` says otherwise, for messages. Plain HTTP is good enough if the content is pinned: it
    must have a digest or a signature.

    Raises:
        UpdateError: the URL is not secure, or the server refuses, stalls, or sends too much or too little.
        OSError: the file can't be read or written.
    """
    name = redact_url(source)
    content = _download(source, is_pinned=is_pinned) if is_url(source) else _read(model_path(source))
    count = 0
    with into.open("wb") as file, _deadline(timeout_s, name), content as (total, pieces):
        if total is not None and total > limit_bytes:
            raise UpdateError(f"{name} has {total:,} bytes: {what} may have at most {limit_bytes:,}")
        for piece in pieces:
            count += len(piece)
            if count > limit_bytes:
                raise UpdateError(f"{name} has more than {limit_bytes:,} bytes, which {what} may have at most")
            file.write(piece)
            if progress:
                progress(count, total)
    if total is not None and count != total:
        raise UpdateError(f"{name} was cut short, {count:,} of {total:,} bytes came: try again")


def fetch_signature(source: str, file: Path, *, timeout_s: float) -> None:
    """Fetch the detached signature of what `source` is, and put it beside the fetched file, as FILE.minisig.

    Raises:
        UpdateError: the server refuses, stalls, or sends too much or too little.
        OSError: it can't be read or written.
    """
    signature = file.with_name(f"{file.name}{_SIGNATURE_SUFFIX}")
    fetch(append_to_path(source, _SIGNATURE_SUFFIX), signature, is_pinned=True, timeout_s=timeout_s,
          limit_bytes=_MAX_SIGNATURE_BYTES, what="a signature")  # fmt: skip


@contextmanager
def _download(url: str, *, is_pinned: bool) -> Iterator[tuple[int | None, Iterator[bytes]]]:
    """Yield size and content of a file on a server, in pieces; the size is None if the server doesn't announce it."""
    from edge.system import http

    _require_trustworthy(url, is_pinned=is_pinned)
    try:
        with http.open_url(url, timeout_s=_SILENCE_S) as response:
            yield http.content_length(response, url), http.read_chunks(response, url)
    except http.HttpError as error:
        raise UpdateError(str(error)) from error


@contextmanager
def errors_name(source: str, file: Path) -> Iterator[None]:
    """Make errors about a fetched file an UpdateError that names its source instead of the file, which is temporary.

    A wrong setting, a missing library and an error about samples stay what they are.
    """
    try:
        yield
    except ConfigError:
        raise
    except ToolkitError as error:
        text = str(error).replace(str(file), "\0").replace(file.name, "\0").replace("\0", source)
        kind = type(error) if isinstance(error, RuntimeMissingError | SourceError) else UpdateError
        raise kind(text) from error


def _require_trustworthy(url: str, *, is_pinned: bool) -> None:
    name = redact_url(url)
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"expected a file, or an http:// or https:// URL, got {name}")
    if "@" in url.split("/")[2]:
        raise ConfigError(f"a user name and a password don't belong into the URL, where others see them: {name}")
    if url.startswith("http:") and not is_pinned:
        raise ConfigError(
            f"{name}: over http anybody on the way could put another model in its place: use https, or say what "
            "it must be with --require-sha256 or --require-signature"
        )


@contextmanager
def _read(path: Path) -> Iterator[tuple[int | None, Iterator[bytes]]]:
    """Yield size and content of a file, in pieces; the size is None for a device or a pipe."""
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        yield facts.st_size if stat.S_ISREG(facts.st_mode) else None, iter(lambda: file.read(_PIECE_BYTES), b"")


@contextmanager
def _deadline(seconds: float, name: str) -> Iterator[None]:
    """End the block after a time limit, whatever it waits for: a name, a handshake, one byte of a header a minute."""

    def give_up(*_: object) -> None:
        raise UpdateError(f"{name} wasn't here after {seconds:g} s: try again, or give it longer with --timeout")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
