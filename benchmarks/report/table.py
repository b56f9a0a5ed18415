"""The tables of a report: rows and peers, for the terminal, Markdown and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from benchmarks.analysis.latency import KINDS, TABLED, tabled_latency
from benchmarks.analysis.row import INVALID, Row
from benchmarks.columns import MISSING, Column, as_text, number
from benchmarks.measure.job import NOT_INSTALLED, NOT_TIMED, OK
from benchmarks.report.accuracy_table import CSV_NAMES, csv_facts, loss_cell
from benchmarks.report.schema import PeerRow
from benchmarks.stats.latency import DRIFTING, NOISY, STEADY, judge, median_width


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Sort the rows of the table: timed ones first, then those whose predictions alone are known, then failed ones.

    A library that isn't installed is named below the table, once, not in a line for every file; unless there is nothing
    else to show.
    """
    installed = [row for row in rows if row.status != NOT_INSTALLED] or rows
    return sorted(installed, key=lambda row: _PLACES.get(row.status, len(_PLACES)))


def text_table(rows: Sequence[Row]) -> str:
    """Lay the table out for a terminal, without a newline at the end."""
    return as_text(COLUMNS, ordered(rows))


def csv_table(rows: Sequence[Row]) -> str:
    """Return one line a row in the order given; units are in the column names, numbers unrounded."""
    file = io.StringIO()
    timed = [f"{kind}_{key}" for kind in KINDS for key in _CSV_SUMMARY]
    writer = csv.DictWriter(file, [*_CSV_PLAIN, *CSV_NAMES, *_CSV_JUDGED, *timed])
    writer.writeheader()
    for row in rows:
        flat = {key: getattr(row, key) for key in _CSV_PLAIN} | csv_facts(row)
        flat["stability"] = row.stability and row.stability.verdict
        for column, name in zip(_CSV_JUDGED[1:], ("value", "low", "high"), strict=True):
            flat[column] = row.speedup and getattr(row.speedup, name)
        for kind in KINDS:
            latency = tabled_latency(row, kind)
            flat |= {f"{kind}_{key}": latency and getattr(latency, key) for key in _CSV_SUMMARY}
        writer.writerow(flat)
    return file.getvalue()


def reasons(rows: Sequence[Row]) -> list[str]:
    """Return one sentence for each reason why rows hold no numbers, beginning with the rows it is true of."""
    grouped: dict[str, list[str]] = {}
    for row in rows:
        if row.reason:
            grouped.setdefault(f"{row.status}: {row.reason}", []).append(row.id)
    more = {reason: f" and {len(ids) - 1} more" if len(ids) > 1 else "" for reason, ids in grouped.items()}
    return [f"{ids[0]}{more[reason]}: {reason}" for reason, ids in grouped.items()]


def status(row: Row) -> str:
    """Return the status with the caveats of the row's answers and of its times in the table."""
    times = {row.time_caveat(kind) for kind in TABLED}
    worst = next((caveat for caveat in (INVALID, DRIFTING, NOISY) if caveat in times), "")
    return ", ".join(filter(None, (row.status, row.answer_caveat, worst)))


_PLACES = {OK: 0, NOT_TIMED: 1}
_SMALL_MEMORY = 1_000_000  # bytes: a microcontroller's
_CSV_PLAIN = (
    "variant", "path", "sha256", "format", "quantization", "runtime", "runtime_version", "size_bytes",
    "top1_accuracy", "reference", "loss_pp", "top1_agreement", "repeats", "load_ns", "first_invoke_ns",
    "memory_before_load_bytes", "memory_peak_bytes", "status", "reason", "invalid",
)  # fmt: skip
_CSV_JUDGED = ("stability", "speedup_ratio", "speedup_low", "speedup_high")
_CSV_SUMMARY = (
    "samples", "median_ns", "p90_ns", "p95_ns", "p99_ns", "mean_ns", "standard_deviation_ns", "iqr_ns", "minimum_ns",
    "maximum_ns",
)  # fmt: skip


def _uncertainty(kind: str) -> Callable[[Row], str]:
    """Show half the width of the median's interval, in per cent of it."""

    def show(row: Row) -> str:
        latency = tabled_latency(row, kind)
        medians = latency.repeat_medians_ns if latency else ()
        return f"{50 * median_width(medians):.0f}" if len(medians) > 1 else MISSING

    return show


def _joined(name: str | None, version: str | None) -> str:
    return " ".join(filter(None, (name, version))) or MISSING


def _agreement(row: Row) -> str:
    return "float" if row.is_reference else number("top1_agreement", scale=100, digits=2)(row)


def _peak_memory(row: Row) -> str:
    """Show megabytes, and of a microcontroller thousandths of one."""
    is_small = (row.memory_peak_bytes or 0) < _SMALL_MEMORY
    return number("memory_peak_bytes", scale=1e-6, digits=3 if is_small else 1)(row)


COLUMNS: tuple[Column[Row], ...] = (
    Column("", "variant", lambda row: row.variant, is_number=False),
    Column("", "quantization", lambda row: row.quantization or MISSING, is_number=False),
    Column("", "runtime", lambda row: _joined(row.runtime, row.runtime_version), is_number=False),
    Column("size", "kB", number("size_bytes", scale=1e-3)),
    Column("top-1", "%", number("top1_accuracy", scale=100, digits=2)),
    Column("loss", "pp", loss_cell),
    Column("agree", "%", _agreement),
    Column("invoke, µs", "median", number("invoke.median_ns", scale=1e-3)),
    Column("invoke, µs", "± %", _uncertainty("invoke")),
    Column("invoke, µs", "p90", number("invoke.p90_ns", scale=1e-3)),
    Column("invoke, µs", "p99", number("invoke.p99_ns", scale=1e-3)),
    Column("speed", "× float", lambda row: row.speedup.mark if row.speedup else MISSING),  # noqa: RUF001  # a multiplication sign, as in print
    Column("frame to decision, ms", "median", number("frame_to_decision.median_ns", scale=1e-6, digits=2)),
    Column("frame to decision, ms", "± %", _uncertainty("frame_to_decision")),
    Column("frame to decision, ms", "p90", number("frame_to_decision.p90_ns", scale=1e-6, digits=2)),
    Column("frame to decision, ms", "p99", number("frame_to_decision.p99_ns", scale=1e-6, digits=2)),
    Column("load", "ms", number("load_ns", scale=1e-6)),
    Column("peak memory", "MB", _peak_memory),
    Column("", "status", status, is_number=False),
)


def key_note(row: Row) -> str:
    """Name the runtime of a row in `KEY_COLUMNS`, and its caveats."""
    return ", ".join(filter(None, (row.runtime, status(row).partition(", ")[2])))


def _loss_with_interval(row: Row) -> str:
    loss = row.against_float
    return f"{loss_cell(row)} ({loss.interval_pp[0]:.2f} to {loss.interval_pp[1]:.2f})" if loss else loss_cell(row)


KEY_COLUMNS: tuple[Column[Row], ...] = (
    Column("", "variant", lambda row: row.variant, is_number=False),
    Column("", "top-1 %", number("top1_accuracy", scale=100, digits=2)),
    Column("", "loss, points (95 %)", _loss_with_interval),
    Column("", "invoke µs", number("invoke.median_ns", scale=1e-3)),
    Column("", "± %", _uncertainty("invoke")),
    Column("", "× float", lambda row: row.speedup.mark if row.speedup else MISSING),  # noqa: RUF001  # as in print
    Column("", "frame to decision ms", number("frame_to_decision.median_ns", scale=1e-6, digits=2)),
    Column("", "kB", number("size_bytes", scale=1e-3)),
)
"""Columns of the few rows on the first screen of the page; a phone shows four of them."""


def peers_text(peers: Sequence[PeerRow]) -> str:
    """Lay the table of peers out for a terminal, with a sentence for each peer that couldn't be measured."""
    return "\n".join([as_text(PEER_COLUMNS, ordered_peers(peers)), *peer_sentences(peers)])


def ordered_peers(peers: Sequence[PeerRow]) -> list[PeerRow]:
    """Return the rows of the table: a tool that isn't installed is named below it, once, not in a line a file."""
    return [peer for peer in peers if peer.status != NOT_INSTALLED]


def peer_sentences(peers: Sequence[PeerRow]) -> list[str]:
    """Describe what each peer times; for those without numbers, say why and how to get them. Each once."""
    what = {f"{peer.peer}: {peer.what}." for peer in peers if peer.status == OK}
    missing = {f"{peer.peer}: not installed: {peer.how_to_get}." for peer in peers if peer.status == NOT_INSTALLED}
    failed = [f"{peer.id}: {peer.status}: {peer.reason}" for peer in peers if peer.status not in (OK, NOT_INSTALLED)]
    return [*sorted(what), *sorted(missing), *failed]


def peer_caveat(peer: PeerRow) -> str:
    """Return INVALID, DRIFTING or NOISY, as for this project's rows; empty of a tool that reports a summary alone."""
    if peer.status != OK or peer.invalid:
        return INVALID if peer.status == OK else ""
    calls = peer.raw.invoke_ns
    verdict = judge(calls).verdict if calls and all(calls) else STEADY
    return "" if verdict == STEADY else verdict


PEER_COLUMNS: tuple[Column[PeerRow], ...] = (
    Column("", "variant", lambda peer: peer.variant, is_number=False),
    Column("", "tool", lambda peer: _joined(peer.peer, peer.version), is_number=False),
    Column("one call, µs", "median", number("invoke.median_ns", scale=1e-3)),
    Column("one call, µs", "p90", number("invoke.p90_ns", scale=1e-3)),
    Column("one call, µs", "p99", number("invoke.p99_ns", scale=1e-3)),
    Column("speed", "× ours", lambda peer: peer.speedup.mark if peer.speedup else MISSING),  # noqa: RUF001  # as in print
    Column(
        "",
        "status",
        lambda peer: ", ".join(filter(None, (peer.status, peer_caveat(peer)))),
        is_number=False,
    ),
)


def runtime_settings_lines(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Describe the settings of a report's rows for people: (name, text); none where nothing is known of them."""
    known = [(str(row.runtime), row.runtime_settings) for row in rows if row.runtime_settings]
    kernels: dict[str, set[bool]] = {}
    for runtime, settings in known:
        if settings.xnnpack is not None:
            kernels.setdefault(runtime, set()).add(settings.xnnpack)
    words = {
        runtime: "some rows" if len(used) > 1 else "on" if True in used else "off" for runtime, used in kernels.items()
    }
    collectors = sorted({settings.garbage_collector for _, settings in known})
    variables = sorted({f"{name}={value}" for _, settings in known for name, value in settings.variables.items()})
    lines = {
        "XNNPACK": ", ".join(f"{runtime} {word}" for runtime, word in words.items()),
        "garbage collector": "; ".join(collectors),
        "variables of threads": ", ".join(variables),
    }
    return [(name, text) for name, text in lines.items() if text]
