"""The bar that shows how far a measurement is and how long it will take: on stderr, and only on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

Note = Callable[[str, int, int], None]
"""Takes what is measured now, how many turns are done and how many are left."""


@contextmanager
def progress_bar(*, is_quiet: bool = False, stream: TextIO | None = None) -> Iterator[Note]:
    """Show a bar while the block runs; lines of the log stand above it.

    Args:
        is_quiet: show none.
        stream: where it goes; None: stderr. A stream that is no terminal gets none.
    """
    to = stream or sys.stderr
    loggers = [logging.getLogger(name) for name in ("benchmarks", "edge")]
    bar = tqdm(
        file=to,
        disable=is_quiet or not to.isatty(),
        unit="turn",
        smoothing=0,  # turns differ tenfold: the mean of all tells more of what is left than that of the last
        dynamic_ncols=True,
        leave=False,
        bar_format="{n_fmt}/{total_fmt} |{bar}| {remaining} left, {desc}",
    )

    def note(name: str, done: int, left: int) -> None:
        bar.total, bar.n = done + left, done
        bar.set_description_str(name)

    with bar, logging_redirect_tqdm(loggers=[] if bar.disable else loggers):
        yield note
