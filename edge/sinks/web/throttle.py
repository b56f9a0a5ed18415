"""Keeps the page's thread from taking the interpreter away from classification, whatever is asked of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

LARGEST_SHARE = 0.1
"""Of one processor's time, for everything but making pictures, which lets go of the interpreter."""
_LOOK_S = 0.02
_LONGEST_REST_S = 0.5


async def keep_pace(
    *,
    share: float = LARGEST_SHARE,
    clock: Callable[[], float] = time.monotonic,
    processor_clock: Callable[[], float] = time.thread_time,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Hold the event loop up where its thread worked too much; for ever.

    Args:
        share: how much of the time the thread may work, 0-1.
        clock: monotonic seconds.
        processor_clock: seconds that this thread worked.
        rest: lets the whole thread sleep, so many seconds: nobody is accepted, read or answered meanwhile.
    """
    began_s, worked_s = clock(), processor_clock()
    while True:
        await asyncio.sleep(_LOOK_S)
        due_s = (processor_clock() - worked_s) / share - (clock() - began_s)
        if due_s > 0:
            rest(min(due_s, _LONGEST_REST_S))
        if due_s <= _LONGEST_REST_S:
            began_s, worked_s = clock(), processor_clock()
