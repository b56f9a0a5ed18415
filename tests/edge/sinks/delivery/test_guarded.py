"""The guard: the loop never sees an error, and a failing sink is left alone for a while."""

from __future__ import annotations

from typing import Any

from edge.sinks.delivery.guarded import GuardedSink


def test_a_failure_costs_the_frames_until_the_next_attempt(
    fake_sink: Any, frame: Any, prediction: Any, decision: Any
) -> None:
    now = [0.0]
    sink = fake_sink(error=ValueError("no screen"))
    guard = GuardedSink(sink, name="display", clock=lambda: now[0])
    guard.write(frame(0), prediction(), decision())
    assert guard.trouble.sentence == "no screen"
    sink.error = None
    now[0] = 0.4
    guard.write(frame(1), prediction(), decision())
    guard.idle(decision())
    now[0] = 0.5
    guard.write(frame(2), prediction(), decision())
    assert (sink.numbers, guard.trouble.dropped, guard.trouble.sentence) == ([2], 3, "")


def test_the_end_is_always_tried(fake_sink: Any, frame: Any, prediction: Any, decision: Any) -> None:
    sink = fake_sink(error=ValueError("no screen"))
    guard = GuardedSink(sink, name="display", clock=lambda: 0.0)
    guard.write(frame(0), prediction(), decision())
    guard.close()
    assert sink.closed == 1
