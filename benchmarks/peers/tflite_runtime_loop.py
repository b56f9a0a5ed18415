"""tflite-runtime 2.14, LiteRT's predecessor, which most instructions for a Raspberry Pi still install."""

from __future__ import annotations

from benchmarks.peers.protocol import PeerJob, PeerOutcome
from benchmarks.peers.script import run_tflite_loop


class TfliteRuntimeLoop:
    """See `benchmarks.peers.protocol.Peer`."""

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
