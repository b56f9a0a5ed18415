"""SIGTERM and SIGHUP, which end a command well."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP in a command that it stops cleanly, so that it is no failure."""


def stop_cleanly_on_sigterm() -> None:
    """Make SIGTERM, and SIGHUP of a terminal that is closed, end the command like Ctrl-C, but with exit code 0.

    A SIGHUP that is ignored already, as under nohup, stays so.
    """

    def end(number: int, _: object) -> None:
        for ending in endings:  # a second signal must not interrupt the closing
            signal.signal(ending, signal.SIG_IGN)
        if number == getattr(signal, "SIGHUP", None):
            _leave_the_terminal()
        raise Terminated

    endings = [signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        endings.append(signal.SIGHUP)
    for ending in endings:
        signal.signal(ending, end)


def _leave_the_terminal() -> None:
    """Send what is still said to nobody where standard output or error is the terminal that is gone."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if stat.S_ISCHR(os.fstat(stream.fileno()).st_mode):  # a file or a pipe is still there
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
