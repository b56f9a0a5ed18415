"""The peers of a run: matches of tools and files, their tasks, and their rows in the report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

from benchmarks.analysis.row import Row
from benchmarks.config import BenchmarkConfig
from benchmarks.host.machine_state import StatePair, first_invalid_reason
from benchmarks.measure.job import FAILED, OK
from benchmarks.measure.rounds import Task, Trial
from benchmarks.measure.variants import Variant
from benchmarks.peers.tools import PEERS, Peer, PeerJob, PeerOutcome
from benchmarks.report.schema import PeerLatency, PeerRaw, PeerRow
from benchmarks.stats.latency import summarise_repeats
from benchmarks.stats.ratios import speedup
from edge.artifact.file import Artifact

_MODES = ("none", "int8")  # of TFLite files; the others would make a run twice as long and say little
_OURS = {"tflite": "litert", "onnx": "onnxruntime"}


@dataclass(frozen=True, slots=True)
class Match:
    """A peer and a file it is tried on."""

    peer: Peer
    variant: str
    artifact: Artifact

    @property
    def row_id(self) -> str:
        """Name of its row."""
        return f"{self.variant} @ {self.peer.name}"


def peer_matches(variants: Sequence[Variant], peers: Sequence[Peer] = PEERS) -> list[Match]:
    """List what peers are tried on: the float and the int8 files among the variants, each once a peer."""
    files = {variant.path: variant for variant in variants if variant.artifact and _is_shown(variant.artifact)}
    return [
        Match(peer, variant.name, variant.artifact)
        for peer in peers
        for variant in files.values()
        if variant.artifact and variant.artifact.format == peer.format
    ]


def peer_tasks(matches: Sequence[Match], config: BenchmarkConfig, *, images_file: str) -> list[Task[PeerOutcome]]:
    """Return one task a match, in the same order, for the rounds that the variants have theirs in."""
    pythons = (sys.executable, *(str(path.absolute()) for path in config.peer_pythons))

    def measure(match: Match, _number: int) -> PeerOutcome:
        return match.peer.measure(PeerJob(match.artifact, images_file, config, pythons))

    return [Task(match.row_id, partial(measure, match)) for match in matches]


def peer_rows(
    matches: Sequence[Match], trials: Sequence[Sequence[Trial[PeerOutcome]]], rows: Sequence[Row]
) -> list[PeerRow]:
    """Return one row a match, each compared with this project's row of the same file."""
    return [_row(match, tried, rows) for match, tried in zip(matches, trials, strict=True)]


def _row(match: Match, trials: Sequence[Trial[PeerOutcome]], rows: Sequence[Row]) -> PeerRow:
    outcomes = [trial.outcome for trial in trials] or [PeerOutcome(FAILED, "interrupted before its first turn")]
    good = [outcome for outcome in outcomes if outcome.status == OK]
    ours = next((row for row in rows if _is_ours(row, match) and row.invoke), None)
    ratio = None
    if good and ours is not None and ours.invoke:
        pairs = list(zip(map(_median_ns, good), ours.invoke.repeat_medians_ns, strict=False))
        ratio = speedup([theirs for theirs, _ in pairs], [mine for _, mine in pairs])
    return PeerRow(
        id=match.row_id,
        peer=match.peer.name,
        what=match.peer.what,
        how_to_get=match.peer.how_to_get,
        variant=match.variant,
        sha256=match.artifact.sha256,
        version=outcomes[0].version or None,
        status=outcomes[0].status,
        reason=outcomes[0].reason,
        invalid=first_invalid_reason([StatePair(trial.before, trial.after) for trial in trials]),
        repeats=len(good),
        invoke=_latency(good),
        reference=ours.id if ours else None,
        speedup=ratio,
        raw=PeerRaw([outcome.invoke_ns for outcome in good]),
    )


def _latency(outcomes: Sequence[PeerOutcome]) -> PeerLatency | None:
    """Summarise all calls; of a peer that reports summaries alone, take the median of each of its figures."""
    if not outcomes:
        return None
    if all(outcome.invoke_ns for outcome in outcomes):
        return PeerLatency(**asdict(summarise_repeats([outcome.invoke_ns for outcome in outcomes])))
    summaries = [outcome.summary_ns for outcome in outcomes]
    figures = {f"{name}_ns": round(median(summary[name] for summary in summaries)) for name in summaries[0]}
    return PeerLatency(**figures, repeat_medians_ns=tuple(summary["median"] for summary in summaries))


def _median_ns(outcome: PeerOutcome) -> float:
    return median(outcome.invoke_ns) if outcome.invoke_ns else outcome.summary_ns["median"]


def _is_ours(row: Row, match: Match) -> bool:
    return row.sha256 == match.artifact.sha256 and row.runtime == _OURS[match.artifact.format]


def _is_shown(artifact: Artifact) -> bool:
    """Only a runtime can read an ONNX file's spec: all of them are shown."""
    return artifact.spec is None or artifact.spec.provenance.quantization in _MODES
