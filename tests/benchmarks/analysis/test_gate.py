from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.analysis.gate import Candidate, Caveats, Gate, check, gate_lines, judge, judge_report, raise_for
from benchmarks.analysis.row import Row, known
from benchmarks.config import Limits
from benchmarks.stats.latency import NOISY, Stability
from benchmarks.stats.ratios import Ratio
from edge.errors import ToolkitError

FINE = Candidate("a", "f", loss_pp=0.1, loss_bound_pp=0.3, agreement=0.995, latency=Ratio(0.5, 0.4, 0.6))
ALL = Limits(max_loss=0.5, min_agreement=98.5, max_latency_ratio=1.0)


def _code(gate: Gate) -> int:
    try:
        raise_for(gate)
    except ToolkitError as error:
        return error.exit_code
    return 0


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({}, []),
        ({"loss_bound_pp": 0.5}, []),
        ({"loss_bound_pp": 0.51}, ["loss"]),
        ({"loss_pp": 0.6, "loss_bound_pp": 0.9}, ["loss"]),
        ({"agreement": 0.985}, []),
        ({"agreement": 0.9849}, ["agreement"]),
        ({"latency": Ratio(1.2, 0.9, 1.5)}, []),  # noise could explain it
        ({"latency": Ratio(1.2, 1.1, 1.3)}, ["latency"]),
        ({"latency": Ratio(1.2, None, None)}, ["latency"]),  # a single repeat: the ratio itself
        ({"loss_bound_pp": None, "loss_pp": None, "agreement": None, "latency": None}, []),
    ],
    ids=str,
)
def test_a_limit_breaks_where_its_figure_is_beyond_it(values: dict[str, Any], broken: list[str]) -> None:
    candidate = Candidate(**{name: getattr(FINE, name) for name in Candidate.__slots__} | values)

    assert [found.what for found in check(candidate, ALL) if not found.passed] == broken


def test_a_loss_can_be_judged_as_it_was_counted() -> None:
    candidate = Candidate("a", "f", loss_pp=0.4, loss_bound_pp=0.9)

    assert [found.passed for found in check(candidate, Limits(loss_by="point"))] == [True]
    assert [found.passed for found in check(candidate, Limits(loss_by="interval"))] == [False]


def test_a_limit_that_is_not_set_is_not_checked() -> None:
    assert check(FINE, Limits(max_loss=None, min_agreement=None)) == []
    assert [found.what for found in check(FINE, Limits())] == ["loss", "agreement"]


BROKEN = Candidate("b", "f", loss_bound_pp=9.0, latency=Ratio(9, 9, 9))
SLOW = Candidate("c", "f", latency=Ratio(9, 9, 9))


@pytest.mark.parametrize(
    ("candidates", "failed", "invalid", "outcome", "code"),
    [
        ([FINE], [], [], "passed", 0),
        ([FINE, BROKEN], [], [], "failed", 3),
        ([], [], [], "failed", 3),  # a gate that judged nothing must not pass
        ([FINE, BROKEN], ["x"], ["a"], "variant failed", 1),
        ([FINE, BROKEN], [], ["b"], "failed", 3),  # its loss is known all the same
        ([FINE, SLOW], [], ["c"], "environment invalid", 5),
        ([FINE, SLOW], [], [], "failed", 3),
    ],
)
def test_each_outcome_has_its_exit_code(
    candidates: list[Candidate], failed: list[str], invalid: list[str], outcome: str, code: int
) -> None:
    gate = judge(candidates, ALL, failed=failed, invalid=invalid, hint="")

    assert (gate.outcome, _code(gate)) == (outcome, code)


def test_a_single_row_is_spoken_of_as_one() -> None:
    def sentence(*candidates: Candidate, limits: Limits = ALL, failed: tuple[str, ...] = ()) -> str:
        return judge(candidates, limits, failed=failed, invalid=[], hint="").sentence

    assert [sentence(FINE, failed=failed) for failed in (("x",), ("x", "y"))] == [
        "1 row failed: x",
        "2 rows failed: x, y",
    ]
    kept = [sentence(*each).split() for each in ([FINE], [FINE, replace(FINE, row="b")])]
    assert [words[-3:] for words in kept] == [["1", "row", "kept"], ["2", "rows", "kept"]]
    assert "limits" not in sentence(FINE, limits=Limits(max_loss=0.5, min_agreement=None))


def test_a_report_is_judged_against_its_float_rows(row: Callable[..., Row], compared: Callable[..., list[Row]]) -> None:
    rows = compared(
        [
            row("a_none.tflite", quantization="none", invoke_ns=80_000),
            row("a_int8.tflite", wrong=1, invoke_ns=40_000),
            row("alone.tflite", source_sha256="99" * 32),
        ]
    )

    gate = judge_report(rows, Limits(max_loss=10.0, loss_by="point", min_agreement=95, max_latency_ratio=0.5))

    assert [(result.what, result.row, result.passed) for result in gate.checks] == [
        ("loss", "a_int8.tflite @ litert", True),
        ("agreement", "a_int8.tflite @ litert", False),
        ("latency", "a_int8.tflite @ litert", True),
    ]
    assert [(result.value, result.limit) for result in gate.checks] == [
        (10.0, 10.0), (90.0, 95), (pytest.approx(0.5), 0.5),
    ]  # fmt: skip
    broken, outcome = gate_lines(gate)
    facts = ("broken: a_int8.tflite @ litert", "90.00 %", "a_none.tflite @ litert", "wanted 95")
    assert [fact for fact in facts if fact not in broken] == []
    assert outcome.endswith("a_int8.tflite @ litert")


def test_checks_and_outcomes_keep_the_caveats_of_both_rows(
    row: Callable[..., Row], compared: Callable[..., list[Row]]
) -> None:
    noisy = Stability(NOISY, "")
    reference = row("a_none.tflite", quantization="none", invoke_ns=80_000)
    ours = row("a_int8.tflite", invoke_ns=40_000)
    limits = Limits(max_loss=50.0, max_latency_ratio=1.0)

    def judged(*unsteady: Row) -> Gate:
        rows = [replace(each, invoke=replace(known(each.invoke), stability=noisy)) if each in unsteady else each
                for each in (reference, ours)]  # fmt: skip
        return judge_report(compared(rows), limits)

    assert "noisy" not in judged().sentence
    for gate, caveat in (
        (judged(ours), "(noisy)"),
        (judged(reference), "(a_none.tflite @ litert noisy)"),
        (judged(ours, reference), "(noisy; a_none.tflite @ litert noisy)"),
    ):
        assert [check.what for check in gate.checks if caveat in check.sentence] == ["latency"]
        assert gate.outcome == "passed"
        assert f"a_int8.tflite @ litert {caveat}" in gate.sentence

    broken = judge([replace(SLOW, caveats=Caveats(answers="kernel saturates", times="drifting"))], ALL,
                   failed=[], invalid=[], hint="")  # fmt: skip
    assert broken.sentence.endswith(" c (drifting)")
    lossy = judge([replace(BROKEN, latency=None, caveats=Caveats("kernel saturates", "noisy"))], ALL,
                  failed=[], invalid=[], hint="")  # fmt: skip
    assert lossy.sentence.endswith(" b (kernel saturates)")
    assert lossy.checks[0].sentence.endswith("(kernel saturates)")
