"""An hour of simulated time with every fault, in a second: the quick form of the day; and wrong runs are seen."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.health import LIVE, STALE, Health
from edge.sources.frame import Frame
from tests.hardening.figures import figure_with
from tests.hardening.soak import simulated_day_figures
from tests.hardening.soak.checks import CheckedSource, Checks
from tests.hardening.soak.invariants import Invariants, Timeouts
from tests.hardening.soak.schedule import Fault, Timeline
from tests.hardening.soak.simulated_clock import SimulatedClock
from tests.hardening.soak.simulated_day import soak

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _is_quiet() -> Iterator[None]:
    logger = logging.getLogger("edge")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.mark.e2e
def test_an_hour_of_every_fault_leaves_nothing_wrong(classifier: Any) -> None:
    notes: list[tuple[int, int]] = []
    found = soak(seed=0, duration_s=3600, classifier=classifier, note=lambda _, done, left: notes.append((done, left)))

    figures = {figure.what: figure for figure in simulated_day_figures.figures(found)}
    assert {figure.what for figure in figures.values() if not figure.is_kept} <= {"memory grown since"}  # pytest's own
    assert figures["simulated days"].value == pytest.approx(1 / 24, rel=0.01)
    assert figures["camera faults"].value >= 10
    assert figures["camera faults survived"].value >= figures["camera faults"].value
    assert figure_with(list(figures.values()), "disk, broker").value >= 12
    assert figures["frames classified"].value > 4000
    assert 0 < found.disk.rows < found.invariants.frames  # those that came while it was full are lost
    assert {row["kind"] for row in simulated_day_figures.details(found) if "kind" in row} >= {
        "gone",
        "disk",
        "broker",
        "pause",
    }
    assert all(58 <= done + left <= 60 for done, left in notes)


@pytest.mark.parametrize(
    ("place", "value", "seen"),
    [
        ("edge.sources.live.reconnecting._LONGEST_PAUSE_S", 60.0, "longest until frames came again"),
        ("edge.sources.live.reconnecting._SHORTEST_PAUSE_S", 0.1, "shortest time between two in vain"),
        (
            "edge.sources.live.reconnecting.FrozenFrameDetector.is_frozen",
            lambda *_: False,
            "frames classified without a picture",
        ),
        ("edge.sinks.delivery.FIRST_DELAY_S", 1000.0, "of these survived"),
    ],
)
def test_a_runner_that_does_wrong_is_seen(
    place: str, value: object, seen: str, classifier: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, value)
    found = soak(seed=0, duration_s=1800, classifier=classifier, note=lambda *_: None)
    assert seen in {figure.what for figure in simulated_day_figures.figures(found) if not figure.is_kept}


def test_ctrl_c_keeps_what_was_counted(classifier: Any) -> None:
    def note(_: str, done: int, left: int) -> None:
        if done >= 4:
            raise KeyboardInterrupt

    found = soak(seed=0, duration_s=3600, classifier=classifier, note=note)
    assert found.is_interrupted
    assert 240 <= found.ran_s < 600
    assert simulated_day_figures.settings(found)["interrupted"]
    assert {figure.what: figure.value for figure in simulated_day_figures.figures(found)}["frames classified"] > 100


class Run:
    """State for the checks, with a camera that is absent from the tenth second on."""

    def __init__(self, *faults: Fault) -> None:
        self.clock, self.health = SimulatedClock(), Health(state=LIVE)
        timeline = Timeline(faults)
        invariants = Invariants(timeline, Timeouts(2, 10, 0.5))
        self.checks = Checks(self.clock, timeline, invariants, self.health)

    def write(self, now_s: float, *, captured_s: float, stamped: int = 1, label: str = "Coat") -> None:
        self.clock.now_s = now_s
        image = np.full((4, 4, 3), 9, np.uint8)
        image.reshape(-1)[:6] = (0, 0, 0, 0, 0, stamped)
        frame = Frame(image, 0, "camera", NOON + timedelta(seconds=captured_s), captured_s=captured_s)
        self.checks.write(frame, None, SimpleNamespace(label=label))  # type: ignore[arg-type]


def test_old_pixels_are_seen() -> None:
    run = Run()
    run.write(5, captured_s=4, stamped=3)
    run.write(6, captured_s=6, stamped=2)  # an older picture after a newer one
    run.write(9, captured_s=6.9, stamped=4)  # too late
    assert run.checks.old_pixels == 2


def test_another_answer_than_nothing_to_black_is_seen_once_it_had_time() -> None:
    run = Run(Fault("black", 10, 20))
    run.write(12, captured_s=12)
    run.write(14, captured_s=14, label="nothing")
    run.write(15, captured_s=15)
    assert run.checks.wrong_answers == 1


def test_a_state_that_is_not_what_the_source_gives_is_seen() -> None:
    run = Run()
    given = [(1.0, LIVE, True), (2.0, STALE, True), (4.9, LIVE, False), (5.1, LIVE, False), (6.0, STALE, False)]

    def frames() -> Iterator[Frame | None]:
        for now_s, state, has_frame in given:
            run.clock.now_s, run.health.state = now_s, state
            yield Frame(np.zeros((1, 1, 3), np.uint8), 0, "camera", NOON) if has_frame else None

    source = SimpleNamespace(name="camera", skipped=0, frames=frames, close=lambda: None)
    assert len(list(CheckedSource(source, run.checks).frames())) == 5  # type: ignore[arg-type]
    assert run.checks.wrong_states == 2  # stale with a frame, live long after one
