"""Time that goes on only while somebody waits: a clock, what reads a camera without a thread, and a broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from edge.errors import SourceError
from edge.sources.readers import Capture, CapturedFrame
from tests.hardening.soak.camera import ScriptedCamera

_NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


class SimulatedClock:
    """Monotonic seconds from 0, and the time of day, which somebody may set."""

    def __init__(self) -> None:
        """Begin at 0, at noon."""
        self.now_s = 0.0
        self.set_by_s = 0.0
        """Seconds by which the time of day was set forwards."""

    def __call__(self) -> float:
        """Seconds since the start."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Let seconds pass.

        Raises:
            ValueError: not above 0: whoever waits for nothing spins.
        """
        if seconds <= 0:
            raise ValueError(f"somebody waits for {seconds} s: expected more than 0")
        self.now_s += seconds

    def of_day(self) -> datetime:
        """UTC."""
        return _NOON + timedelta(seconds=self.now_s + self.set_by_s)


class SimulatedReader:
    """Stands for `edge.sources.readers.Reader`: time goes on while somebody waits for its pictures."""

    def __init__(self, open_capture: Callable[[], Capture], camera: ScriptedCamera, clock: SimulatedClock) -> None:
        """Open the device."""
        self.dropped = 0
        self.is_open = False
        self.is_running = True
        self.error: BaseException | None = None
        self._camera, self._clock = camera, clock
        self._held: CapturedFrame | None = None
        self._capture: Capture | None = None
        try:
            self._capture = open_capture()
            self.is_open = True
        except SourceError as error:
            self._end(error)

    def newest(self, timeout_s: float) -> CapturedFrame | None:
        """Take the picture that is there, or the next one if it comes in time."""
        if self._held is not None:
            shot, self._held = self._held, None
            return shot
        deadline_s = self._clock.now_s + timeout_s
        if not self.is_running:
            return None
        due_s = self._camera.due_s()
        if due_s > deadline_s:
            self._clock.now_s = deadline_s
            return None
        self._clock.now_s = max(self._clock.now_s, due_s)
        return self._read()

    def ends_within(self, timeout_s: float) -> bool:  # noqa: ARG002  # as the real one's
        """Return False: a camera doesn't end."""
        return False

    def hold(self) -> None:
        """Read a picture that nobody takes yet."""
        if self.is_running and self._held is None:
            self._held = self._read()

    def stop(self) -> None:
        """The read that is under way is over at once."""
        if self.is_running:
            self._end(None)

    def join(self) -> None:
        """It has stopped already."""

    def _read(self) -> CapturedFrame | None:
        assert self._capture is not None
        try:
            image = self._capture.read()
        except SourceError as error:
            self._end(error)
            return None
        return CapturedFrame(image, self._clock.now_s, self._clock.of_day())

    def _end(self, error: BaseException | None) -> None:
        self.is_running = False
        # As the real one's, it leads to no picture: by its traceback it would, and back to this reader.
        self.error = error and error.with_traceback(None)
        if self._capture is not None:
            self._capture.close()


class SimulatedBroker:
    """Stands for `edge.sinks.mqtt.connection.Connection` and the broker at its other end."""

    def __init__(self) -> None:
        """Begin with nobody connected."""
        self.is_up = True
        self.kept: dict[str, str] = {}
        """Topic -> what the broker tells whoever comes later."""
        self._on_connect: Callable[[Any], None] = lambda _: None
        self._failures: Any = None

    def connect(
        self, _address: object, *, will: tuple[str, str], on_connect: Callable[[Any], None], failures: Any
    ) -> Any:
        """Take the arguments of `Connection` and be one."""
        self._on_connect, self._failures, self._will = on_connect, failures, will
        self.come_up()
        return self

    def publish(self, topic: str, message: str, *, is_retained: bool) -> bool:
        """Take a message if it is up."""
        if self.is_up and is_retained:
            self.kept[topic] = message
        return self.is_up

    def end(self, topic: str, offline_payload: str) -> None:
        """Take the last message."""
        self.publish(topic, offline_payload, is_retained=True)

    def go_down(self) -> None:
        """It is killed, and forgets everything."""
        self.is_up = False
        self.kept.clear()
        self._failures.record_failure(ConnectionError("the broker is gone"))

    def come_up(self) -> None:
        """It is there again, and so is the connection."""
        self.is_up = True
        self._failures.record_success()
        self._on_connect(self)
