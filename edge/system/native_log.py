"""C++ libraries write start-up notices straight to file descriptor 2; here they become debug log records."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

_LOGGER = logging.getLogger(__name__)


@contextmanager
def captured() -> Iterator[None]:
    """Send what native code writes to stderr inside the block to the debug log, also if the block raises.

    Meant for loading a library or a model: whatever another thread writes to stderr meanwhile is captured too.
    """
    sys.stderr.flush()
    with _unnamed_file() as sink:
        saved = os.dup(2)
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            sink.seek(0)
            for line in sink.read().decode(errors="replace").splitlines():
                _LOGGER.debug("%s", line)


def _unnamed_file() -> BinaryIO:
    """An open file that no folder lists; in memory where Linux has that, as a service may have no place to write."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("native log"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()
