"""Progress bar of a measurement, on stderr and only on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

Note = Callable[[str, int, int], None]
"""Callback that takes the name of the current turn, and the numbers of turns done and remaining."""


@contextmanager
def progress_bar(*, is_quiet: bool = False, stream: TextIO | None = None) -> Iterator[Note]:
    """Show a bar on a terminal, by default stderr, while the block runs; log lines appear above it."""
    to = stream or sys.stderr
    loggers = [logging.getLogger(name) for name in ("benchmarks", "edge")]
    bar = tqdm(
        file=to,
        disable=is_quiet or not to.isatty(),
        unit="turn",
        smoothing=0,  # turns differ tenfold: the mean of all predicts the rest better than the last one does
        dynamic_ncols=True,
        leave=False,
        bar_format="{n_fmt}/{total_fmt} |{bar}| {remaining} left, {desc}",
    )

    def note(name: str, done: int, remaining: int) -> None:
        bar.total, bar.n = done + remaining, done
        bar.set_description_str(name)

    with bar, logging_redirect_tqdm(loggers=[] if bar.disable else loggers):
        yield note
