from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.analysis.gate import BROKEN, Check, Gate
from benchmarks.analysis.row import Row, known
from benchmarks.compare.changes import compare_reports
from benchmarks.compare.render import markdown, text
from benchmarks.compare.sentences import caveats, summary, verdict
from benchmarks.config import Limits
from benchmarks.report.schema import Report
from edge.errors import ReportError

MakeReport = Callable[..., Report]


def _timed(row: Row, *medians_ns: int) -> Row:
    return replace(row, invoke=replace(known(row.invoke), repeat_medians_ns=medians_ns, median_ns=medians_ns[0]))


STEADY = (1000, 1002, 998)


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
    assert summary(changes) == "Less accurate: a.tflite @ litert. Slower: a.tflite @ litert."
    assert (known(change.loss).loss_pp, known(change.loss).agreement) == (70.0, pytest.approx(0.3))


def test_nothing_changed(row: Callable[..., Row], report: MakeReport) -> None:
    same = report(_timed(row("a.tflite"), *STEADY))

    changes = compare_reports(same, same)

    assert verdict(changes.rows[0]) == "the same answers, as fast within the noise"
    assert summary(changes) == "No row of 1 is worse beyond the noise."


def test_rows_of_one_report_alone_and_rows_that_fail_now_are_named(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(row("a.tflite"), row("gone.tflite"))
    new = report(row("a.tflite", reason="crashed"), row("fresh.tflite"))

    changes = compare_reports(old, new)

    assert {change.row.id: verdict(change) for change in changes.rows} == {
        "a.tflite @ litert": "FAILS NOW: crashed",
        "fresh.tflite @ litert": "only in the new report",
        "gone.tflite @ litert": "only in the old report",
    }
    assert summary(changes) == "Fail now: a.tflite @ litert. Gone: gone.tflite @ litert."


def test_other_images_and_another_machine_are_not_compared(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite"), *STEADY))
    new = report(_timed(row("a.tflite", wrong=9), *STEADY), images="others", cpu="A72")

    changes = compare_reports(old, new)

    assert (changes.rows[0].loss, changes.rows[0].latency) == (None, None)
    assert verdict(changes.rows[0]) == "–"  # noqa: RUF001
    assert summary(changes) == "No row could be compared."
    said = " ".join(caveats(changes, 0.5))
    assert "different images" in said
    assert "different machines (cpu)" in said


def test_a_throttled_row_has_no_ratio(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite"), *STEADY))
    new = report(replace(_timed(row("a.tflite"), *STEADY), invalid="throttled"))

    assert compare_reports(old, new).rows[0].latency is None


def test_a_single_repeat_is_no_evidence(row: Callable[..., Row], report: MakeReport) -> None:
    changes = compare_reports(report(_timed(row("a.tflite"), 1000)), report(_timed(row("a.tflite"), 3000)))

    assert verdict(changes.rows[0]) == "the same answers, time from a single repeat"
    assert any("single repeat" in sentence for sentence in caveats(changes, 0.5))


def test_reports_of_different_things_are_refused(row: Callable[..., Row], report: MakeReport) -> None:
    with pytest.raises(ReportError, match="no row in common: one has a.tflite @ litert, the other b.tflite @ litert"):
        compare_reports(report(row("a.tflite")), report(row("b.tflite")))


def test_text_and_markdown_say_the_same(row: Callable[..., Row], report: MakeReport) -> None:
    old = report(_timed(row("a.tflite"), *STEADY))
    new = report(_timed(row("a.tflite"), *STEADY), git_commit=None)
    changes = compare_reports(old, new)
    checks = (Check("a", "loss", 9, 1, False, "too slow"), Check("b", "loss", 0, 1, True, "fine"))
    gate = Gate(Limits(), checks, BROKEN, "limits broken by a")

    terminal, page = text(changes, old, new, None), markdown(changes, old, new, gate)

    assert terminal.splitlines()[0] == "old: 0123456789ab, 2026-11-22 10:00 UTC, board: Pi, 4 cores"
    assert terminal.splitlines()[-1] == summary(changes)
    title, advice, verdict_of_gate, *_ = page.split("\n\n")
    assert (title, advice) == ("### Benchmark", "**No row of 1 is worse beyond the noise.**")
    assert verdict_of_gate.splitlines()[0] == "❌ Gate: limits broken by a."
    assert "- a: too slow" in page
    assert "fine" not in page
    assert "- new: no commit" in page
