"""Sentences at the top of a report: the variant to use on a machine, int8 against float, agreement of machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from benchmarks.analysis.accuracy_findings import accuracy_sentence, verdict_sentence
from benchmarks.analysis.latency import duration_text
from benchmarks.analysis.row import Row, answering, known, measured
from benchmarks.config import MARGIN_PP
from benchmarks.stats.accuracy import top1_agreement
from benchmarks.stats.ratios import Ratio, speedup
from edge.runtimes import RUNTIMES

_KEY_ROWS = 6
_EQUAL_SHARE = 0.05  # medians of separate processes on one machine differ by as much without any reason


def recommend(rows: Sequence[Row]) -> list[str]:
    """Return sentences: those of `advice`, then what a frame costs and how int8 compares with float."""
    fit = _fit(rows)
    if not fit:
        return [*advice(rows), *filter(None, [accuracy_sentence(rows)])]
    comparable = [row for row in fit if row.loss_pp is not None]
    if not comparable:
        best = min(fit, key=attrgetter("invoke_median_ns"))
        return [*advice(rows), *filter(None, [_most_accurate(fit, best), _stages(best)])]
    first, *others = _networks(comparable)
    sentences = [*advice(rows), accuracy_sentence(rows), _stages(_best(first)), *map(_other_network, others)]
    if len(comparable) < len(fit):
        sentences.append(
            f"{len(fit) - len(comparable)} more can't be judged: their float artifact wasn't given, or they weren't "
            "tried on the test images."
        )
        sentences.append(_most_accurate(fit, max(comparable, key=lambda row: known(row.top1_accuracy))))
    twins = {row.id: row for row in fit}
    for row in fit:
        twin = twins.get(row.reference or "")
        if row.quantization == "int8" and row.speedup and twin:
            sentences.append(_int8_against_float(row, twin, row.speedup))
    return [*filter(None, sentences)]


def advice(rows: Sequence[Row], elsewhere: Sequence[Row] = ()) -> list[str]:
    """Return the sentences on which file to use: the first names it, the others say why it and not another.

    Args:
        rows: those of one machine.
        elsewhere: those of all machines, for a file whose accuracy another one measured.

    The fastest variant by the median of invoke whose loss as counted is at most the margin is recommended. A float row
    loses nothing, so as soon as one loss is known there is such a variant.
    """
    fit = _fit(rows)
    if not fit:
        return [_untimed(rows)]
    comparable = [row for row in fit if row.loss_pp is not None]
    if comparable:
        return _choice(_networks(comparable)[0])
    return _fastest(min(fit, key=attrgetter("invoke_median_ns")), elsewhere)


def recommended(rows: Sequence[Row]) -> Row | None:
    """Return the row that the first sentence is about; None where nothing could be measured."""
    fit = _fit(rows)
    comparable = [row for row in fit if row.loss_pp is not None]
    return _best(_networks(comparable)[0]) if comparable else min(fit, key=attrgetter("invoke_median_ns"), default=None)


def key_rows(rows: Sequence[Row]) -> list[Row]:
    """Select the few rows that the advice is about: the recommended one, its float row, then others, fastest first.

    These are the fastest, the most accurate, those that are as fast as the recommended one, and the best of each other
    network. Without a recommendation there are none.
    """
    best, fit = recommended(rows), _fit(rows)
    if best is None:
        return []
    comparable = [row for row in fit if row.loss_pp is not None]
    networks = _networks(comparable) if comparable else []
    judged = [row for row in fit if row.top1_accuracy is not None]
    others = [
        min(fit, key=attrgetter("invoke_median_ns")),
        *sorted(judged, key=_accuracy_then_speed)[-1:],
        *map(_best, networks),
        *(row for row in (_good(networks[0]) if networks else ()) if _is_as_fast(row, best)),
        *sorted(fit, key=attrgetter("invoke_median_ns")),
    ]
    first = [best, *(row for row in fit if row.id == best.reference)]
    chosen = list({row.id: row for row in (*first, *others)}.values())[:_KEY_ROWS]
    head = list({row.id: row for row in first}.values())
    return [*head, *sorted(chosen[len(head) :], key=attrgetter("invoke_median_ns"))]


def _untimed(rows: Sequence[Row]) -> str:
    """Return why no file can be recommended."""
    if not answering(rows):
        return "Nothing could be measured: the status of each row says why."
    is_invalid = any(row.invalid for row in measured(rows))
    why = "the times are invalid" if is_invalid else "the processor is emulated, so nothing was timed"
    return f"No file is recommended, as {why}."


def _fit(rows: Sequence[Row]) -> list[Row]:
    """Select the rows that were measured on a machine fit for it."""
    return [row for row in measured(rows) if not row.invalid]


def _networks(rows: Sequence[Row]) -> list[list[Row]]:
    """Split by training, the most accurate first: a poor network that loses nothing is no bargain."""
    by_source: dict[str | None, list[Row]] = {}
    for row in rows:
        by_source.setdefault(row.source_sha256, []).append(row)
    return sorted(
        by_source.values(),
        key=lambda network: max(known(row.top1_accuracy) for row in network if row.quantization == "none"),
        reverse=True,
    )


def _good(rows: Sequence[Row]) -> list[Row]:
    """Select those of one network that lose little; never empty, as the float row loses nothing."""
    return [row for row in rows if known(row.loss_pp) <= _margin(rows)]


def _margin(rows: Sequence[Row]) -> float:
    """Return the run's margin in percentage points."""
    return next((row.against_float.margin_pp for row in rows if row.against_float), MARGIN_PP)


def _best(rows: Sequence[Row]) -> Row:
    return min(_good(rows), key=attrgetter("invoke_median_ns"))


def _other_network(rows: Sequence[Row]) -> str:
    best = _best(rows)
    return f"Of another, less accurate network: {best.title}, {_numbers(best)}; {_loss(best)}."


def _fastest(best: Row, elsewhere: Sequence[Row]) -> list[str]:
    unknown = (
        "What it loses isn't known: benchmark the float artifact (quantization none) of the same network beside it; "
        "of a file of others, --reference FILE names it."
    )
    if best.top1_accuracy is None:
        unknown = "Its accuracy isn't known: --data DIR gives it images in folders called like its labels."
        if best.runtime not in RUNTIMES:
            unknown = (
                "Its accuracy isn't measured there: rows of the same file on other machines have one."
                if any(row.sha256 == best.sha256 and row.top1_accuracy is not None for row in elsewhere)
                else "Its accuracy isn't measured there, nor on another machine here: merge a report on the same file."
            )
    return [f"Fastest here: {best.title}, {_numbers(best)}.", unknown]


def _most_accurate(rows: Sequence[Row], fastest: Row) -> str:
    """Name the most accurate of rows that aren't of one network; empty where it is the fastest, or none is judged."""
    judged = [row for row in rows if row.top1_accuracy is not None]
    best = max(judged, key=_accuracy_then_speed, default=fastest)
    return "" if best is fastest else f"Most accurate here: {best.title}, {_numbers(best)}."


def _accuracy_then_speed(row: Row) -> tuple[float, int]:
    return known(row.top1_accuracy), -row.invoke_median_ns


def _choice(rows: Sequence[Row]) -> list[str]:
    good, best = _good(rows), _best(rows)
    sentences = [
        f"Use {best.title} on this machine: {_numbers(best)}.",
        f"It is the fastest of {len(good)} that lose at most {_margin(rows):g} percentage points: {_loss(best)}.",
    ]
    equal = [row.timed_title for row in good if row is not best and _is_as_fast(row, best)]
    if equal:
        sentences.append(f"As fast within {_EQUAL_SHARE:.0%} or the noise: {', '.join(equal)}.")
    faster = [row for row in rows if row not in good and row.invoke_median_ns < best.invoke_median_ns]
    return [*sentences, *(f"{row.timed_title} is faster but loses {row.loss_pp:.2f} points." for row in faster)]


def _is_as_fast(row: Row, best: Row) -> bool:
    """Return whether the medians lie within 5 %, or the ratio's interval in the same rounds holds 1."""
    if row.invoke_median_ns <= (1 + _EQUAL_SHARE) * best.invoke_median_ns:
        return True
    pairs = zip(known(best.invoke).repeat_medians_ns, known(row.invoke).repeat_medians_ns, strict=False)
    return speedup(*map(list, zip(*pairs, strict=True))).is_significant is False


def _stages(row: Row) -> str:
    """Say how much of a frame's time the network takes: often so little that a faster one changes nothing."""
    stages = row.stage_median_ns
    if not stages:
        return "What a frame costs besides the network isn't known: OpenCV isn't installed here."
    total = f"{known(row.end_to_end).median_ns / 1e6:.2f} ms{_bracketed(row.time_caveat('end_to_end'))}"
    return (
        f"From a camera's picture to a written decision {row.title} takes {total}: {stages['decode'] / 1e6:.2f} ms "
        f"decode it, {stages['vision'] / 1e6:.2f} ms prepare it, "
        f"{stages['invoke'] / 1e6:.2f} ms are the network, the rest decides and writes."
    )


def _int8_against_float(row: Row, twin: Row, ratio: Ratio) -> str:
    """Say whether int8 is the faster one here; where it isn't, which file to use instead."""
    times = f"{_invoke_time(row)} against {_invoke_time(twin)}"
    interval = "" if ratio.low is None else f" (95 % interval {ratio.low:.2f} to {ratio.high:.2f})"
    speed = f"{ratio.value:.2f} times as fast"
    if ratio.is_significant is False or abs(ratio.value - 1) <= _EQUAL_SHARE:
        return f"{row.title}: int8 is not significantly faster than float here, {speed}{interval}, {times}."
    if ratio.value < 1:
        return (
            f"{row.title}: int8 is SLOWER than float here, {speed}{interval}, {times}: on this runtime use "
            f"{twin.variant}."
        )
    return f"{row.title}: int8 is {speed} as float{interval}, {times}."


def _numbers(row: Row) -> str:
    right = "" if row.top1_accuracy is None else f"{row.top1_accuracy:.2%} right, "
    time = f"{duration_text(row.invoke_median_ns)} an image{_bracketed(row.time_caveat())}"
    return f"{time}, {right}{known(row.size_bytes) / 1e3:,.0f} kB"


def _loss(row: Row) -> str:
    if row.is_reference:
        return "it is the float artifact itself"
    if row.against_float:
        return verdict_sentence(row.against_float)
    loss = known(row.loss_pp)
    return f"it loses {loss:.2f} points" if loss >= 0 else f"it is {-loss:.2f} points better than float"


def _invoke_time(row: Row) -> str:
    return f"{duration_text(row.invoke_median_ns)}{_bracketed(row.time_caveat())}"


def _bracketed(caveat: str) -> str:
    return f" ({caveat})" if caveat else ""


def recommend_on_each(machines: Mapping[str, Sequence[Row]], rows: Sequence[Row]) -> list[str]:
    """Return the sentences of a report on several machines: one on the rows of each, then what is true of all rows."""
    first = [f"{machine}: {' '.join(advice(own, rows))}" for machine, own in machines.items()]
    return [*first, *filter(None, (accuracy_sentence(rows), agreement_sentence(machines)))]


def agreement_sentence(machines: Mapping[str, Sequence[Row]]) -> str:
    """Say which files give the same predictions on all machines that ran them; empty where no file ran on two."""
    runs: dict[tuple[str | None, str | None], list[Row]] = {}
    for row in (row for rows in machines.values() for row in answering(rows) if row.predictions):
        runs.setdefault((row.sha256, row.runtime), []).append(row)
    same, other = [], []
    for first, *more in runs.values():
        images = len(first.predictions)
        equal = min((round(top1_agreement(row.predictions, first.predictions) * images) for row in more), default=None)
        if equal == images:
            same.append(first.title)
        elif equal is not None:
            other.append(f"{first.title}: {equal:,} of {images:,}")
    parts = [
        f"The same predictions on every machine: {', '.join(same)}." if same else "",
        f"Not quite the same (images predicted as on the first machine): {', '.join(other)}." if other else "",
    ]
    return " ".join(filter(None, parts))
