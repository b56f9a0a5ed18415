"""TensorFlow's own TFLite interpreter: what a desktop has at hand."""

from __future__ import annotations

from benchmarks.peers.protocol import PeerJob, PeerOutcome
from benchmarks.peers.script import run_tflite_loop


class TensorflowLoop:
    """See `benchmarks.peers.protocol.Peer`."""

    name = "TensorFlow"
    what = "the bare loop on tf.lite.Interpreter"
    how_to_get = "pip install tensorflow, or --peer-python of an environment that has it"
    format = "tflite"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_tflite_loop(job, module="tensorflow", package="tensorflow", interpreter="lite.Interpreter")
