"""The sink that ends a trial: a minute of frames confirms the model."""

from __future__ import annotations

from typing import Any, cast

import pytest

from edge.errors import UpdateError
from edge.update.startup import TrialSink

UNUSED = cast("Any", None)


class Minute:
    """A sink on a clock that goes on by hand, and the number of its confirmations."""

    def __init__(self, *errors: Exception) -> None:
        self.now_s, self.confirmations, self.errors = 100.0, 0, list(errors)
        self.sink = TrialSink(self.confirm, clock=lambda: self.now_s)

    def confirm(self) -> None:
        if self.errors:
            raise self.errors.pop()
        self.confirmations += 1

    def frames(self, count: int, *, every_s: float) -> None:
        for _ in range(count):
            self.sink.write(UNUSED, UNUSED, UNUSED)
            self.now_s += every_s


@pytest.mark.parametrize(("every_s", "count"), [(0.25, 241), (0.5, 121), (1.0, 61)])
def test_a_minute_of_frames_confirms_the_model_once(every_s: float, count: int) -> None:
    minute = Minute()
    minute.frames(count - 1, every_s=every_s)
    assert minute.confirmations == 0
    minute.frames(1, every_s=every_s)
    assert minute.confirmations == 1
    minute.frames(1000, every_s=every_s)
    assert minute.confirmations == 1


def test_an_hour_without_a_frame_counts_as_a_second() -> None:
    minute = Minute()
    minute.frames(2, every_s=3600.0)
    for _ in range(3600):
        minute.sink.idle(UNUSED)
        minute.now_s += 1
    minute.frames(58, every_s=1.0)
    assert minute.confirmations == 0
    minute.frames(1, every_s=1.0)
    assert minute.confirmations == 1


@pytest.mark.parametrize("error", [OSError("full"), UpdateError("damaged")])
def test_a_confirmation_that_fails_is_logged_and_tried_again(
    caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    minute = Minute(error)
    minute.frames(61, every_s=1.0)
    assert minute.confirmations == 0
    (message,) = caplog.messages
    assert all(fact in message for fact in (str(error), "stays on trial"))
    minute.frames(60, every_s=1.0)
    minute.sink.close()
    assert minute.confirmations == 1
