"""Tools that time a model file, each in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.child_process import ask, own_environment
from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK
from edge.artifact.file import Artifact


@dataclass(frozen=True, slots=True)
class PeerJob:
    """One file for one peer, once."""

    artifact: Artifact
    images_file: str
    """.npy of the test images: uint8 grey, shape (N, height, width), 0-255."""
    config: BenchmarkConfig
    pythons: tuple[str, ...]
    """Interpreters to look for the peer's library in, this one first."""


@dataclass(frozen=True, slots=True)
class PeerOutcome:
    """Readings of a peer, or the reason why there are none."""

    status: str
    """One of `benchmarks.measure.job`'s OK, FAILED and NOT_INSTALLED."""
    reason: str = ""
    version: str = ""
    invoke_ns: list[int] = field(default_factory=list)
    """One value a timed call, in order; empty where the peer gives only a summary."""
    summary_ns: dict[str, int] = field(default_factory=dict)
    """median, p95, mean, maximum: of a peer that gives only a summary."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool that times a model file."""

    name: str
    format: str
    """Format of the files it runs: tflite or onnx."""
    what: str
    """Description of the timed calls, in a clause."""
    how_to_get: str
    measure: Callable[[PeerJob], PeerOutcome]


SCRIPTS = Path(__file__).parent / "scripts"
"""Programs that run in any Python which has the peer's library; a folder of its own, as its files can be imported
there by mistake: nothing in it may have a library's name."""


def run_script(script: str, job: PeerJob, **more: Any) -> PeerOutcome:
    """Run a script of `benchmarks/peers/scripts`; `more` is what it needs besides, such as the module to import."""
    config = job.config
    question = json.dumps({
        "artifact": str(job.artifact.path), "images_file": job.images_file, "threads": config.threads,
        "runs": config.runs, "warmup": config.warmup, "warmup_s": config.warmup_s, **more,
    })  # fmt: skip
    outcome = PeerOutcome(NOT_INSTALLED)
    for python in job.pythons:
        command = (python, str(SCRIPTS / script))
        reply = ask(command, question, timeout_s=config.timeout_s, environment=_environment(python))
        outcome = PeerOutcome(FAILED, reply.reason) if reply.reason else _read(reply.text)
        if outcome.status != NOT_INSTALLED:
            break
    return outcome


def _environment(python: str) -> dict[str, str]:
    """Another Python must not find this one's libraries."""
    if python == sys.executable:
        return own_environment()
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3"}


def _read(text: str) -> PeerOutcome:
    try:
        return PeerOutcome(**json.loads(text))
    except (ValueError, TypeError):
        return PeerOutcome(FAILED, f"gave no answer: {text[:200]}")


_MODULE = "ai_edge_litert.tools.benchmark_litert_model"  # litert-benchmark is its console script
_FIGURES = {"median": "median_ms", "p95": "p95_ms", "mean": "avg_ms", "maximum": "max_ms"}


def run_litert_benchmark(job: PeerJob) -> PeerOutcome:
    """Run LiteRT's own benchmark, which reports a summary alone."""
    if find_spec("ai_edge_litert") is None or find_spec(_MODULE) is None:
        return PeerOutcome(NOT_INSTALLED)
    with tempfile.TemporaryDirectory(prefix="litert-benchmark-") as folder:
        result = Path(folder) / "result.json"
        command = (
            job.pythons[0], "-m", _MODULE, "--model", str(job.artifact.path), "--num_runs", str(job.config.runs),
            "--warmup_runs", str(job.config.warmup), "--num_threads", str(job.config.threads),
            "--result_json", str(result),
        )  # fmt: skip
        reply = ask(command, "", timeout_s=job.config.timeout_s, environment=own_environment())
        if reply.reason or not result.is_file():
            return PeerOutcome(FAILED, reply.reason or "wrote no result")
        latency = json.loads(result.read_text(encoding="utf-8"))["latency"]
    return PeerOutcome(OK, version=version("ai-edge-litert"), summary_ns=read_latency(latency))


def read_latency(latency: dict[str, float]) -> dict[str, int]:
    """Convert its milliseconds to nanoseconds of median, p95, mean and maximum."""
    return {name: round(latency[theirs] * 1e6) for name, theirs in _FIGURES.items()}


def tflite_loop(module: str, package: str, interpreter: str = "Interpreter") -> Callable[[PeerJob], PeerOutcome]:
    """Return the bare loop on a library's TFLite interpreter: a class within a module, with the package's version."""
    return partial(run_script, "tflite_loop.py", module=module, package=package, interpreter=interpreter)


BARE_LOOP = Peer(
    "bare LiteRT loop", "tflite",
    "set_tensor, invoke and get_tensor in twenty lines of Python, on the same test images",
    "pip install ai-edge-litert", tflite_loop("ai_edge_litert.interpreter", "ai-edge-litert"),
)  # fmt: skip
LITERT_BENCHMARK = Peer(
    "litert-benchmark", "tflite",
    "LiteRT's CompiledModel on one random input, without copying it in; it rounds to 10 µs",
    "pip install 'ai-edge-litert>=2.1'", run_litert_benchmark,
)  # fmt: skip
TFLITE_RUNTIME_LOOP = Peer(
    "tflite-runtime", "tflite", "the bare loop on tflite-runtime, the last release of LiteRT's predecessor",
    "in an environment of its own, Python 3.11 at most: pip install tflite-runtime 'numpy<2', "
    "then --peer-python ITS/bin/python", tflite_loop("tflite_runtime.interpreter", "tflite-runtime"),
)  # fmt: skip
TENSORFLOW_LOOP = Peer(
    "TensorFlow", "tflite", "the bare loop on tf.lite.Interpreter",
    "pip install tensorflow, or --peer-python of an environment that has it",
    tflite_loop("tensorflow", "tensorflow", "lite.Interpreter"),
)  # fmt: skip
OPENCV_LOOP = Peer(
    "OpenCV DNN", "onnx", "a bare loop on cv2.dnn, setInput and forward, on the same test images",
    "pip install opencv-python-headless", partial(run_script, "opencv_loop.py"),
)  # fmt: skip
PEERS = (BARE_LOOP, LITERT_BENCHMARK, TFLITE_RUNTIME_LOOP, TENSORFLOW_LOOP, OPENCV_LOOP)
