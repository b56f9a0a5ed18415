"""Threads that may still be inside a C library when the process ends."""

from __future__ import annotations

import threading
from collections.abc import Callable


class BackgroundThread(threading.Thread):
    """Daemon thread that may hang in C: Python must not tear down the interpreter under it, see `edge.cli.console`."""

    def __init__(self, target: Callable[[], object], *, name: str) -> None:
        """Prepare the thread; `start` starts it."""
        super().__init__(target=target, name=name, daemon=True)


def any_alive() -> bool:
    """Return True while such a thread runs."""
    return any(isinstance(thread, BackgroundThread) for thread in threading.enumerate())
