"""Trouble is said once, its end is said once, and attempts become rarer."""

from __future__ import annotations

import logging

import pytest

from edge.errors import ToolkitError
from edge.sinks.delivery.failure_log import Trouble


def test_it_is_said_when_it_begins_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble("csv")
    trouble.worked()
    for _ in range(7):
        trouble.failed(OSError(28, "No space left on device", "out.csv"))
    trouble.dropped = 7
    assert trouble.sentence == "out.csv: No space left on device"
    trouble.worked()
    trouble.worked()
    assert trouble.sentence == ""
    assert caplog.messages == [
        "csv: out.csv: No space left on device; classification goes on, and it is tried again",
        "csv: works again; 7 answers were not written",
    ]


def test_what_comes_and_goes_is_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that lets everybody in and hangs up at once made two lines a second."""
    caplog.set_level(logging.INFO)
    now = [0.0]
    trouble = Trouble("mqtt", clock=lambda: now[0])
    for second in range(120):
        now[0] = float(second)
        trouble.failed(ConnectionError("gone"))
        assert trouble.sentence == "gone"
        trouble.worked()
        assert trouble.sentence == ""
    assert len(caplog.messages) == 4


def test_the_end_says_what_was_lost_if_anything_was(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble("csv")
    trouble.over()
    trouble.dropped = 3
    trouble.over()
    assert caplog.messages == ["csv: 3 answers were not written"]


def test_delays_double_up_to_ten_seconds_and_begin_anew() -> None:
    trouble, delays = Trouble("csv"), []
    for _ in range(7):
        trouble.failed(ValueError("no"))
        delays.append(trouble.delay_s)
    assert delays == [0.5, 1, 2, 4, 8, 10, 10]
    trouble.worked()
    assert trouble.delay_s == 0.5


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(5, "I/O error"), "I/O error"),
        (ToolkitError("two\nlines"), "two lines"),
        (ValueError(), "ValueError"),
        (ValueError("x" * 999), "x" * 200),
    ],
    ids=["no file", "ours", "no words", "too many"],
)
def test_a_failure_is_one_line(error: Exception, sentence: str) -> None:
    trouble = Trouble("csv")
    trouble.failed(error)
    assert trouble.sentence == sentence
