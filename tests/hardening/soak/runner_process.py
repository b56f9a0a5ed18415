"""The running `edge-classify` as the attack sees it: its process, what it says, its disk."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import IO

from benchmarks.measure.child_process import own_environment
from tests.hardening.soak.broker import free_port
from tests.hardening.soak.child_process import Disk
from tests.hardening.soak.invariants import Invariants
from tests.hardening.soak.runner import Settings
from tests.hardening.soak.samples import Sample, take

TOPIC = "soak"
_ENDS_WITHIN_S = 20.0


class RunnerProcess:
    """Starts the process; two threads read what it says."""

    def __init__(self, settings: Settings, disk: Disk, invariants: Invariants, *, broker_port: int | None) -> None:
        """Start it with every sink that a machine without a screen can have.

        Args:
            settings: its plan.
            disk: where it writes.
            invariants: is told every answer.
            broker_port: of the MQTT broker; None: there is none.
        """
        self.page_port = free_port()
        self.complaints: deque[str] = deque(maxlen=20)
        """The newest lines of its log."""
        self.disk = disk
        self._settings, self._invariants = settings, invariants
        command = [sys.executable, "-m", "tests.hardening.soak.runner", json.dumps(asdict(settings))]
        self.process = subprocess.Popen(
            disk.command([*command, *self._flags(broker_port)]), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, env=own_environment(), start_new_session=True,
        )  # fmt: skip
        disk.belongs_to(self.process.pid)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        readers = ((self._hear, self.process.stdout), (self._note, self.process.stderr))
        self._readers = [threading.Thread(target=read, args=(stream,), daemon=True) for read, stream in readers]
        for reader in self._readers:
            reader.start()

    @property
    def now_s(self) -> float:
        """Seconds since the start of the run."""
        return time.monotonic() - self._settings.started_s

    @property
    def is_running(self) -> bool:
        """Return whether the process runs."""
        return self.process.poll() is None

    @property
    def csv_file(self) -> Path:
        """Return the path of the CSV file as this process sees it."""
        return self.disk.folder / "answers.csv"

    def sample(self) -> Sample:
        """Look at its memory, handles and threads."""
        return take(self.process.pid, time_s=round(self.now_s, 1), frames=self._invariants.frames)

    def send(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def end(self) -> tuple[int, float]:
        """Ask it to end; its exit code, and the seconds it took. One that doesn't end is killed."""
        self.send(signal.SIGCONT)
        asked_s = time.monotonic()
        self.send(signal.SIGTERM)
        try:
            self.process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        took_s = time.monotonic() - asked_s
        for reader in self._readers:
            reader.join(_ENDS_WITHIN_S)
        return self.process.returncode, took_s

    def _flags(self, broker_port: int | None) -> list[str]:
        from tests.hardening.soak.camera import CAMERA_NUMBER

        place = self.disk.seen_by_runner
        broker = [] if broker_port is None else ["--mqtt", f"mqtt://127.0.0.1:{broker_port}/{TOPIC}",
                                                 "--mqtt-every", "1", "--mqtt-discovery"]  # fmt: skip
        return ["--camera", str(CAMERA_NUMBER), "--json", "--csv", str(place / "answers.csv"),
                "--snapshots", str(place / "snapshots"), "--snapshots-limit", "2MB", "--snapshots-every", "0.5",
                "--serve", f"127.0.0.1:{self.page_port}", *broker]  # fmt: skip

    def _hear(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                answer = json.loads(line)
                self._invariants.hear(self.now_s, answer["label"], has_frame=answer["frame"] is not None)

    def _note(self, stream: IO[str]) -> None:
        with stream:
            self.complaints.extend(line.rstrip() for line in stream)
