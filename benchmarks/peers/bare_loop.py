"""LiteRT in a bare Python loop: what this project's own wrapping costs."""

from __future__ import annotations

from benchmarks.peers.protocol import PeerJob, PeerOutcome
from benchmarks.peers.script import run_tflite_loop


class BareLoop:
    """See `benchmarks.peers.protocol.Peer`."""

    name = "bare LiteRT loop"
    what = "set_tensor, invoke and get_tensor in twenty lines of Python, on the same test images"
    how_to_get = "pip install ai-edge-litert"
    format = "tflite"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_tflite_loop(job, module="ai_edge_litert.interpreter", package="ai-edge-litert")
