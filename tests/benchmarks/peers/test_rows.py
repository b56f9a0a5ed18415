from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.analysis.row import Row, known
from benchmarks.config import BenchmarkConfig
from benchmarks.host.machine_state import MachineState
from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK
from benchmarks.measure.rounds import Trial
from benchmarks.measure.variants import Variant
from benchmarks.peers.rows import PEERS, peer_matches, peer_rows, peer_tasks
from benchmarks.peers.tools import Peer, PeerJob, PeerOutcome
from benchmarks.report.schema import PeerLatency, PeerRow
from benchmarks.report.table import PEER_COLUMNS as COLUMNS
from benchmarks.report.table import ordered_peers, peer_sentences, peers_text
from edge.artifact.file import Artifact, read_artifact

FIXTURES = Path(__file__).parents[2] / "fixtures"
TFLITE = Artifact(Path("/models/a_int8.tflite"), "tflite", "cd" * 32, 1000, None)
CALM = MachineState()


def _peer(jobs: list[PeerJob]) -> Peer:
    """A tool that takes a nanosecond; its jobs are kept."""

    def measure(job: PeerJob) -> PeerOutcome:
        jobs.append(job)
        return PeerOutcome(OK, version="1.0", invoke_ns=[1])

    return Peer("fake", "tflite", "nothing at all", "pip install fake", measure)


def _match(artifact: Artifact = TFLITE) -> Any:
    (match,) = peer_matches([Variant("a_int8.tflite", artifact.path, artifact, "litert")], [_peer([])])
    return match


def _rows(ours: Row, *outcomes: PeerOutcome) -> list[PeerRow]:
    return peer_rows([_match()], [[Trial(outcome, CALM, CALM) for outcome in outcomes]], [ours])


def test_peers_are_tried_on_float_and_int8_files_of_their_format_once() -> None:
    variants = [
        Variant(name, path, read_artifact(path), runtime)
        for name in ("tiny_none.tflite", "tiny_int8.tflite", "tiny_float16.tflite", "tiny_none.onnx")
        for path in [FIXTURES / name]
        if path.is_file()
        for runtime in ("litert", "tflite-runtime")
    ]

    found = {(match.peer.name, match.variant) for match in peer_matches(variants)}

    assert ("OpenCV DNN", "tiny_none.onnx") in found
    assert {variant for peer, variant in found if peer == "TensorFlow"} == {"tiny_none.tflite", "tiny_int8.tflite"}
    assert len(peer_matches(variants)) == len(found)


def test_a_peer_job_has_the_settings_of_the_run() -> None:
    jobs: list[PeerJob] = []
    matches = peer_matches([Variant("a.tflite", TFLITE.path, TFLITE, "litert")], [_peer(jobs)])

    config = BenchmarkConfig(runs=7, peer_pythons=(Path("/x/python"),))
    (task,) = peer_tasks(matches, config, images_file="/i.npy")
    task.run(0)

    assert task.name == "a.tflite @ fake"
    assert [(job.config, job.images_file, job.pythons[1:]) for job in jobs] == [(config, "/i.npy", ("/x/python",))]


def test_a_peer_is_compared_with_our_row_of_the_same_file(row: Callable[..., Row]) -> None:
    outcome = PeerOutcome(OK, version="2.14", invoke_ns=[160_000] * 40)

    (found,) = _rows(row("a_int8.tflite", invoke_ns=40_000), outcome, outcome)

    assert (found.id, found.version, found.repeats) == ("a_int8.tflite @ fake", "2.14", 2)
    assert (known(found.invoke).median_ns, known(found.invoke).p90_ns) == (160_000, 160_000)
    assert (found.reference, known(found.speedup).value) == ("a_int8.tflite @ litert", pytest.approx(0.25))


def test_the_median_of_each_summary_figure_is_kept(row: Callable[..., Row]) -> None:
    told = {"median": 40_000, "p95": 50_000, "mean": 45_000, "maximum": 90_000}
    outcomes = [PeerOutcome(OK, summary_ns=told | {"median": value}) for value in (30_000, 40_000, 80_000)]

    (found,) = _rows(row("a_int8.tflite", repeats=3), *outcomes)

    assert found.invoke == PeerLatency(
        median_ns=40_000, p95_ns=50_000, mean_ns=45_000, maximum_ns=90_000, repeat_medians_ns=(30_000, 40_000, 80_000)
    )


def test_a_missing_peer_is_named_with_its_install_command(row: Callable[..., Row]) -> None:
    (found,) = _rows(row("a_int8.tflite"), PeerOutcome(NOT_INSTALLED, "No module named 'fake'"))
    (failed,) = _rows(row("a_int8.tflite"), PeerOutcome(FAILED, "crashed with signal 11"))

    assert (found.invoke, found.speedup) == (None, None)
    (missing,), (crashed,) = peer_sentences([found]), peer_sentences([failed])
    assert missing.startswith("fake: not installed")
    assert "pip install fake" in missing
    assert crashed.startswith(f"{failed.id}: failed")
    assert crashed.endswith("signal 11")


def test_the_tables_have_a_line_each(row: Callable[..., Row]) -> None:
    (found,) = _rows(row("a_int8.tflite"), *[PeerOutcome(OK, version="2.14", invoke_ns=[160_000] * 40)] * 2)

    shown = {column.heading: column.show(found) for column in COLUMNS}
    assert (shown["tool"], shown["one call, µs median"], shown["one call, µs p99"]) == ("fake 2.14", "160.0", "–")  # noqa: RUF001
    assert shown["speed × ours"] == "0.25"  # noqa: RUF001  # a multiplication sign, as in print
    assert peers_text([found]).splitlines()[-1] == "fake: nothing at all."
    assert ordered_peers([found]) == [found]


def test_a_peer_on_a_throttled_board_is_invalid_too(row: Callable[..., Row]) -> None:
    trial = Trial(PeerOutcome(OK, invoke_ns=[1]), CALM, replace(CALM, throttle_bits=4))

    (found,) = peer_rows([_match()], [[trial]], [row("a_int8.tflite")])

    assert "throttled" in found.invalid
    assert COLUMNS[-1].show(found) == "ok, invalid times"


def test_each_peer_has_a_description_and_an_install_command() -> None:
    assert len({peer.name for peer in PEERS}) == len(PEERS)
    assert all(peer.what and "pip install" in peer.how_to_get for peer in PEERS)


def test_a_row_of_another_file_is_no_reference(row: Callable[..., Row]) -> None:
    other = TFLITE._replace(sha256="ee" * 32)

    (found,) = peer_rows([_match(other)], [[Trial(PeerOutcome(OK, invoke_ns=[1]), CALM, CALM)]], [row("a_int8.tflite")])

    assert (found.reference, found.speedup) == (None, None)


@pytest.mark.parametrize(
    ("calls", "throttle_bits", "status"),
    [([1_000] * 60, None, "ok"), ([1_000, 2_000, 3_000] * 20, None, "ok, noisy"),
     (list(range(1_000, 2_000)), None, "ok, drifting"), ([1_000] * 60, 4, "ok, invalid times")],
)  # fmt: skip
def test_unsteady_times_of_a_peer_are_marked(
    row: Callable[..., Row], calls: list[int], throttle_bits: int | None, status: str
) -> None:
    trial = Trial(PeerOutcome(OK, invoke_ns=calls), MachineState(), MachineState(throttle_bits=throttle_bits))

    (found,) = peer_rows([_match()], [[trial]], [row("a_int8.tflite")])

    assert COLUMNS[-1].show(found) == status
