"""The sentence at the top of a report: which variant to use on this machine, and whether int8 was worth it."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.analysis.accuracy_findings import accuracy_sentence
from benchmarks.analysis.gate import repeat_medians
from benchmarks.analysis.quantization_loss import verdict_sentence
from benchmarks.analysis.rows import Row, answering, measured
from benchmarks.columns import number
from benchmarks.config import MARGIN_PP
from benchmarks.stats.speedup import speedup

_IN_MICROSECONDS = number("invoke.median_ns", scale=1e-3)  # as the table rounds it
_EQUAL_SHARE = 0.05  # medians of separate processes on one machine differ by as much without any reason


def recommend(rows: Sequence[Row]) -> list[str]:
    """Return sentences: the first recommends, the others say what a frame costs and how int8 compares with float.

    The fastest variant by the median of invoke whose loss as counted is at most the margin is recommended; a float row
    loses nothing, so as soon as one loss is known there is such a variant.

    Args:
        rows: all rows of the report.
    """
    done = _fit(rows)
    if not done:
        return _untimed(rows)
    known = [row for row in done if row["loss_pp"] is not None]
    if not known:
        best = min(done, key=_invoke_ns)
        return [_fastest(best), _stages(best)]
    first, *others = _networks(known)
    sentences = [_choice(first), accuracy_sentence(rows), _stages(_best(first)), *map(_other_network, others)]
    if len(known) < len(done):
        sentences.append(f"{len(done) - len(known)} more can't be judged: their float artifact wasn't given.")
    return [*filter(None, sentences), *(_against_float(row, done) for row in done if _has_float_twin(row, done))]


def _untimed(rows: Sequence[Row]) -> list[str]:
    """What there is to say without a time."""
    if not any(answering(rows)):
        return ["Nothing could be measured: the status of each row says why."]
    unfit = [row for row in measured(rows) if row["invalid"]]
    why = "the times are invalid" if unfit else "the processor is emulated, so nothing was timed"
    return [f"No file is recommended, as {why}.", *filter(None, [accuracy_sentence(rows)])]


def recommended(rows: Sequence[Row]) -> Row | None:
    """The row that the first sentence is about; None where nothing could be measured.

    Args:
        rows: all rows of the report.
    """
    done = _fit(rows)
    known = [row for row in done if row["loss_pp"] is not None]
    return _best(_networks(known)[0]) if known else min(done, key=_invoke_ns, default=None)


def _fit(rows: Sequence[Row]) -> list[Row]:
    """Those that were measured, on a machine fit for it."""
    return [row for row in measured(rows) if not row["invalid"]]


def _networks(rows: list[Row]) -> list[list[Row]]:
    """Split by training, the most accurate first: a poor network that loses nothing is no bargain."""
    by_source: dict[str, list[Row]] = {}
    for row in rows:
        by_source.setdefault(row["source_sha256"], []).append(row)
    return sorted(
        by_source.values(),
        key=lambda network: max(row["top1_accuracy"] for row in network if row["quantization"] == "none"),
        reverse=True,
    )


def _good(rows: list[Row]) -> list[Row]:
    """Those of one network that lose little; never empty, as the float row loses nothing."""
    return [row for row in rows if row["loss_pp"] <= _margin(rows)]


def _margin(rows: list[Row]) -> float:
    """Percentage points, as the run was told."""
    return next((row["against_float"]["margin_pp"] for row in rows if row.get("against_float")), MARGIN_PP)


def _best(rows: list[Row]) -> Row:
    return min(_good(rows), key=_invoke_ns)


def _other_network(rows: list[Row]) -> str:
    best = _best(rows)
    return f"Of another, less accurate network: {_name(best)}, {_numbers(best)}; {_loss(best)}."


def _fastest(best: Row) -> str:
    return (
        f"Fastest here: {_name(best)}, {_numbers(best)}. What it loses isn't known: "
        "benchmark the float artifact (quantization none) of the same network beside it."
    )


def _choice(rows: list[Row]) -> str:
    good, best = _good(rows), _best(rows)
    sentence = (
        f"Use {_name(best)} on this machine: the fastest of {len(good)} that lose at most {_margin(rows):g} percentage "
        f"points, {_numbers(best)}; {_loss(best)}."
    )
    equal = [row for row in good if row is not best and _is_as_fast(row, best)]
    if equal:
        sentence += f" As fast within {_EQUAL_SHARE:.0%} or the noise: {', '.join(map(_name, equal))}."
    for row in rows:
        if row not in good and _invoke_ns(row) < _invoke_ns(best):
            sentence += f" {_name(row)} is faster but loses {row['loss_pp']:.2f} points."
    return sentence


def _is_as_fast(row: Row, best: Row) -> bool:
    """Whether nothing shows it to be slower: within 5 %, or the interval of the ratio in the same rounds holds 1."""
    if _invoke_ns(row) <= (1 + _EQUAL_SHARE) * _invoke_ns(best):
        return True
    pairs = zip(repeat_medians(best), repeat_medians(row), strict=False)
    return speedup(*map(list, zip(*pairs, strict=True))).is_significant is False


def _stages(row: Row) -> str:
    """How much of a frame's time the network is: often so little that a faster one changes nothing."""
    stages = row["stage_median_ns"]
    if not stages:
        return "What a frame costs besides the network isn't known: OpenCV isn't installed here."
    return (
        f"From a camera's picture to a written decision {_name(row)} takes {row['end_to_end']['median_ns'] / 1e6:.2f} "
        f"ms: {stages['decode'] / 1e6:.2f} ms decode it, {stages['vision'] / 1e6:.2f} ms find the garment in it, "
        f"{stages['invoke'] / 1e6:.2f} ms are the network, the rest decides and writes."
    )


def _against_float(row: Row, rows: list[Row]) -> str:
    """Whether int8 is the faster one here; where it isn't, which file to use instead."""
    twin = next(other for other in rows if other["id"] == row["reference"])
    found = row["speedup"]
    times = f"{_microseconds(row)} against {_microseconds(twin)}"
    if found["is_significant"] is False or abs(found["ratio"] - 1) <= _EQUAL_SHARE:
        ratio = f"{found['ratio']:.2f} times as fast{_interval(found)}"
        return f"{_name(row)}: int8 is not significantly faster than float here, {ratio}, {times}."
    if found["ratio"] < 1:
        return (
            f"{_name(row)}: int8 is SLOWER than float here, {found['ratio']:.2f} times as fast{_interval(found)}, "
            f"{times}: on this runtime use {twin['variant']}."
        )
    return f"{_name(row)}: int8 is {found['ratio']:.2f} times as fast as float{_interval(found)}, {times}."


def _interval(found: Row) -> str:
    return "" if found["low"] is None else f" (95 % interval {found['low']:.2f} to {found['high']:.2f})"


def _has_float_twin(row: Row, rows: list[Row]) -> bool:
    return row["quantization"] == "int8" and any(
        other["id"] == row["reference"] and other["runtime"] == row["runtime"] for other in rows
    )


def _name(row: Row) -> str:
    return f"{row['variant']} ({row['runtime']})"


def _invoke_ns(row: Row) -> int:
    median_ns: int = row["invoke"]["median_ns"]
    return median_ns


def _numbers(row: Row) -> str:
    return f"{_microseconds(row)} an image, {row['top1_accuracy']:.2%} right, {row['size_bytes'] / 1e3:,.0f} kB"


def _loss(row: Row) -> str:
    if row["reference"] == row["id"]:
        return "it is the float artifact itself"
    if row.get("against_float"):
        return verdict_sentence(row["against_float"])
    loss: float = row["loss_pp"]
    return f"it loses {loss:.2f} points" if loss >= 0 else f"it is {-loss:.2f} points better than float"


def _microseconds(row: Row) -> str:
    return f"{_IN_MICROSECONDS(row)} µs"
