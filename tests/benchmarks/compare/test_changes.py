"""Changes between two reports, and the limits on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.gate import BROKEN, Check, Gate
from benchmarks.analysis.row import Row, known
from benchmarks.compare.changes import compare_reports, judge_changes
from benchmarks.compare.render import caveats, markdown, summary, text, verdict
from benchmarks.config import Limits
from benchmarks.report.schema import Report
from benchmarks.stats.latency import DRIFTING, Stability
from edge.errors import ReportError

MakeReport = Callable[..., Report]


def _timed(row: Row, *medians_ns: int) -> Row:
    return replace(row, invoke=replace(known(row.invoke), repeat_medians_ns=medians_ns, median_ns=medians_ns[0]))


STEADY = (1000, 1002, 998)
A, B, GONE = "a.tflite @ litert", "b.tflite @ litert", "gone.tflite @ litert"
OLD, NEW = "the old report", "the new report"
NUMBER = re.compile(r"\d+\.\d+")


def test_rows_are_paired_by_image_and_timed_by_repeat(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite", wrong=1), *STEADY))
    new = report(_timed(row("a.tflite", wrong=8), *(2 * value for value in STEADY)))

    changes = compare_reports(old, new)

    (change,) = changes.rows
    # Image 0 is wrong in both, the seven others in the new one alone: 2 / 2^7.
    assert (known(change.loss).lost, known(change.loss).gained, known(change.loss).mcnemar_p) == (7, 0, 2 / 2**7)
    assert known(change.latency).value == pytest.approx(2.0)
    assert known(change.latency).is_significant is True
    assert verdict(change) == "LESS ACCURATE, SLOWER"
    assert summary(changes) == f"Less accurate: {A}. Slower: {A}."
    assert (known(change.loss).loss_pp, known(change.loss).agreement) == (70.0, pytest.approx(0.3))


def test_equal_reports_have_no_change(row: Callable[..., Row], report: MakeReport) -> None:
    same = report(_timed(row("a.tflite"), *STEADY))

    changes = compare_reports(same, same)

    accuracy, speed = verdict(changes.rows[0]).split(", ")
    assert accuracy.startswith("the same")
    assert speed.startswith("as fast")
    assert summary(changes).startswith("No row of 1 ")


def test_rows_of_one_report_alone_and_rows_that_fail_now_are_named(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(row("a.tflite"), row("gone.tflite"))
    new = report(row("a.tflite", reason="crashed"), row("fresh.tflite"))

    changes = compare_reports(old, new)

    assert {change.row.id: verdict(change) for change in changes.rows} == {
        "a.tflite @ litert": "FAILS NOW: crashed",
        "fresh.tflite @ litert": f"only in {NEW}",
        "gone.tflite @ litert": f"only in {OLD}",
    }
    assert summary(changes) == f"Fail now: {A}. Gone: {GONE}."


def _drifting(row: Row) -> Row:
    return replace(row, invoke=replace(known(row.invoke), stability=Stability(DRIFTING, "")))


def test_caveats_of_both_rows_stay_in_verdict_and_summary(row: Callable[..., Row], report: MakeReport) -> None:
    steady, slower = _timed(row("a.tflite"), *STEADY), _timed(row("a.tflite"), *(2 * value for value in STEADY))

    worse = compare_reports(report(_drifting(steady)), report(_drifting(slower)))
    same = compare_reports(report(steady), report(_drifting(steady)))
    elsewhere = compare_reports(report(steady), report(_drifting(steady), cpu="A72"))
    alone = compare_reports(report(steady), report(steady, _drifting(row("fresh.tflite"))))

    assert "SLOWER" in verdict(worse.rows[0])
    assert "old drifting; new drifting" in verdict(worse.rows[0])
    assert summary(worse) == f"Slower: {A} (old drifting; new drifting)."
    assert verdict(same.rows[0]).endswith("new drifting")
    assert "old" not in verdict(same.rows[0])
    assert "drifting" in summary(same)
    assert verdict(elsewhere.rows[0]).endswith("new drifting")
    assert verdict(alone.rows[1]).endswith("new drifting")
    assert "drifting" not in summary(compare_reports(report(steady), report(steady)))


def test_other_images_and_another_machine_are_not_compared(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite"), *STEADY))
    new = report(_timed(row("a.tflite", wrong=9), *STEADY), images="others", cpu="A72")

    changes = compare_reports(old, new)

    assert (changes.rows[0].loss, changes.rows[0].latency) == (None, None)
    assert verdict(changes.rows[0]) == "–"  # noqa: RUF001
    assert summary(changes).startswith("No row could ")
    said = " ".join(caveats(changes, 0.5))
    assert "different images" in said
    assert "different machines (cpu)" in said


def test_a_throttled_row_has_no_ratio(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite"), *STEADY))
    new = report(replace(_timed(row("a.tflite"), *STEADY), invalid="throttled"))

    changes = compare_reports(old, new)

    assert changes.rows[0].latency is None
    assert verdict(changes.rows[0]).endswith("new invalid times")
    assert [sentence for sentence in caveats(changes, 0.5) if A in sentence and "throttled" in sentence]


def test_a_single_repeat_is_no_evidence(row: Callable[..., Row], report: MakeReport) -> None:
    changes = compare_reports(report(_timed(row("a.tflite"), 1000)), report(_timed(row("a.tflite"), 3000)))

    assert verdict(changes.rows[0]).endswith("from a single repeat")
    assert any("single repeat" in sentence for sentence in caveats(changes, 0.5))


def test_reports_of_different_things_are_refused(row: Callable[..., Row], report: MakeReport) -> None:
    with pytest.raises(ReportError, match=f"one has {A}, the other {B}"):
        compare_reports(report(row("a.tflite")), report(row("b.tflite")))


def test_text_and_markdown_say_the_same(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite"), *STEADY))
    new = report(_timed(row("a.tflite"), *STEADY), git_commit=None)
    changes = compare_reports(old, new)
    checks = (Check("a", "loss", 9, 1, False, "too slow"), Check("b", "loss", 0, 1, True, "fine"))
    gate = Gate(Limits(), checks, BROKEN, "limits broken by a")

    terminal, page = text(changes, old, new, None), markdown(changes, old, new, gate)

    assert terminal.splitlines()[0].split(", ") == [
        "old: 0123456789ab", "2026-11-22 10:00 UTC", "board: Pi", "4 cores",
    ]  # fmt: skip
    assert terminal.splitlines()[-1] == summary(changes)
    title, advice, verdict_of_gate, *_ = page.split("\n\n")
    assert (title, advice) == ("### Benchmark", f"**{summary(changes)}**")
    assert verdict_of_gate.splitlines()[0] == f"❌ Gate: {gate.sentence}."
    assert "- a: too slow" in page
    assert "fine" not in page
    assert "- new: no commit" in page


LIMITS = Limits(loss_by="point", max_latency_ratio=1.1)
MakeReport = Callable[..., Report]


def _judge(old: Report, new: Report, limits: Limits = LIMITS) -> tuple[str, str, list[str]]:
    gate = judge_changes(compare_reports(old, new), old, new, limits)
    broken = [f"{result.row}: {result.sentence}" for result in gate.checks if not result.passed]
    return gate.outcome, gate.sentence, broken


def test_rows_that_are_as_they_were_keep_every_limit(row: Callable[..., Row], report: MakeReport) -> None:
    same = report(row("a.tflite"), row("b.tflite"))

    assert _judge(same, same) == ("passed", _judge(same, same)[1], [])
    assert "all 6 limits of 2 rows" in _judge(same, same)[1]


def test_a_worse_row_breaks_each_limit(row: Callable[..., Row], report: MakeReport) -> None:
    old, new = report(row("a.tflite", wrong=1)), report(row("a.tflite", wrong=8, invoke_ns=80_000))

    outcome, _, broken = _judge(old, new)

    assert outcome == "failed"
    assert all(line.startswith(f"{A}: ") and OLD in line for line in broken)
    assert [NUMBER.findall(line) for line in broken] == [["70.00", "0.5"], ["30.00", "98.5"], ["2.00", "1.1"]]


def test_a_row_that_vanished_breaks_the_gate_though_all_others_are_fine(
    row: Callable[..., Row], report: MakeReport
) -> None:
    old, new = report(row("a.tflite"), row("gone.tflite")), report(row("a.tflite"), row("fresh.tflite"))

    outcome, sentence, (broken,) = _judge(old, new)
    assert outcome == "failed"
    assert sentence.endswith(f"broken by {GONE}")
    assert broken.startswith(f"{GONE}: ")
    assert "new" in broken


def test_a_row_whose_library_is_gone_breaks_it_too(row: Callable[..., Row], report: MakeReport) -> None:
    missing = replace(row("b.onnx", runtime="onnxruntime", reason="no onnxruntime"), status="not installed")
    old, new = report(row("a.tflite"), row("b.onnx", runtime="onnxruntime")), report(row("a.tflite"), missing)

    outcome, _, broken = _judge(old, new)

    assert outcome == "failed"
    (line,) = broken
    assert line.startswith("b.onnx @ onnxruntime: ")
    assert line.endswith("not installed: no onnxruntime")


def test_rows_that_the_old_report_lacks_pass(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(row("a.tflite"), row("b.tflite", reason="crashed"), row("c.tflite", reason="crashed"))
    new = report(row("a.tflite"), row("b.tflite"))

    assert _judge(old, new)[0] == "passed"
    outcome, sentence, broken = _judge(report(row("b.tflite", reason="crashed")), report(row("b.tflite")))
    assert (outcome, broken) == ("failed", [])
    assert "nothing to judge" in sentence


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

    outcome, sentence, _ = _judge(hot, hot)
    assert outcome == "environment invalid"
    assert sentence.count(A) == 1
