"""A minute of classified frames, on a made-up clock: what counts, what doesn't, and a store that can't be written."""

from __future__ import annotations

from typing import Any, cast

import pytest

from edge.errors import UpdateError
from edge.update.trial import TrialSink

UNUSED = cast("Any", None)


class Trial:
    """A sink on a clock that goes on by hand, and how often it said that the model is good."""

    def __init__(self, *errors: Exception) -> None:
        self.now_s, self.told, self.errors = 100.0, 0, list(errors)
        self.sink = TrialSink(self.confirm, clock=lambda: self.now_s)

    def confirm(self) -> None:
        if self.errors:
            raise self.errors.pop()
        self.told += 1

    def frames(self, count: int, *, every_s: float) -> None:
        for _ in range(count):
            self.sink.write(UNUSED, UNUSED, UNUSED)
            self.now_s += every_s


@pytest.mark.parametrize(("every_s", "count"), [(0.25, 241), (0.5, 121), (1.0, 61)])
def test_a_minute_of_frames_says_it_once(every_s: float, count: int) -> None:
    trial = Trial()
    trial.frames(count - 1, every_s=every_s)
    assert trial.told == 0
    trial.frames(1, every_s=every_s)
    assert trial.told == 1
    trial.frames(1000, every_s=every_s)
    assert trial.told == 1


def test_an_hour_without_a_frame_counts_as_a_second() -> None:
    trial = Trial()
    trial.frames(2, every_s=3600.0)
    for _ in range(3600):
        trial.sink.idle(UNUSED)
        trial.now_s += 1
    trial.frames(58, every_s=1.0)
    assert trial.told == 0
    trial.frames(1, every_s=1.0)
    assert trial.told == 1


@pytest.mark.parametrize("error", [OSError("full"), UpdateError("damaged")])
def test_a_store_that_can_not_be_written_is_said_and_tried_again(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    trial = Trial(error)
    trial.frames(61, every_s=1.0)
    assert trial.told == 0
    assert caplog.messages == [f"update: can't note that the model is good ({error}): it stays on trial"]
    trial.frames(60, every_s=1.0)
    trial.sink.close()
    assert trial.told == 1
