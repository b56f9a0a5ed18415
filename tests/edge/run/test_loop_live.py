"""The loop with a scripted live source: when its answer is stale, and what the moments without a frame come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from edge.artifact.spec import ModelSpec
from edge.classify.decision import Decider
from edge.health import LIVE, STALE, Health
from edge.run.loop import RunConfig, run
from edge.sources import Frame
from tests.edge.run.fake_run import BLACK, NOON, FakeClassifier, FakeSink, FakeSource


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


def live(script: str, sink: FakeSink, **limits: Any) -> FakeLive:
    """Run a scripted live source with the rule of streams."""
    source = FakeLive(0, script=script)
    decider = Decider(ModelSpec(labels=("Coat", "Bag")))
    run(RunConfig(**limits), source, FakeClassifier(), [sink], decider=decider, health=source.health,
        clock=lambda: source.clock[0])  # fmt: skip
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


def test_moments_without_a_frame_while_all_is_well_are_nobodys_business_but_the_watchdogs() -> None:
    sink, waited = FakeSink(), [0]
    source = FakeLive(0, script="--f-----f")
    run(RunConfig(), source, FakeClassifier(), [sink], decider=Decider(ModelSpec(labels=("Coat", "Bag"))),
        health=source.health, clock=lambda: source.clock[0], on_wait=lambda: waited.append(1))  # fmt: skip
    assert (sink.numbers, sink.stale) == ([2, 8], [])
    assert sum(waited) == 7


def test_a_source_that_never_gave_a_frame_is_stale() -> None:
    sink = FakeSink()
    live("...", sink)
    assert [one.label for one in sink.stale] == ["stale"] * 3


def test_the_duration_ends_a_run_without_frames() -> None:
    assert live("....................", FakeSink(), duration_s=5).clock == [5.0]


def test_the_age_of_a_live_frame_counts_from_its_capture() -> None:
    assert live("f--", FakeSink()).health.captured_s == 1.0
