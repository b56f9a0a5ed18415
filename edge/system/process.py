"""Settings of this process: where native libraries' notices go, how memory is allocated, when Python collects."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

_LOGGER = logging.getLogger(__name__)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # M_TRIM_THRESHOLD and so on of glibc's <malloc.h>
_FRAME_BYTES = 512 * 1024  # a frame of 640x480 is larger; its grey, which comes and goes with each frame, isn't
_SPARE_BYTES = 8 * 1024 * 1024  # at the heap's end; with the default of 128 KiB it would come and go with each frame


@contextmanager
def log_native_stderr() -> Iterator[None]:
    """Send what native code writes to file descriptor 2 to the debug log, also if the block raises.

    C++ libraries write notices there when they or their models are loaded. What another thread writes to stderr
    meanwhile is captured too.
    """
    sys.stderr.flush()
    with _unnamed_file() as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            for line in file.read().decode(errors="replace").splitlines():
                _LOGGER.debug("%s", line)


def _unnamed_file() -> BinaryIO:
    """Return an open file that no folder lists, in memory on Linux: a service may have no place to write."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("native log"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def limit_arenas() -> None:
    """Make threads that are started from now on share one heap.

    Does nothing without glibc, or if MALLOC_ARENA_MAX is set.
    With a heap for each thread, frames that are read in one thread and freed in another leave holes in the first one's:
    a service of months holds a dozen frames more than it needs.
    """
    _mallopt(_ARENA_MAX, 1, unless="MALLOC_ARENA_MAX")


def use_mmap_for_frames() -> None:
    """Give each frame pages of its own, which return to the system with it; does nothing without glibc.

    Once a large block was freed, glibc puts the next ones into the heap, between small ones, where they leave holes.
    For live sources, most of which read into the same memory again and again: elsewhere, and with a network camera's
    JPEGs, fresh pages cost time. MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ take precedence.
    """
    _mallopt(_MMAP_THRESHOLD, _FRAME_BYTES, unless="MALLOC_MMAP_THRESHOLD_")
    _mallopt(_TRIM_THRESHOLD, _SPARE_BYTES, unless="MALLOC_TRIM_THRESHOLD_")


def _mallopt(parameter: int, value: int, *, unless: str) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and not os.environ.get(unless):
        mallopt(parameter, value)


@contextmanager
def collector_paused(*, freezes: bool = False) -> Iterator[None]:
    """Disable Python's cyclic garbage collector inside the block.

    `freezes` exempts what is alive at the end from all later collections, unless the block raises.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
        if freezes:
            gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


class BackgroundThread(threading.Thread):
    """Daemon thread that may hang in C: Python must not tear down the interpreter under it, see `edge.cli.console`."""

    def __init__(self, target: Callable[[], object], *, name: str) -> None:
        super().__init__(target=target, name=name, daemon=True)


def has_background_threads() -> bool:
    """Return True while such a thread runs."""
    return any(isinstance(thread, BackgroundThread) for thread in threading.enumerate())
