"""The process that is attacked: `edge-classify` itself, with a camera made of software in OpenCV's place.

`python -m tests.hardening.soak.runner SETTINGS FLAGS...`: SETTINGS is JSON of what `Settings` has.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass
from unittest import mock

from edge.cli.libraries import prepare_libraries
from edge.run import main as edge_classify

HEIGHT, WIDTH = 480, 640
FASTEST_FPS = 1000.0
"""Frame rate of the camera, above what can be classified, so that the runner is never idle."""
_READ_TIMEOUT_S = 5.0  # what the toolkit asks of OpenCV


@dataclass(frozen=True, slots=True)
class Settings:
    """Facts that injection and checks share."""

    seed: int
    duration_s: float
    started_s: float
    """time.monotonic() when the run began; on Linux it is the same for all processes."""


def main() -> None:
    """Plug the camera in and hand over; as a service's or nohup's, its terminal may go and signals may come."""
    prepare_libraries()  # as the command does, before anything imports them: threads that they start stay
    import cv2

    from tests.hardening.soak.camera import ScriptedCamera
    from tests.hardening.soak.plan import Plan

    settings = Settings(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: None)  # handled: it interrupts whatever waits
    camera = ScriptedCamera(
        Plan.draw(settings.seed, settings.duration_s).camera, height=HEIGHT, width=WIDTH, fps=FASTEST_FPS,
        read_timeout_s=_READ_TIMEOUT_S, clock=lambda: time.monotonic() - settings.started_s,
    )  # fmt: skip
    sys.argv[1:] = sys.argv[2:]
    # Instead of the hardware: the toolkit's own code meets it, all of it.
    with mock.patch.object(cv2, "VideoCapture", camera.capture):
        edge_classify.entry()


if __name__ == "__main__":
    main()
