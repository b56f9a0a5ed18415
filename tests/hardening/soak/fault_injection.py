"""Faults around a runner (disk, broker, viewers, signals), each with a check that it is over afterwards."""

from __future__ import annotations

import json
import logging
import signal
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.hardening.soak.broker import Broker, Listener
from tests.hardening.soak.invariants import RECOVERY_LIMIT_S, Invariants
from tests.hardening.soak.runner_process import TOPIC, RunnerProcess
from tests.hardening.soak.schedule import Fault
from tests.hardening.soak.viewers import Viewers, status_of_health

_LOGGER = logging.getLogger(__name__)
_POLL_S = 0.1
_TIMEOUT_S = 60.0  # for what needs frames, while the camera is away
_VOLLEY = ("SIGHUP", "SIGUSR1", "SIGWINCH", "SIGCHLD", "SIGURG", "SIGPIPE", "SIGCONT")
_MOST_VIEWERS = 8

Rest = Callable[[float], None]
"""Lets seconds pass, and looks after the run meanwhile."""


class FaultInjection:
    """Makes faults one after the other and counts what became of them."""

    def __init__(self, runner: RunnerProcess, broker: Broker, invariants: Invariants, rest: Rest) -> None:
        """Store the runner."""
        self.recovery_s: dict[str, list[float]] = defaultdict(list)
        """Kind -> from a fault's end until all was as before, each time, without the time that the camera was away."""
        self.missed: list[str] = []
        """Kinds of faults after which it never was."""
        self.wrongly_kept: list[dict[str, Any]] = []
        """Answers that a broker kept and that weren't the answer, and what had been said."""
        self.unseen = 0
        """Viewers who were sent no picture in a second or more while the camera worked."""
        self._runner, self._broker, self._invariants, self._rest = runner, broker, invariants, rest
        self._makers: dict[str, Callable[[Fault], Callable[[], bool]]] = {
            "disk": self._fill_disk, "broker": self._kill_broker, "viewers": self._watch, "hang": self._hang,
            "pause": self._pause, "signals": self._signal,
        }  # fmt: skip

    def make(self, fault: Fault) -> None:
        """Make it, end it, and wait until all is as before."""
        if fault.kind == "broker" and not self._broker.is_there:
            return
        try:
            self._wait_for(fault.kind, self._makers[fault.kind](fault))
        except OSError as error:  # nobody answers, or there is no file: it isn't as before
            self.missed.append(fault.kind)
            _LOGGER.warning("after %s: %s", fault.kind, error)

    def _wait_for(self, kind: str, as_before: Callable[[], bool]) -> None:
        spent_s = waited_s = 0.0
        while not as_before():
            if waited_s > RECOVERY_LIMIT_S or spent_s > _TIMEOUT_S:
                self.missed.append(kind)
                return
            self._rest(_POLL_S)
            spent_s += _POLL_S
            waited_s += _POLL_S * self._invariants.is_live(self._runner.now_s)
        self.recovery_s[kind].append(waited_s)

    def _is_healthy(self) -> bool:
        return status_of_health(self._runner.page_port) == 200

    def _fill_disk(self, fault: Fault) -> Callable[[], bool]:
        self._runner.disk.fill()
        try:
            self._rest(fault.ends_s - fault.begins_s)
            before = self._runner.csv_file.stat().st_size
        finally:
            self._runner.disk.free()
        return lambda: self._runner.csv_file.stat().st_size > before

    def _kill_broker(self, fault: Fault) -> Callable[[], bool]:
        self._broker.kill()
        try:
            self._rest(fault.ends_s - fault.begins_s)
        finally:
            self._broker.start()
        listener = Listener(self._broker.port, f"{TOPIC}/decision")

        def has_heard() -> bool:
            listener.listen(_POLL_S)
            if not listener.heard:
                return False
            listener.close()
            label = json.loads(listener.heard)["label"]
            now_s = self._runner.now_s
            if not self._invariants.has_said(label, now_s):
                said = [(round(time_s, 1), label) for time_s, label in list(self._invariants.recent)[-5:]]
                self.wrongly_kept.append({"time_s": round(now_s, 1), "kept": label, "said": said})
            return True

        return has_heard

    def _watch(self, fault: Fault) -> Callable[[], bool]:
        viewers = Viewers(self._runner.page_port, 1 + fault.number % _MOST_VIEWERS, reads=True)
        live_s = 0.0
        ends_s = self._runner.now_s + fault.ends_s - fault.begins_s
        while self._runner.now_s < ends_s:
            before_s = self._runner.now_s
            viewers.look(_POLL_S, self._rest)
            self._rest(0)
            live_s += (self._runner.now_s - before_s) * self._invariants.is_live(before_s)
        self.unseen += viewers.unseen if live_s > 1 else 0
        viewers.leave()
        return self._is_healthy

    def _hang(self, fault: Fault) -> Callable[[], bool]:
        viewers = Viewers(self._runner.page_port, 1 + fault.number % _MOST_VIEWERS, reads=False)
        viewers.look(fault.ends_s - fault.begins_s, self._rest)
        viewers.leave()
        return self._is_healthy

    def _pause(self, fault: Fault) -> Callable[[], bool]:
        self._runner.send(signal.SIGSTOP)
        try:
            self._rest(fault.ends_s - fault.begins_s)
        finally:
            self._invariants.forgive(self._runner.now_s)
            self._runner.send(signal.SIGCONT)
        return self._is_healthy

    def _signal(self, fault: Fault) -> Callable[[], bool]:
        ends_s = self._runner.now_s + fault.ends_s - fault.begins_s
        while self._runner.now_s < ends_s:
            for name in _VOLLEY:
                self._runner.send(signal.Signals[name])
            self._rest(0.01)
        return self._is_healthy
