"""One heap for all threads.

The C library gives each thread a heap of its own. A frame that is read in one thread and let go in another leaves holes
in the first one's, so that a service of months holds a dozen frames more than it needs, up and down for ever.
"""

from __future__ import annotations

import ctypes
import os

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's mallopt(3)


def share() -> None:
    """Have threads that are started from now on share a heap; nothing happens where there is no glibc.

    Who sets MALLOC_ARENA_MAX has chosen, and that stays.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and not os.environ.get("MALLOC_ARENA_MAX"):
        mallopt(_ARENA_MAX, 1)
