"""Tools that time a model file, each in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from benchmarks.measure.child_process import ask, own_environment
from benchmarks.measure.job import FAILED, NOT_INSTALLED, OK
from edge.artifact.file import Artifact


@dataclass(frozen=True, slots=True)
class PeerJob:
    """One file for one peer, once."""

    artifact: Artifact
    images_file: str
    """.npy of the test images: uint8 grey, shape (N, height, width), 0-255."""
    threads: int
    runs: int
    """Timed calls."""
    warmup: int
    """Untimed calls, at least."""
    warmup_s: float
    """Seconds of untimed calls, at least, where the peer can be told so."""
    timeout_s: float
    pythons: tuple[str, ...]
    """Interpreters to look for the peer's library in, this one first."""


@dataclass(frozen=True, slots=True)
class PeerOutcome:
    """Readings of a peer, or the reason why there are none."""

    status: str
    """One of `benchmarks.measure.job`'s OK, FAILED and NOT_INSTALLED."""
    reason: str = ""
    version: str = ""
    """Version of the peer's library."""
    invoke_ns: list[int] = field(default_factory=list)
    """One value a timed call, in order; empty where the peer gives only a summary."""
    summary_ns: dict[str, int] = field(default_factory=dict)
    """median, p95, mean, maximum: of a peer that gives only a summary."""


class Peer(Protocol):
    """A tool that times a model file."""

    name: str
    """Name in the table."""
    what: str
    """Description of the timed calls, in a clause."""
    how_to_get: str
    """Remedy where it isn't installed."""
    format: str
    """Format of the files it runs: tflite or onnx."""

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        ...


SCRIPTS = Path(__file__).parent / "scripts"
"""Programs that run in any Python which has the peer's library; a folder of its own, as its files can be imported
there by mistake: nothing in it may have a library's name."""


def run_script(script: str, job: PeerJob, **more: Any) -> PeerOutcome:
    """Run a script of `benchmarks/peers/scripts`.

    Args:
        script: its file name.
        job: what to time.
        more: what the script wants to know besides, such as the module to import.
    """
    question = json.dumps({
        "artifact": str(job.artifact.path), "images_file": job.images_file, "threads": job.threads, "runs": job.runs,
        "warmup": job.warmup, "warmup_s": job.warmup_s, **more,
    })  # fmt: skip
    outcome = PeerOutcome(NOT_INSTALLED)
    for python in job.pythons:
        command = (python, str(SCRIPTS / script))
        reply = ask(command, question, timeout_s=job.timeout_s, environment=_environment(python))
        outcome = PeerOutcome(FAILED, reply.reason) if reply.reason else _read(reply.text)
        if outcome.status != NOT_INSTALLED:
            break
    return outcome


def run_tflite_loop(job: PeerJob, *, module: str, package: str, interpreter: str = "Interpreter") -> PeerOutcome:
    """Run the bare loop on the TFLite interpreter of a library.

    Args:
        job: what to time.
        module: to import.
        package: whose version counts.
        interpreter: the class within the module, with dots.
    """
    return run_script("tflite_loop.py", job, module=module, package=package, interpreter=interpreter)


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


class BareLoop:
    """See `benchmarks.peers.tools.Peer`."""

    name = "bare LiteRT loop"
    what = "set_tensor, invoke and get_tensor in twenty lines of Python, on the same test images"
    how_to_get = "pip install ai-edge-litert"
    format = "tflite"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_tflite_loop(job, module="ai_edge_litert.interpreter", package="ai-edge-litert")


_MODULE = "ai_edge_litert.tools.benchmark_litert_model"  # litert-benchmark is its console script
_FIGURES = ("median", "p95", "mean", "maximum")
_THEIRS = {"mean": "avg", "maximum": "max"}


class LitertBenchmark:
    """See `benchmarks.peers.tools.Peer`."""

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


class TfliteRuntimeLoop:
    """See `benchmarks.peers.tools.Peer`."""

    name = "tflite-runtime"
    what = "the bare loop on tflite-runtime, the last release of LiteRT's predecessor"
    how_to_get = (
        "in an environment of its own, Python 3.11 at most: pip install tflite-runtime 'numpy<2', "
        "then --peer-python ITS/bin/python"
    )
    format = "tflite"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_tflite_loop(job, module="tflite_runtime.interpreter", package="tflite-runtime")


class TensorflowLoop:
    """See `benchmarks.peers.tools.Peer`."""

    name = "TensorFlow"
    what = "the bare loop on tf.lite.Interpreter"
    how_to_get = "pip install tensorflow, or --peer-python of an environment that has it"
    format = "tflite"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_tflite_loop(job, module="tensorflow", package="tensorflow", interpreter="lite.Interpreter")


class OpencvLoop:
    """See `benchmarks.peers.tools.Peer`."""

    name = "OpenCV DNN"
    what = "a bare loop on cv2.dnn, setInput and forward, on the same test images; float files only"
    how_to_get = "pip install opencv-python-headless"
    format = "onnx"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_script("opencv_loop.py", job)
