from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.row import Row
from benchmarks.compare.changes import compare_reports
from benchmarks.compare.limits import judge_changes
from benchmarks.config import Limits
from benchmarks.report.schema import Report

LIMITS = Limits(loss_by="point", max_latency_ratio=1.1)
MakeReport = Callable[..., Report]


def _judge(old: Report, new: Report, limits: Limits = LIMITS) -> tuple[str, str, list[str]]:
    gate = judge_changes(compare_reports(old, new), old, new, limits)
    broken = [f"{result.row}: {result.sentence}" for result in gate.checks if not result.passed]
    return gate.outcome, gate.sentence, broken


def test_rows_that_are_as_they_were_keep_every_limit(row: Callable[..., Row], report: MakeReport) -> None:
    same = report(row("a.tflite"), row("b.tflite"))

    assert _judge(same, same) == ("passed", "all 6 limits of 2 rows kept", [])


def test_what_got_worse_breaks_its_limit(row: Callable[..., Row], report: MakeReport) -> None:
    old, new = report(row("a.tflite", wrong=1)), report(row("a.tflite", wrong=8, invoke_ns=80_000))

    outcome, _, broken = _judge(old, new)

    assert outcome == "failed"
    assert broken == [
        "a.tflite @ litert: the loss is 70.00 points against the old report, allowed 0.5",
        "a.tflite @ litert: 30.00 % of the answers are those of the old report, wanted 98.5",
        "a.tflite @ litert: invoke takes at least 2.00 times the time of the old report, allowed 1.1",
    ]


def test_a_row_that_vanished_breaks_the_gate_though_all_others_are_fine(
    row: Callable[..., Row], report: MakeReport
) -> None:
    old, new = report(row("a.tflite"), row("gone.tflite")), report(row("a.tflite"), row("fresh.tflite"))

    assert _judge(old, new) == (
        "failed",
        "limits broken by gone.tflite @ litert",
        ["gone.tflite @ litert: it is in the old report and not in the new one"],
    )


def test_a_row_whose_library_is_gone_breaks_it_too(row: Callable[..., Row], report: MakeReport) -> None:
    missing = replace(row("b.onnx", runtime="onnxruntime", reason="no onnxruntime"), status="not installed")
    old, new = report(row("a.tflite"), row("b.onnx", runtime="onnxruntime")), report(row("a.tflite"), missing)

    outcome, _, broken = _judge(old, new)

    assert outcome == "failed"
    assert broken == ["b.onnx @ onnxruntime: the old report measured it, now it is not installed: no onnxruntime"]


def test_what_the_old_report_did_not_measure_is_not_missed(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(row("a.tflite"), row("b.tflite", reason="crashed"), row("c.tflite", reason="crashed"))
    new = report(row("a.tflite"), row("b.tflite"))

    assert _judge(old, new)[0] == "passed"
    assert _judge(report(row("b.tflite", reason="crashed")), report(row("b.tflite"))) == (
        "failed", "nothing to judge: the old report measured none of the rows", [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"images": "others"}, "no limit of accuracy can be held: the reports counted different images"),
        ({"cpu": "A72"}, "the limit of latency can't be held: the reports are of different machines (cpu)"),
    ],
)
def test_a_limit_that_cannot_be_held_is_not_kept(
    change: dict[str, str], broken: str, row: Callable[..., Row], report: MakeReport
) -> None:
    old, new = report(row("a.tflite")), report(row("a.tflite"), **change)

    assert _judge(old, new)[::2] == ("failed", [f"a.tflite @ litert: {broken}"])
    # Who asks for nothing of the kind isn't bothered.
    rest = Limits(None, "point", None, 1.1) if "images" in change else Limits(loss_by="point")
    assert _judge(old, new, rest)[0] == "passed"


def test_a_throttled_row_is_an_unfit_machine_and_named_once(row: Callable[..., Row], report: MakeReport) -> None:
    hot = report(replace(row("a.tflite"), invalid="throttled"))

    assert _judge(hot, hot)[:2] == (
        "environment invalid",
        "measured on an unfit machine, measure again: a.tflite @ litert",
    )
