"""The clock that waits for nobody, and what stands for the reader's thread and the broker."""

from __future__ import annotations

from typing import Any
from unittest import mock

import cv2
import pytest

from edge.sinks.delivery import FailureLog
from edge.sources.camera import CameraSettings
from edge.sources.camera.usb import Camera
from tests.hardening.soak.camera import CAMERA_NUMBER, ScriptedCamera
from tests.hardening.soak.schedule import Fault, Timeline
from tests.hardening.soak.simulated_clock import SimulatedBroker, SimulatedClock, SimulatedReader
from tests.hardening.soak.simulated_faults import SimulatedDisk, SimulatedFaults


def reader(*faults: Fault) -> tuple[SimulatedReader, SimulatedClock]:
    """Frames of the toolkit's own camera, two a second."""
    clock = SimulatedClock()
    camera = ScriptedCamera(Timeline(faults), height=48, width=64, fps=2, read_timeout_s=5, clock=clock,
                            sleep=clock.sleep)  # fmt: skip
    with mock.patch.object(cv2, "VideoCapture", camera.capture):
        return SimulatedReader(
            Camera(str(CAMERA_NUMBER), CameraSettings(48, 64), read_timeout_s=5).open, camera, clock
        ), clock


def test_a_wait_ends_with_the_picture_or_at_its_end() -> None:
    made, clock = reader()
    assert made.newest(0.2) is None
    assert clock.now_s == 0.2
    shot = made.newest(1.0)
    assert shot is not None
    assert (clock.now_s, shot.captured_s) == (0.5, 0.5)  # the read began at 0


def test_a_picture_in_hand_keeps_its_time() -> None:
    made, clock = reader()
    made.hold()
    clock.sleep(30)
    shot = made.newest(1.0)
    assert shot is not None
    assert (shot.captured_s, clock.now_s) == (0.5, 30.5)


def test_a_read_that_fails_ends_it_with_the_cameras_own_words() -> None:
    made, _ = reader(Fault("fail", 0.1, 9))
    assert made.newest(1.0) is None
    assert (made.is_open, made.is_running) == (True, False)
    assert "a read failed" in str(made.error)
    assert made.error is not None
    assert made.error.__traceback__ is None  # which would keep the capture, and its pictures, beyond the reader
    assert made.newest(1.0) is None
    gone, _ = reader(Fault("gone", 0, 9))
    assert (gone.is_open, gone.is_running) == (False, False)


def test_nobody_waits_for_nothing() -> None:
    with pytest.raises(ValueError, match="somebody waits for 0 s"):
        SimulatedClock().sleep(0)


def test_a_broker_forgets_when_it_is_killed_and_is_told_anew() -> None:
    broker, failures = SimulatedBroker(), FailureLog("mqtt")

    def publish_all(connection: Any) -> None:
        connection.publish("a", "again", is_retained=True)

    broker.connect(None, will=("x", "offline"), on_connect=publish_all, failures=failures)
    assert broker.publish("b", "1", is_retained=True)
    assert broker.kept == {"a": "again", "b": "1"}
    broker.go_down()
    assert not broker.publish("b", "2", is_retained=True)
    assert (broker.kept, failures.message) == ({}, "the broker is gone")
    broker.come_up()
    assert (broker.kept, failures.message) == ({"a": "again"}, "")


class FaultInjection:
    """The faults of a timeline on a run with a frame a second."""

    def __init__(self, *faults: Fault, answer: str = '{"label": "Coat"}') -> None:
        self.clock, self.disk, self.broker = SimulatedClock(), SimulatedDisk(), SimulatedBroker()
        self.faults = SimulatedFaults(Timeline(faults), self.clock, self.disk, self.broker, topic="t", seed=0)
        self.broker.connect(
            None, will=("x", "offline"), failures=FailureLog("mqtt"),
            on_connect=lambda connection: connection.publish("t/decision", answer, is_retained=True),
        )  # fmt: skip

    def frames(self, until_s: float, *, writes: bool = True) -> None:
        decision: Any = mock.Mock(label="Coat")
        nothing: Any = None
        while self.clock.now_s < until_s:
            self.clock.sleep(1)
            self.faults.write(nothing, nothing, decision)
            if writes and not self.disk.is_full:
                self.disk.write("row")


def test_a_full_disk_takes_nothing_and_the_first_row_after_it_is_its_recovery() -> None:
    run = FaultInjection(Fault("disk", 2.5, 5.5))
    run.frames(4)
    assert run.disk.is_full
    with pytest.raises(OSError, match="No space left"):
        run.disk.write("row")
    run.frames(8, writes=False)
    run.frames(10)
    assert run.faults.recovery_s == {"disk": [3.0]}  # over at 6, looked at with every frame, written after that of 9


def test_what_never_comes_back_is_missed() -> None:
    run = FaultInjection(Fault("disk", 2.5, 5.5))
    run.frames(40, writes=False)
    assert (run.faults.missed, dict(run.faults.recovery_s)) == (["disk"], {})


@pytest.mark.parametrize(("answer", "wrong"), [('{"label": "Coat"}', 0), ('{"label": "Bag"}', 1)])
def test_what_a_broker_keeps_must_be_the_answer(answer: str, wrong: int) -> None:
    run = FaultInjection(Fault("broker", 2.5, 5.5), answer=answer)
    run.frames(4)
    assert not run.broker.is_up
    run.frames(30)
    assert run.broker.is_up
    assert (run.faults.wrongly_kept, len(run.faults.missed)) == (wrong, wrong)


def test_a_stopped_process_has_a_picture_in_hand_and_the_time_of_day_may_jump() -> None:
    run = FaultInjection(Fault("pause", 2.5, 9.5), Fault("clock", 20, 21, number=1))
    told: list[float] = []
    held: list[float] = []
    run.faults.stopped, run.faults.hold = told.append, lambda: held.append(run.clock.now_s)
    run.frames(19)
    assert (held, told) == ([3.0], [10.0])
    before = run.clock.of_day()
    run.frames(22)
    assert (run.clock.of_day() - before).total_seconds() - 3 in (-86_400, -3600, -1, 1, 3600, 86_400)
    assert set(run.faults.recovery_s) == {"pause", "clock"}
