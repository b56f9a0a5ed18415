"""Signals that end a command."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from edge.cli import console, signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_and_sighup_end_a_command_well_and_once(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    handlers: list[Any] = []
    monkeypatch.setattr(signals, "_leave_the_terminal", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda number, handler: handlers.append((number, handler)))
    monkeypatch.setattr(signal, "getsignal", lambda _: signal.SIG_DFL)  # nohup may have started the tests
    signals.stop_cleanly_on_sigterm()

    @console.command
    def main(argv: object = None) -> int:
        handlers[0][1](number, None)
        return 7

    assert main([]) == 0
    assert [number for number, _ in handlers[:2]] == [signal.SIGTERM, signal.SIGHUP]
    assert handlers[2:] == [(signal.SIGTERM, signal.SIG_IGN), (signal.SIGHUP, signal.SIG_IGN)]


def test_a_sighup_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    try:
        signals.stop_cleanly_on_sigterm()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before[0])
        signal.signal(signal.SIGTERM, before[1])
