"""OpenCV's DNN module: an ONNX file without any runtime beside OpenCV."""

from __future__ import annotations

from benchmarks.peers.protocol import PeerJob, PeerOutcome
from benchmarks.peers.script import run_script


class OpencvLoop:
    """See `benchmarks.peers.protocol.Peer`."""

    name = "OpenCV DNN"
    what = "a bare loop on cv2.dnn, setInput and forward, on the same test images; float files only"
    how_to_get = "pip install opencv-python-headless"
    format = "onnx"

    def measure(self, job: PeerJob) -> PeerOutcome:
        """Time the file once, in a process of its own."""
        return run_script("opencv_loop.py", job)
