"""Brings a model file to this machine, from a disk or over HTTP(S): so much and no more, so long and no longer."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.artifact.file import MAX_FILE_BYTES
from edge.errors import UpdateError
from edge.system import http

_PIECE_BYTES = 2**16

Progress = Callable[[int, "int | None"], None]
"""Told how many bytes have come, and how many there are in all where that is known."""


def fetch(
    source: str,
    into: Path,
    *,
    is_pinned: bool,
    timeout_s: float,
    limit_bytes: int = MAX_FILE_BYTES,
    progress: Progress | None = None,
) -> None:
    """Copy a model file.

    Args:
        source: a path, or an http:// or https:// URL.
        into: the file to write.
        is_pinned: whether a digest or a signature is asked of the content: plain HTTP is good enough then.
        timeout_s: for all of it, seconds.
        limit_bytes: the most it may have.
        progress: told after every piece.

    Raises:
        UpdateError: the URL is none to trust; or the server refuses, stalls, sends too much or too little.
        OSError: the file can't be read or written.
    """
    name = http.shown(source)
    content = http.get(source, is_pinned=is_pinned) if http.is_url(source) else _read(Path(source))
    count = 0
    with _deadline(timeout_s, name), content as (total, pieces):
        if total is not None and total > limit_bytes:
            raise UpdateError(f"{name} has {total:,} bytes: a model may have at most {limit_bytes:,}")
        with into.open("wb") as file:
            for piece in pieces:
                count += len(piece)
                if count > limit_bytes:
                    raise UpdateError(f"{name} has more than {limit_bytes:,} bytes, which a model may have at most")
                file.write(piece)
                if progress:
                    progress(count, total)
    if total is not None and count != total:
        raise UpdateError(f"{name} was cut short, {count:,} of {total:,} bytes came: try again")


@contextmanager
def _read(path: Path) -> Iterator[tuple[int | None, Iterator[bytes]]]:
    """Yield size and content of a file, in pieces; of a device or a pipe the size isn't known."""
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        yield facts.st_size if stat.S_ISREG(facts.st_mode) else None, iter(lambda: file.read(_PIECE_BYTES), b"")


@contextmanager
def _deadline(seconds: float, name: str) -> Iterator[None]:
    """End the block after so long, whatever it waits for: a name, a handshake, one byte of a header a minute."""

    def give_up(*_: object) -> None:
        raise UpdateError(f"{name} wasn't here after {seconds:g} s: try again, or give it longer with --timeout")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
