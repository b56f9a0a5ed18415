"""The loop with a fake source, classifier, sink and clock: limits, counts, and that everything is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from edge.artifact.spec import ModelSpec
from edge.classify.decision import Decider
from edge.classify.results import Decision, Prediction
from edge.errors import SourceLostError
from edge.health import ENDED, LIVE, Health
from edge.run.loop import RunConfig, Tally
from edge.run.loop import run as run_with
from edge.sources import Frame
from tests.edge.run.fake_run import NOON, FakeClassifier, FakeSink, FakeSource


def run(source: FakeSource, classifier: FakeClassifier, sinks: Sequence[FakeSink], **options: Any) -> Tally:
    """Run with every frame decided on its own."""
    limits = {name: options.pop(name) for name in ("top_k", "max_frames", "duration_s") if name in options}
    decider = Decider(ModelSpec(labels=("Coat", "Bag")), is_stream=False)
    return run_with(RunConfig(**limits), source, classifier, sinks, decider=decider, **options)


def ticking(step: float) -> Callable[[], float]:
    """A clock that goes on by `step` seconds whenever it is read."""
    now = [100.0]

    def clock() -> float:
        now[0] += step
        return now[0]

    return clock


def test_a_source_that_ends_ends_the_run() -> None:
    source, sinks = FakeSource(3), [FakeSink(), FakeSink()]
    tally = run(source, FakeClassifier(), sinks, clock=ticking(0.0))
    assert tally == Tally(frames=3)
    assert [sink.numbers for sink in sinks] == [[0, 1, 2], [0, 1, 2]]
    assert [sink.closed for sink in sinks] == [1, 1]
    assert source.closed == 1


@pytest.mark.parametrize("limit", [1, 2])
def test_max_frames_asks_for_no_frame_more(limit: int) -> None:
    source = FakeSource(5)
    assert run(source, FakeClassifier(), [FakeSink()], max_frames=limit, clock=ticking(0.0)).frames == limit
    assert source.asked == limit
    assert source.closed == 1


def test_duration_stops_when_the_time_is_up() -> None:
    # Read at the start and with each frame: 1 s, 2 s, 3 s later.
    tally = run(FakeSource(9), FakeClassifier(), [], duration_s=3.0, clock=ticking(1.0))
    assert tally.frames == 3
    assert tally.duration_s == 4.0


def test_whichever_limit_comes_first_ends_the_run() -> None:
    assert run(FakeSource(9), FakeClassifier(), [], max_frames=2, duration_s=3.0, clock=ticking(1.0)).frames == 2
    assert run(FakeSource(9), FakeClassifier(), [], max_frames=8, duration_s=3.0, clock=ticking(1.0)).frames == 3


def test_frames_that_are_no_images_are_skipped_counted_and_said(caplog: pytest.LogCaptureFixture) -> None:
    sink = FakeSink()
    tally = run(FakeSource(4), FakeClassifier(blind=(1, 2)), [sink], clock=ticking(0.0))
    assert (tally.frames, tally.skipped) == (2, 2)
    assert sink.numbers == [0, 3]
    assert [record.args[:2] for record in caplog.records] == [(1, "fake"), (2, "fake")]
    assert "no image" in caplog.text


def test_a_camera_that_gives_no_images_does_not_outlast_the_duration() -> None:
    source = FakeSource(50)
    tally = run(source, FakeClassifier(blind=tuple(range(50))), [], duration_s=3.0, clock=ticking(1.0))
    assert (tally.frames, tally.skipped, source.asked) == (0, 3, 3)


def test_skipped_frames_do_not_count_towards_the_limit() -> None:
    tally = run(FakeSource(9), FakeClassifier(blind=(0,)), [], max_frames=2, clock=ticking(0.0))
    assert (tally.frames, tally.skipped) == (2, 1)


def test_frames_that_the_source_skipped_are_added() -> None:
    source = FakeSource(3)
    source.skipped = 4
    assert run(source, FakeClassifier(blind=(2,)), [], clock=ticking(0.0)).skipped == 5


def test_true_labels_are_counted_where_the_source_knows_them() -> None:
    source = FakeSource(6, labels=("Coat", "Bag", None))
    tally = run(source, FakeClassifier(), [], clock=ticking(0.0))
    assert (tally.frames, tally.known, tally.right) == (6, 4, 2)


def test_sinks_and_tally_get_what_was_decided() -> None:
    sink = FakeSink()
    asked: list[tuple[str, datetime]] = []

    class Bags(Decider):
        def decide(self, prediction: Prediction, time: datetime, clock_s: float | None = None) -> Decision:
            assert clock_s == NOON.timestamp()
            asked.append((prediction.label, time))
            return Decision("Bag", 0.25, NOON, changed=False, reason="held")

    source = FakeSource(2, labels=("Coat", "Bag"))
    tally = run_with(RunConfig(), source, FakeClassifier(), [sink], decider=Bags(ModelSpec()), clock=ticking(0.0))
    assert asked == [("Coat", NOON)] * 2
    assert [decision.label for decision in sink.decisions] == ["Bag", "Bag"]
    assert (tally.known, tally.right) == (2, 1)


def test_top_k_reaches_the_classifier() -> None:
    classifier = FakeClassifier()
    run(FakeSource(2), classifier, [], top_k=5, clock=ticking(0.0))
    assert classifier.top_k == [5, 5]


@pytest.mark.parametrize("error", [SourceLostError("gone"), KeyboardInterrupt()], ids=["lost", "Ctrl-C"])
def test_all_is_closed_when_the_source_breaks_off(error: BaseException) -> None:
    source, sinks = FakeSource(2, error=error), [FakeSink(), FakeSink()]
    with pytest.raises(type(error)):
        run(source, FakeClassifier(), sinks, clock=ticking(0.0))
    assert [sink.numbers for sink in sinks] == [[0, 1], [0, 1]]
    assert [source.closed, *(sink.closed for sink in sinks)] == [1, 1, 1]


def test_all_is_closed_when_a_sink_can_not_write() -> None:
    source, sinks = FakeSource(2), [FakeSink(error=OSError("full")), FakeSink()]
    with pytest.raises(OSError, match="full"):
        run(source, FakeClassifier(), sinks, clock=ticking(0.0))
    assert [source.closed, *(sink.closed for sink in sinks)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("tally", "summary"),
    [
        (Tally(frames=0), "0 frames in 0.0 s"),
        (Tally(frames=1, duration_s=0.04), "1 frame in 0.0 s"),
        (
            Tally(frames=20, known=20, right=19, duration_s=1.26),
            "20 frames in 1.3 s; 19 of 20 drawn frames named rightly",
        ),
        (Tally(frames=2, skipped=1, duration_s=2), "2 frames in 2.0 s; 1 unreadable, skipped"),
        (Tally(frames=2, dropped=3, duration_s=2), "2 frames in 2.0 s; 3 dropped for newer ones"),
    ],
    ids=["none", "one", "drawn", "skipped", "dropped"],
)
def test_tally_in_one_sentence(tally: Tally, summary: str) -> None:
    assert tally.summary() == summary


def test_health_has_the_state_and_counts_of_the_run() -> None:
    seen: list[tuple[str, int, float | None]] = []
    health = Health()
    source = FakeSource(3)

    class Watching(FakeSink):
        def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
            seen.append((health.state, health.frames, health.captured_s))

    run(source, FakeClassifier(blind=(1,)), [Watching()], health=health, clock=ticking(1.0))
    assert seen == [(LIVE, 1, 102.0), (LIVE, 2, 104.0)]
    assert (health.state, health.frames, health.skipped) == (ENDED, 2, 1)


def test_a_sink_that_can_not_be_closed_keeps_no_other_from_it() -> None:
    class Stuck(FakeSink):
        def close(self) -> None:
            raise OSError("full")

    source, last = FakeSource(1), FakeSink()
    with pytest.raises(OSError, match="full"):
        run(source, FakeClassifier(), [Stuck(), last], clock=ticking(0.0))
    assert (source.closed, last.closed) == (1, 1)


def test_the_only_frame_of_a_stream_is_decided_on_its_own() -> None:
    """A stream's decider would hold the answer back until three frames agree."""
    decisions = []
    for is_single in (False, True):
        source, sink = FakeSource(1), FakeSink()
        frames = [frame._replace(is_single=is_single) for frame in source.frames()]
        source.frames = lambda frames=frames: iter(frames)  # type: ignore[method-assign]
        sink.write = lambda _frame, _prediction, decision: decisions.append(decision.label)  # type: ignore[method-assign]
        decider = Decider(ModelSpec(labels=("Coat", "Bag")), is_stream=True)
        run_with(RunConfig(), source, FakeClassifier(), [sink], decider=decider)
    assert decisions == ["unknown", "Coat"]
