"""LiteRT's own benchmark, `litert-benchmark`, which comes with its wheel."""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure.child_process import ask, own_environment
from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK
from benchmarks.peers.protocol import PeerJob, PeerOutcome

_MODULE = "ai_edge_litert.tools.benchmark_litert_model"  # litert-benchmark is its console script
_FIGURES = ("median", "p95", "mean", "maximum")
_THEIRS = {"mean": "avg", "maximum": "max"}


class LitertBenchmark:
    """See `benchmarks.peers.protocol.Peer`."""

    name = "litert-benchmark"
    what = "LiteRT's CompiledModel on one random input, without copying it in; it rounds to 10 µs"
    how_to_get = "pip install 'ai-edge-litert>=2.1'"
    format = "tflite"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        if find_spec("ai_edge_litert") is None or find_spec(_MODULE) is None:
            return PeerOutcome(NOT_INSTALLED)
        with tempfile.TemporaryDirectory(prefix="litert-benchmark-") as folder:
            result = Path(folder) / "result.json"
            command = (
                job.pythons[0], "-m", _MODULE, "--model", str(job.artifact.path), "--num_runs", str(job.runs),
                "--warmup_runs", str(job.warmup), "--num_threads", str(job.threads), "--result_json", str(result),
            )  # fmt: skip
            reply = ask(command, "", timeout_s=job.timeout_s, environment=own_environment())
            if reply.reason or not result.is_file():
                return PeerOutcome(FAILED, reply.reason or "wrote no result")
            latency = json.loads(result.read_text(encoding="utf-8"))["latency"]
        return PeerOutcome(OK, version=version("ai-edge-litert"), summary_ns=read_latency(latency))


def read_latency(latency: dict[str, float]) -> dict[str, int]:
    """Its milliseconds -> nanoseconds of median, p95, mean and maximum."""
    return {name: round(latency[f"{_THEIRS.get(name, name)}_ms"] * 1e6) for name in _FIGURES}
