"""What the C library does with memory, set for a service that runs for months: mallopt(3) of glibc.

It gives each thread a heap of its own. A frame that is read in one thread and let go in another leaves holes in the
first one's, so that a service holds a dozen frames more than it needs, up and down for ever. And once a picture was
let go, it puts the next ones into the heap too, between small things, which leaves holes of some pictures in turn.
"""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # M_TRIM_THRESHOLD and so on of <malloc.h>
_PICTURE_BYTES = 512 * 1024  # a picture of 640x480 is larger; its grey, which comes and goes with each frame, isn't
_SPARE_BYTES = 8 * 1024 * 1024  # at the heap's end; with the default of 128 KiB it would come and go with each frame


def limit_arenas() -> None:
    """Have threads that are started from now on share a heap; nothing happens where there is no glibc.

    Who sets MALLOC_ARENA_MAX has chosen, and that stays.
    """
    _set(_ARENA_MAX, 1, unless="MALLOC_ARENA_MAX")


def use_mmap_for_frames() -> None:
    """Have each picture in pages of its own, which the system gets back with it; nothing happens without glibc.

    For live sources, most of whose pictures come into the same memory again and again: elsewhere, and with a network
    camera's JPEGs, fresh pages cost time. Who sets MALLOC_MMAP_THRESHOLD_ has chosen, and that stays.
    """
    _set(_MMAP_THRESHOLD, _PICTURE_BYTES, unless="MALLOC_MMAP_THRESHOLD_")
    _set(_TRIM_THRESHOLD, _SPARE_BYTES, unless="MALLOC_TRIM_THRESHOLD_")


def _set(parameter: int, value: int, *, unless: str) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and not os.environ.get(unless):
        mallopt(parameter, value)
