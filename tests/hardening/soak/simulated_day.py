"""The soak in simulated time: the loop, the camera's code and the sinks' own, on a clock that waits for nobody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO, cast
from unittest import mock

import cv2

from benchmarks.progress import Note
from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.classify.results import Decision, Prediction
from edge.health import Health
from edge.run.loop import RunConfig, run
from edge.sinks import Sink
from edge.sinks.addresses import BrokerAddress
from edge.sinks.delivery import GuardedSink
from edge.sinks.mqtt import sink as mqtt
from edge.sinks.text.jsonl import JsonLinesSink
from edge.sinks.web.live_state import LiveState
from edge.sources.camera import CameraSettings
from edge.sources.camera.usb import Camera
from edge.sources.frame import Frame
from edge.sources.live import LiveTimeouts
from edge.sources.live.reconnecting import LiveSource
from edge.sources.readers import Capture, Reader
from tests.hardening.soak.camera import CAMERA_NUMBER, ScriptedCamera
from tests.hardening.soak.checks import TIMEOUTS, CheckedSource, Checks
from tests.hardening.soak.invariants import Invariants
from tests.hardening.soak.samples import Sample, take
from tests.hardening.soak.schedule import CAMERA, Timeline, at_random
from tests.hardening.soak.simulated_clock import SimulatedBroker, SimulatedClock, SimulatedReader
from tests.hardening.soak.simulated_faults import OUTSIDE, SimulatedDisk, SimulatedFaults

DAY_S = 86_400.0
_GAP_S = (60.0, 300.0)
_STRETCH = 10.0  # a camera may be away for minutes: they cost nothing here
_FPS, _HEIGHT, _WIDTH = 2.0, 120, 160
_READ_TIMEOUT_S = 5.0
_SETTLED_FRAMES = 1000
_TOPIC = "soak"
_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class SimulatedDay:
    """Result of a run."""

    duration_s: float
    camera: ScriptedCamera
    timeline: Timeline
    invariants: Invariants
    faults: SimulatedFaults
    disk: SimulatedDisk
    checks: Checks
    ran_s: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    """Samples after the first thousand frames and each fault once, and at the end."""
    is_interrupted: bool = False

    @property
    def has_seen_all(self) -> bool:
        """Return whether each kind of fault has occurred and is over."""
        return len(self.invariants.recovery_s) == len(CAMERA) and len(self.faults.recovery_s) == len(OUTSIDE)


def soak(*, seed: int, duration_s: float, classifier: Classifier, note: Note) -> SimulatedDay:
    """Run for so long in simulated time. Ctrl-C ends it early; what was counted is returned.

    Args:
        seed: of what goes wrong and when.
        duration_s: simulated seconds.
        classifier: names the frames.
        note: is told now and then what goes on and how many simulated minutes are done and left.
    """
    until_s = duration_s - _GAP_S[0]
    timeline = Timeline([*at_random(CAMERA, seed=seed, from_s=0, until_s=until_s, gap_s=_GAP_S, stretch=_STRETCH)])
    outside = Timeline([*at_random(OUTSIDE, seed=seed, from_s=0, until_s=until_s, gap_s=_GAP_S)])
    clock, disk, broker, health = SimulatedClock(), SimulatedDisk(), SimulatedBroker(), Health()
    camera = ScriptedCamera(timeline, height=_HEIGHT, width=_WIDTH, fps=_FPS, read_timeout_s=_READ_TIMEOUT_S,
                            clock=clock, sleep=clock.sleep)  # fmt: skip
    invariants = Invariants(timeline, TIMEOUTS)
    faults = SimulatedFaults(outside, clock, disk, broker, topic=_TOPIC, seed=seed)

    def forgive(now_s: float) -> None:
        invariants.forgive(now_s)
        camera.forgive()

    faults.stopped = forgive
    checks = Checks(clock, timeline, invariants, health)
    day = SimulatedDay(duration_s, camera, timeline, invariants, faults, disk, checks)
    progress = _Progress(day, clock, note)
    with (
        mock.patch.object(cv2, "VideoCapture", camera.capture),
        mock.patch.object(mqtt, "Connection", broker.connect),
    ):
        decider = Decider(classifier.spec)
        guarded = GuardedSink(JsonLinesSink(cast("TextIO", disk), model_sha256="0" * 64), name="disk", clock=clock)
        address = BrokerAddress("nowhere", 1883, _TOPIC, has_tls=False)
        telling = mqtt.MqttSink(address, health=health, model_sha256="0" * 64, every_s=30, monitored=[guarded],
                                clock=clock)  # fmt: skip
        source = CheckedSource(_live(camera, clock, health, faults), checks)
        sinks: list[Sink] = [checks, faults, guarded, telling, LiveState(health, clock=clock), progress]
        try:
            run(
                RunConfig(duration_s=duration_s), source, classifier, sinks, decider=decider, health=health, clock=clock
            )
        except KeyboardInterrupt:
            day.is_interrupted = True
            _LOGGER.warning("interrupted: the report holds what was counted until now")
    day.ran_s = clock.now_s
    progress.sample()
    return day


def _live(camera: ScriptedCamera, clock: SimulatedClock, health: Health, faults: SimulatedFaults) -> LiveSource:
    """The toolkit's own camera, read by a simulated thread that holds a picture when it is stopped."""

    def start(open_capture: Callable[[], Capture]) -> Reader:
        reader = SimulatedReader(open_capture, camera, clock)
        faults.hold = reader.hold
        return cast("Reader", reader)

    camera_settings = CameraSettings(_HEIGHT, _WIDTH)
    live_timeouts = LiveTimeouts(TIMEOUTS.stall_s, TIMEOUTS.frozen_s)
    opener = Camera(str(CAMERA_NUMBER), camera_settings, read_timeout_s=_READ_TIMEOUT_S)
    return LiveSource(opener, timeouts=live_timeouts, health=health, start_reader=start, clock=clock, sleep=clock.sleep)


class _Progress:
    """Says how far it is, and looks at this process (see `edge.sinks.protocol.Sink`)."""

    def __init__(self, day: SimulatedDay, clock: SimulatedClock, note: Note) -> None:
        self._day, self._clock, self._note = day, clock, note

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:  # noqa: ARG002  # the protocol's
        """Look at the process when all has been there, tell of every hundredth frame."""
        day, frames = self._day, self._day.invariants.frames
        if not day.samples and frames >= _SETTLED_FRAMES and day.has_seen_all:
            self.sample()
        if frames % 100 == 0:
            done_s = self._clock.now_s
            self._note(f"{frames:,} frames, minutes", int(done_s / 60), int((self._day.duration_s - done_s) / 60))

    def idle(self, decision: Decision) -> None:
        """Do nothing without a frame."""

    def close(self) -> None:
        """Do nothing: no frame is held."""

    def sample(self) -> None:
        """Look at memory, handles and threads."""
        self._day.samples.append(take("self", time_s=self._clock.now_s, frames=self._day.invariants.frames))
