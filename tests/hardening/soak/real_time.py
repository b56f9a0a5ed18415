"""The soak in real time: one process of the runner with every sink, attacked through its camera and from outside."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from benchmarks.progress import Note
from edge.errors import ToolkitError
from tests.hardening.soak.broker import Broker
from tests.hardening.soak.child_process import small_disk
from tests.hardening.soak.fault_injection import FaultInjection
from tests.hardening.soak.invariants import Invariants, Timeouts
from tests.hardening.soak.plan import Plan
from tests.hardening.soak.rows import MOST_BYTES, Rows
from tests.hardening.soak.runner import Settings
from tests.hardening.soak.runner_process import RunnerProcess
from tests.hardening.soak.samples import Sample
from tests.hardening.soak.schedule import Fault

SETTLED_FRAMES = 1000
_SAMPLE_EVERY_S = 5.0
_POLL_S = 0.1
_STALL_S = 0.5  # later than this nobody wakes up on a machine that has time for us
_AFTER_S = 2.0  # what waited meanwhile has come by then
_SLACK_S = 1.0  # on a busy machine, from a frame to its line in another process
_LOGGER = logging.getLogger(__name__)


class RunnerGoneError(Exception):
    """The process ended by itself."""


@dataclass(slots=True)
class RealTimeRun:
    """Result of a run."""

    plan: Plan
    invariants: Invariants
    rows: Rows = field(default_factory=Rows)
    samples: list[Sample] = field(default_factory=list)
    thousandth: Sample | None = None
    """Sample after the first thousand frames."""
    settled: Sample | None = None
    """Sample after each fault once, in calm."""
    last: Sample | None = None
    """Sample at the end, in calm."""
    outside: FaultInjection | None = None
    ran_s: float = 0.0
    exit_code: int = 0
    end_s: float = 0.0
    """Seconds from SIGTERM to the end of the process."""
    leftovers: int = 0
    """Temporary files of snapshots."""
    snapshots_bytes: int = 0
    complaints: list[str] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)
    """Start and length of pauses of this process, which hold up the runner too."""
    is_gone: bool = False
    """True if the process ended by itself."""
    is_interrupted: bool = False
    has_own_disk: bool = False
    has_broker: bool = False

    def is_excused(self, from_s: float, until_s: float) -> bool:
        """Return whether the machine paused in this time, or just before."""
        return any(from_s <= begun_s + took_s + _AFTER_S and begun_s <= until_s for begun_s, took_s in self.stalls)


def soak(*, seed: int, duration_s: float, note: Note) -> RealTimeRun:
    """Attack a runner for so long. Ctrl-C ends it early; what was counted is returned.

    Args:
        seed: of the plan.
        duration_s: of the whole run.
        note: is told before each step what goes on and how many seconds are done and left.

    Raises:
        ToolkitError: the time is too short for each fault once, or the runner can't be started.
    """
    plan = Plan.draw(seed, duration_s)
    timeouts = Timeouts(stall_s=2.0, frozen_s=10.0, slack_s=_SLACK_S)
    result = RealTimeRun(plan, Invariants(plan.camera, timeouts))
    broker = Broker()
    with small_disk() as disk:
        result.has_own_disk, result.has_broker = disk.is_own, broker.is_there
        broker.start()
        settings = Settings(seed, duration_s, time.monotonic())
        runner = RunnerProcess(settings, disk, result.invariants, broker_port=broker.port if broker.is_there else None)
        run = _Run(result, runner, note)
        result.outside = FaultInjection(runner, broker, result.invariants, run.rest)
        try:
            run.through(result.outside)
        except KeyboardInterrupt:
            result.is_interrupted = True
            _LOGGER.warning("interrupted: the report holds what was counted until now")
        except RunnerGoneError:
            result.is_gone = True
        finally:
            run.end()
            broker.kill()
    if result.is_gone and not result.invariants.frames:
        raise ToolkitError(f"the runner ended before its first frame: {(result.complaints or ['no reason'])[-1]}")
    return result


class _Run:
    """Lets time pass, and looks after a run meanwhile."""

    def __init__(self, result: RealTimeRun, runner: RunnerProcess, note: Note) -> None:
        self._result, self._runner, self._note = result, runner, note
        self._sampled_s = self._noted_s = float("-inf")
        self._doing = "calm"

    def through(self, outside: FaultInjection) -> None:
        """Make every fault of the plan; the camera makes its own."""
        plan, result = self._result.plan, self._result
        for fault in plan.outside.faults:
            if fault.begins_s > plan.settled_s:
                break
            self._make(fault, outside)
        self._rest_until(plan.settled_s)
        result.settled = self._runner.sample()
        for fault in plan.outside.faults:
            if fault.begins_s > max(plan.settled_s, self._runner.now_s):  # the one before may have taken longer
                self._make(fault, outside)
        self._rest_until(plan.ends_s)
        result.last = self._runner.sample()

    def rest(self, seconds: float) -> None:
        """Let seconds pass.

        Raises:
            RunnerGoneError: the runner ended meanwhile.
        """
        self._rest_until(self._runner.now_s + seconds)

    def end(self) -> None:
        """End the runner and count what it leaves."""
        result, runner = self._result, self._runner
        result.ran_s = runner.now_s
        if runner.is_running:
            runner.disk.free()
            folder = runner.disk.folder / "snapshots"
            found = [path for path in folder.rglob("*") if path.is_file()]
            result.leftovers = sum(path.name.startswith(".") for path in found)
            result.snapshots_bytes = sum(path.stat().st_size for path in found)
            if runner.csv_file.exists():
                result.rows.rotate(runner.csv_file)
        result.exit_code, result.end_s = runner.end()
        result.complaints = list(runner.complaints)

    def _make(self, fault: Fault, outside: FaultInjection) -> None:
        self._rest_until(fault.begins_s)
        self._doing = fault.kind
        outside.make(fault)
        self._doing = "calm"

    def _rest_until(self, time_s: float) -> None:
        while True:
            self._look_after()
            left_s = time_s - self._runner.now_s
            if left_s <= 0:
                return
            step_s, before_s = min(left_s, _POLL_S), self._runner.now_s
            time.sleep(step_s)
            self._note_stall(before_s, step_s)

    def _note_stall(self, before_s: float, step_s: float) -> None:
        """Ignore faults of the runner while the machine has no time for either process."""
        now_s = self._runner.now_s
        late_s = now_s - before_s - step_s
        if late_s > _STALL_S:
            self._result.stalls.append((round(before_s, 2), round(late_s, 2)))
            self._result.invariants.forgive(now_s)

    def _look_after(self) -> None:
        if not self._runner.is_running:
            raise RunnerGoneError
        now_s, result = self._runner.now_s, self._result
        if now_s - self._sampled_s >= _SAMPLE_EVERY_S:
            self._sampled_s = now_s
            result.samples.append(self._runner.sample())
        if result.thousandth is None and result.invariants.frames >= SETTLED_FRAMES:
            result.thousandth = self._runner.sample()
        if now_s - self._noted_s >= 1.0:
            self._noted_s = now_s
            left_s = max(0, int(result.plan.ends_s - now_s))
            self._note(f"{result.invariants.frames:,} frames, {self._doing}", int(now_s), left_s)
            self._rotate()

    def _rotate(self) -> None:
        file = self._runner.csv_file
        if self._doing != "disk" and file.exists() and file.stat().st_size > MOST_BYTES:
            self._result.rows.rotate(file)
