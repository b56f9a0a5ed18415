"""The loop with a fake source, classifier, sink and clock: limits, counts, and that everything is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from edge.classifier import Prediction
from edge.decision import Decider, Decision, decide_alone
from edge.errors import FrameError, SourceLostError
from edge.health import ENDED, LIVE, STALE, Health
from edge.runner import Tally
from edge.runner import run as run_with
from edge.sources import Frame
from edge.spec import ModelSpec

BLACK = np.zeros((2, 2, 3), np.uint8)
NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@dataclass
class FakeSource:
    """Gives `count` frames, then ends or breaks off; every frame asked for is counted."""

    count: int
    is_stream = False
    labels: tuple[str | None, ...] = (None,)
    error: BaseException | None = None
    name: str = "fake"
    skipped: int = 0
    asked: int = 0
    closed: int = 0

    def frames(self) -> Iterator[Frame]:
        for number in range(self.count):
            self.asked += 1
            yield Frame(BLACK, number, self.name, NOON, true_label=self.labels[number % len(self.labels)])
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeClassifier:
    """Says Coat to everything; the frames whose numbers are in `blind` are no images to it."""

    blind: tuple[int, ...] = ()
    top_k: list[int] = field(default_factory=list)

    def classify(self, frame: np.ndarray, *, top_k: int) -> Prediction:
        assert frame is BLACK
        self.top_k.append(top_k)
        if len(self.top_k) - 1 in self.blind:
            raise FrameError("no image")
        return Prediction(
            "Coat", 0.5, (("Coat", 0.5),), {"total": 1}, np.zeros((1, 1), np.uint8), np.array([0.5, 0.5], np.float32),
            0.5, 1.0, np.zeros((0, 2), np.int32), "top1",
        )  # fmt: skip


@dataclass
class FakeSink:
    """Remembers the numbers of its frames."""

    numbers: list[int] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    stale: list[Decision] = field(default_factory=list)
    closed: int = 0
    error: BaseException | None = None

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        if self.error:
            raise self.error
        self.numbers.append(frame.number)
        self.decisions.append(decision)

    def idle(self, decision: Decision) -> None:
        self.stale.append(decision)

    def close(self) -> None:
        self.closed += 1


def run(source: FakeSource, classifier: FakeClassifier, sinks: Sequence[FakeSink], **options: Any) -> Tally:
    """Run with every frame decided on its own."""
    return run_with(source, classifier, sinks, decide=decide_alone, **options)


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
    assert caplog.messages == ["skipped frame 1 of fake: no image", "skipped frame 2 of fake: no image"]


def test_a_camera_that_gives_no_images_does_not_outlast_the_duration() -> None:
    source = FakeSource(50)
    tally = run(source, FakeClassifier(blind=tuple(range(50))), [], duration_s=3.0, clock=ticking(1.0))
    assert (tally.frames, tally.skipped, source.asked) == (0, 3, 3)


def test_skipped_frames_do_not_count_towards_the_limit() -> None:
    tally = run(FakeSource(9), FakeClassifier(blind=(0,)), [], max_frames=2, clock=ticking(0.0))
    assert (tally.frames, tally.skipped) == (2, 1)


def test_what_the_source_skipped_is_added() -> None:
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

    def decide(prediction: Prediction, time: datetime) -> Decision:
        asked.append((prediction.label, time))
        return Decision("Bag", 0.25, NOON, changed=False, reason="held")

    source = FakeSource(2, labels=("Coat", "Bag"))
    tally = run_with(source, FakeClassifier(), [sink], decide=decide, clock=ticking(0.0))
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
    ("tally", "sentence"),
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
def test_tally_in_one_sentence(tally: Tally, sentence: str) -> None:
    assert tally.sentence() == sentence


@dataclass
class FakeLive(FakeSource):
    """A live source: frames where the script says "f", moments without one where it says ".", a second each."""

    script: str = ""
    health: Health = field(default_factory=Health)
    clock: list[float] = field(default_factory=lambda: [0.0])

    def frames(self) -> Iterator[Frame | None]:  # type: ignore[override]
        for number, what in enumerate(self.script):
            self.clock[0] += 1
            if what == "f":
                self.health.state, self.health.reason = LIVE, ""
                moment = NOON + timedelta(seconds=number)
                yield Frame(BLACK, number, self.name, moment, captured_s=self.clock[0])
            else:
                if what == ".":
                    self.health.state, self.health.reason = STALE, "unplugged"
                yield None


def live(script: str, sink: FakeSink, **options: Any) -> FakeLive:
    """Run a scripted live source with the rule of streams."""
    source = FakeLive(0, script=script)
    decider = Decider(ModelSpec(labels=("Coat", "Bag")))
    run_with(source, FakeClassifier(), [sink], decide=decider.decide, at=decider.at, health=source.health,
             clock=lambda: source.clock[0], **options)  # fmt: skip
    return source


def test_sinks_learn_that_the_answer_is_stale_once_the_newest_frame_is_too_old() -> None:
    sink = FakeSink()
    live("ffff....f", sink)
    assert sink.numbers == [0, 1, 2, 3, 8]
    # 2 s without a frame are allowed: at 1 and 2 s the last answer stands.
    assert [(one.label, one.changed, one.reason) for one in sink.stale] == [
        ("stale", True, "unplugged"),
        ("stale", False, "unplugged"),
    ]
    assert {one.since for one in sink.stale} == {NOON + timedelta(seconds=3 + 2)}
    assert [decision.changed for decision in sink.decisions][-1]


def test_moments_without_a_frame_while_all_is_well_are_nobodys_business() -> None:
    sink = FakeSink()
    live("--f-----f", sink)
    assert (sink.numbers, sink.stale) == ([2, 8], [])


def test_a_source_that_never_gave_a_frame_is_stale() -> None:
    sink = FakeSink()
    live("...", sink)
    assert [one.label for one in sink.stale] == ["stale"] * 3


def test_the_duration_ends_a_run_without_frames() -> None:
    assert live("....................", FakeSink(), duration_s=5).clock == [5.0]


def test_health_says_how_a_run_is() -> None:
    seen: list[tuple[str, int, float | None]] = []
    health = Health()
    source = FakeSource(3)

    class Watching(FakeSink):
        def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
            seen.append((health.state, health.frames, health.captured_s))

    run(source, FakeClassifier(blind=(1,)), [Watching()], health=health, clock=ticking(1.0))
    assert seen == [(LIVE, 1, 102.0), (LIVE, 2, 104.0)]
    assert (health.state, health.frames, health.skipped) == (ENDED, 2, 1)


def test_the_age_of_a_live_frame_counts_from_its_capture() -> None:
    assert live("f--", FakeSink()).health.captured_s == 1.0


def test_a_sink_that_can_not_be_closed_keeps_no_other_from_it() -> None:
    class Stuck(FakeSink):
        def close(self) -> None:
            raise OSError("full")

    source, last = FakeSource(1), FakeSink()
    with pytest.raises(OSError, match="full"):
        run(source, FakeClassifier(), [Stuck(), last], clock=ticking(0.0))
    assert (source.closed, last.closed) == (1, 1)
