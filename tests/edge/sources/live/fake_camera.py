"""A camera that does what a script says, at the times it says, on a clock that only goes on when somebody waits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError, SourceRefusedError
from edge.health import Health
from edge.sources.live.reconnecting import LiveSource, LiveTimeouts
from edge.sources.readers import Capture, CapturedFrame, EndOfStreamError

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
END = 1e6


class FakeClock:
    """Monotonic seconds, from 0."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds < math.inf
        self.now += seconds


@dataclass(frozen=True)
class Phase:
    """Behaviour of a camera until a time.

    `noise`, `black`, `still` (the same picture again and again), `silent` (a read waits), `hang` (a read never comes
    back, whatever it is told, and the device is held), `fail` (a read fails, the
    device is there), `gone` (a read fails, the device isn't there), `refuse` (it answers, and gives none), `end` (a
    stream is over), `bug`.
    """

    until_s: float
    does: str
    height: int = 4
    width: int = 6


class FakeCamera:
    """Opens and reads by its script (see `edge.sources.readers.Opener`); whoever reads it is a `FakeReader`."""

    name = "camera 7"
    skipped = 0
    can_be_opened_twice = False
    may_be_single = True

    def __init__(self, *script: Phase, fps: float = 10.0, read_timeout_s: float = 5.0) -> None:
        self.clock = FakeClock()
        self.script = script
        self.fps = fps
        self.read_timeout_s = read_timeout_s
        self.opened_at: list[float] = []  # every attempt
        self.held = 0  # how many hold the device
        self._rng = np.random.default_rng(0)
        self._still = self._rng.integers(0, 255, (4, 6, 3), np.uint8)

    def open(self) -> Capture:
        self.opened_at.append(round(self.clock.now, 3))
        if self._phase(self.clock.now).does == "gone":
            raise SourceError("isn't plugged in")
        if self._phase(self.clock.now).does == "refuse":
            raise SourceRefusedError("the server answers 401")
        assert not self.held or self.can_be_opened_twice, "opened while it was still held"
        self.held += 1
        return None  # type: ignore[return-value]  # the fake reader asks the camera itself

    def next_event(self, after_s: float) -> tuple[float, NDArray[np.uint8] | Exception]:
        """Return the time at which a read that began then returns, and its result."""
        due_s = after_s + 1 / self.fps
        phase = self._phase(due_s)
        if phase.does == "hang" or self._phase(after_s).does == "hang":
            return math.inf, EndOfStreamError()
        if phase.does == "silent":
            if phase.until_s - after_s >= self.read_timeout_s:
                return after_s + self.read_timeout_s, SourceError("a read failed")
            due_s = phase.until_s
            phase = self._phase(due_s)
        if phase.does == "refuse":
            return max(after_s, self._start_of(phase)), SourceRefusedError("the server answers 401")
        if phase.does in ("fail", "gone"):
            return max(after_s, self._start_of(phase)), SourceError("a read failed")
        if phase.does in ("end", "bug"):
            return due_s, EndOfStreamError() if phase.does == "end" else ZeroDivisionError("a bug")
        return due_s, self._picture(phase)

    def _picture(self, phase: Phase) -> NDArray[np.uint8]:
        if phase.does == "noise":
            return self._rng.integers(0, 255, (phase.height, phase.width, 3), np.uint8)
        return self._still.copy() if phase.does == "still" else np.zeros((phase.height, phase.width, 3), np.uint8)

    def _phase(self, time_s: float) -> Phase:
        return next(phase for phase in self.script if time_s < phase.until_s - 1e-9)

    def _start_of(self, phase: Phase) -> float:
        place = self.script.index(phase)
        return self.script[place - 1].until_s if place else 0.0


class FakeReader:
    """Stands for `readers.Reader`, without a thread: time goes on while somebody waits for a picture."""

    def __init__(self, open_capture: Callable[[], Capture], camera: FakeCamera) -> None:
        self.dropped = 0
        self.is_open = False
        self.is_running = True
        self.error: BaseException | None = None
        self._camera = camera
        self._clock = camera.clock
        self._told_to_stop = False
        self._seen_s = self._clock.now
        try:
            open_capture()
            self.is_open = True
        except SourceError as error:
            self._end(error)

    def newest(self, timeout_s: float) -> CapturedFrame | None:
        assert timeout_s > 0
        deadline_s = self._clock.now + timeout_s
        shot: CapturedFrame | None = None
        while self.is_running:
            due_s, outcome = self._camera.next_event(self._seen_s)
            if due_s > self._clock.now + 1e-9:
                if shot is not None or due_s > deadline_s:
                    break
                self._clock.now = due_s
            self._seen_s = due_s
            if isinstance(outcome, BaseException):
                self._end(outcome)
                return shot
            self.dropped += shot is not None
            shot = CapturedFrame(outcome, due_s, NOON + timedelta(seconds=due_s))
        if shot is None and self.is_running:
            self._clock.now = deadline_s
        return shot

    def ends_within(self, timeout_s: float) -> bool:
        """The script says so; no picture is taken."""
        if not self.is_running:
            return isinstance(self.error, EndOfStreamError)
        due_s, outcome = self._camera.next_event(self._seen_s)
        return due_s <= self._clock.now + timeout_s and isinstance(outcome, EndOfStreamError)

    def stop(self) -> None:
        """The read under way is over at once, unless it hangs."""
        if self.is_running and self._camera.next_event(self._seen_s)[0] < math.inf:
            self._end(None)

    def join(self) -> None:
        """It has stopped already."""

    def _end(self, error: BaseException | None) -> None:
        self.is_running, self.error = False, error
        self._camera.held -= self.is_open


def live(
    camera: FakeCamera,
    *,
    stall_s: float = 2.0,
    freeze_s: float = 10.0,
    give_up_s: float = math.inf,
    start_s: float = 0.0,
    adapts: bool = False,
) -> tuple[LiveSource, Health]:
    """A live source of a scripted camera, and how it is."""
    health = Health()
    source = LiveSource(
        camera,
        timeouts=LiveTimeouts(stall_s, freeze_s, give_up_s, start_s, adapts),
        health=health,
        start_reader=lambda open_capture: FakeReader(open_capture, camera),  # type: ignore[arg-type, return-value]
        clock=camera.clock,
        sleep=camera.clock.sleep,
    )
    return source, health


@dataclass(frozen=True)
class Moment:
    """Frame that a live source gave at a time, and its state then."""

    time_s: float
    shape: Sequence[int] | None
    state: str
    reason: str


def watch(source: LiveSource, health: Health, camera: FakeCamera, until_s: float) -> list[Moment]:
    """Everything a source gives up to a time."""
    moments = []
    for frame in source.frames():
        if camera.clock.now > until_s:
            break
        shape = None if frame is None else frame.image.shape
        moments.append(Moment(round(camera.clock.now, 3), shape, health.state, health.reason))
    return moments


def times(moments: list[Moment], *, fresh: bool) -> list[float]:
    """Times with a frame, or times without one."""
    return [moment.time_s for moment in moments if (moment.shape is not None) is fresh]
