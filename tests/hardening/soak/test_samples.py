"""A look at this process, and growth worked by hand."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.hardening.soak.samples import Sample, of_growth, take

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_a_handle_more_is_seen() -> None:
    before = take("self", time_s=0, frames=0)
    ends = os.pipe()
    after = take("self", time_s=1, frames=5)
    for end in ends:
        os.close(end)
    assert (after.handles - before.handles, after.time_s, after.frames) == (2, 1, 5)
    assert before.threads == len(list(Path("/proc/self/task").iterdir()))
    assert before.memory_bytes > 10e6


def test_growth_is_the_last_less_the_first() -> None:
    samples = [Sample(0, 1000, 50_000_000, 7, 3), Sample(5, 2000, 90_000_000, 7, 3), Sample(9, 9000, 52_500_000, 8, 3)]
    memory, grown, handles, threads = of_growth(samples)
    assert (memory.value, grown.value, handles.value, threads.value) == (50.0, 2.5, 1, 0)
    assert [figure.is_kept for figure in (grown, handles, threads)] == [False, False, True]
    assert of_growth(samples[:1]) == []
