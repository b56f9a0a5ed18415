"""Faults injected into a made-up runner, on a simulated clock."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.hardening.soak import fault_injection
from tests.hardening.soak.fault_injection import FaultInjection
from tests.hardening.soak.invariants import Invariants, Timeouts
from tests.hardening.soak.schedule import Fault, Timeline


class FakeRunner:
    """A runner that writes rows whenever its disk has room, if it recovers at all."""

    page_port = 1

    def __init__(self, folder: Path, *, recovers: bool = True) -> None:
        self.now_s = 0.0
        self.signals: list[int] = []
        self.csv_file = folder / "answers.csv"
        self.csv_file.write_text("")
        self.disk = self
        self.invariants = Invariants(Timeline([]), Timeouts(2, 10, 1))
        self._has_room, self._recovers = True, recovers

    def fill(self) -> None:
        self._has_room = False

    def free(self) -> None:
        self._has_room = self._recovers

    def send(self, number: int) -> None:
        self.signals.append(number)

    def rest(self, seconds: float) -> None:
        self.now_s += seconds
        self.invariants.hear(self.now_s, "Coat", has_frame=True)
        if self._has_room:
            with self.csv_file.open("a") as file:
                file.write("row\n")


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Status codes of /healthz in turn; 200 in the end."""
    answers: list[int] = []
    monkeypatch.setattr(fault_injection, "status_of_health", lambda _: answers.pop(0) if answers else 200)
    return answers


def attack(runner: FakeRunner, kind: str, seconds: float) -> FaultInjection:
    """Make one fault."""
    broker: Any = type("Broker", (), {"is_there": False})
    made = FaultInjection(runner, broker, runner.invariants, runner.rest)  # type: ignore[arg-type]
    made.make(Fault(kind, 0, seconds))
    return made


def test_a_full_disk_is_over_when_the_file_grows(tmp_path: Path) -> None:
    runner = FakeRunner(tmp_path)
    made = attack(runner, "disk", 5)
    assert made.recovery_s == {"disk": [pytest.approx(0.1)]}
    assert runner.now_s == pytest.approx(5.1)


def test_what_never_comes_back_is_missed(tmp_path: Path) -> None:
    made = attack(FakeRunner(tmp_path, recovers=False), "disk", 5)
    assert (made.missed, dict(made.recovery_s)) == (["disk"], {})


def test_a_stopped_process_goes_on_and_is_healthy_again(tmp_path: Path, health: list[int]) -> None:
    health += [503, 0]
    runner = FakeRunner(tmp_path)
    made = attack(runner, "pause", 1)
    assert runner.signals == [signal.SIGSTOP, signal.SIGCONT]
    assert made.recovery_s == {"pause": [pytest.approx(0.2)]}


def test_a_volley_holds_no_signal_that_rightly_ends_it(tmp_path: Path, health: list[int]) -> None:
    runner = FakeRunner(tmp_path)
    attack(runner, "signals", 0.1)
    assert len(runner.signals) >= 7 * 9
    assert {signal.SIGHUP, signal.SIGUSR1, signal.SIGPIPE} <= set(runner.signals)
    assert not {signal.SIGTERM, signal.SIGINT, signal.SIGKILL} & set(runner.signals)


def test_without_a_broker_none_is_killed(tmp_path: Path) -> None:
    made = attack(FakeRunner(tmp_path), "broker", 5)
    assert (made.missed, dict(made.recovery_s)) == ([], {})


def test_a_page_that_nobody_answers_at_is_missed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = attack(FakeRunner(tmp_path), "hang", 1)
    assert made.missed == ["hang"]
    assert caplog.messages[0].startswith("after hang: ")
