"""Flags, refusals, and that Ctrl-C keeps the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.overhead.inputs import DRAWN, LongDemo
from tests.hardening.__main__ import main
from tests.hardening.figures import figure_with
from tests.hardening.soak import command, long_run
from tests.hardening.soak.fault_injection import FaultInjection
from tests.hardening.soak.invariants import Invariants, Timeouts
from tests.hardening.soak.long_run import LongRun
from tests.hardening.soak.plan import Plan
from tests.hardening.soak.real_time import RealTimeRun
from tests.hardening.soak.real_time_figures import details, figures, settings
from tests.hardening.soak.samples import Sample


def test_too_short_a_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["soak", "--duration", "60", "-q"]) == 1
    assert "--duration 60 is too short" in capsys.readouterr().err
    assert main(["soak", "--demo-frames", "1000", "-q"]) == 1
    assert "expected more than 1,000" in capsys.readouterr().err


def test_the_three_kinds_exclude_one_another() -> None:
    assert command.parser().parse_args([]).duration == 3600
    with pytest.raises(SystemExit):
        command.parser().parse_args(["--duration", "9", "--simulated-days", "1"])


def test_ctrl_c_leaves_a_report_and_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classifier: Any
) -> None:
    monkeypatch.setattr(command, "_classifier", lambda: classifier)
    monkeypatch.setattr(long_run, "_NOTE_EVERY", 50)
    counts: list[int] = []

    def run(*_: object, **__: object) -> None:
        counts.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(long_run, "run", run)
    out = tmp_path / "a.json"
    assert main(["soak", "--demo-frames", "5000", "--out", str(out), "-q"]) == 130
    report = json.loads(out.read_text())
    assert (report["name"], report["settings"]["interrupted"], counts) == ("soak", True, [1])


def test_samples_are_taken_at_the_thousandth_and_last_frame(classifier: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_run, "LongDemo", _Blank)
    notes: list[tuple[int, int]] = []
    found = long_run.soak(frames=1100, classifier=classifier, note=lambda _, done, left: notes.append((done, left)))
    assert [sample.frames for sample in found.samples] == [1000, 1100]
    assert found.frames == 1100
    assert (notes[0], notes[-1]) == ((100, 1000), (1100, 0))
    assert long_run.settings(LongRun(5)) == {"frames": 5, "drawn": DRAWN, "interrupted": False}


class _Blank(LongDemo):
    """The first frame again and again."""

    def frames(self) -> Any:
        from itertools import repeat

        from edge.sources.demo import DemoSource

        return repeat(next(DemoSource().frames()))


def real_time_run(**values: Any) -> RealTimeRun:
    plan = Plan.draw(0, 3600)
    return RealTimeRun(plan, Invariants(plan.camera, Timeouts(2, 10, 1)), ran_s=100.0, **values)


def test_each_broken_promise_of_an_hour_is_a_missed_figure() -> None:
    settled, last = Sample(200, 9_000, 199_000_000, 12, 10), Sample(3600, 900_000, 202_000_000, 11, 11)
    result = real_time_run(
        thousandth=Sample(9, 1000, 190_000_000, 9, 8), settled=settled, last=last, exit_code=1, is_gone=True
    )
    sizes = (300, 200, 202, 203, 250, 190, 204, 206, 205)  # MB; the first is before all had been there
    result.samples = [Sample(300.0 * place, 0, size * 10**6, 12, 10) for place, size in enumerate(sizes)]
    result.invariants.hear(5, "Coat", has_frame=True)
    result.invariants.hear(9, "Coat", has_frame=True)
    rows = figures(result)
    assert [figure_with(rows, f"{name} grown").value for name in ("handles", "threads")] == [-1, 1]
    assert figure_with(rows, "largest memory").value == 250
    assert figure_with(rows, "first third").value == 201  # median of 200 and 202
    assert figure_with(rows, "memory grown").value == 4.5  # of 206 and 205
    missed = [figure for figure in rows if not figure.is_kept]
    assert len(missed) == 7
    for words in ("memory grown", "threads grown", "exit code", "ended by themselves", "longest pause",
                  "camera faults survived", "nobody was told"):  # fmt: skip
        assert figure_with(missed, words)
    assert figure_with(rows, "camera faults survived").limit == result.invariants.over(100) > 0
    assert settings(result)["broker"].startswith("none")
    assert details(result)[-1] == {"stood_still": [], "wrongly_kept": [], "log": []}


def test_faults_while_the_machine_stood_still_are_not_counted() -> None:
    result = real_time_run(stalls=[(20.0, 5.0)])
    result.invariants.blind_s += [19.9, 21.0, 26.9, 27.1]
    result.invariants.long_gaps_s += [(18.0, 26.0), (40.0, 43.0)]
    nobody: Any = None
    result.outside = FaultInjection(nobody, nobody, result.invariants, nobody)
    result.outside.wrongly_kept += [{"time_s": 26.0}, {"time_s": 50.0}]
    rows = figures(result)
    assert figure_with(rows, "without a picture").value == 2
    assert figure_with(rows, "longest pause").value == 3
    assert figure_with(rows, "a broker kept").value == 1
    assert figure_with(rows, "stood still").value == 1
