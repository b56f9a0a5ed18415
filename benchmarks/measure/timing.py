"""Times single calls: warm-up by count and time, then one reading of the clock on each side of each call."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from edge.system.process import collector_paused

_T = TypeVar("_T")


def warm_up(
    function: Callable[[_T], object],
    inputs: Sequence[_T],
    *,
    calls: int,
    duration_s: float,
    clock: Callable[[], float] = time.perf_counter,
) -> int:
    """Call until both so many calls were made and so many seconds have passed; return the number of calls."""
    end = clock() + duration_s
    made = 0
    while made < calls or clock() < end:
        function(inputs[made % len(inputs)])
        made += 1
    return made


def time_calls(
    function: Callable[[_T], Any],
    inputs: Sequence[_T],
    count: int,
    *,
    note: Callable[[Any], object] = lambda _result: None,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> list[int]:
    """Time single calls, each on the next input; only the call lies between two readings of the clock."""
    latencies = []
    gc.collect()
    with collector_paused():
        for number in range(count):
            argument = inputs[number % len(inputs)]
            started = clock()
            result = function(argument)
            latencies.append(clock() - started)
            note(result)
    return latencies
