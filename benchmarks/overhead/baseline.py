"""The yardstick: what somebody writes who needs one answer and nothing else; knows OpenCV and LiteRT, no toolkit.

`python -m benchmarks.overhead.baseline first MODEL IMAGE`, `loop MODEL FRAMES COUNT` or `video MODEL VIDEO`. Answers go
to stdout; what it measured of itself is the last line of stderr, JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

_UNTIMED = 50  # calls before the timed ones


class BareScript:
    """Grey, resize, invoke, argmax, a line of JSON."""

    def __init__(self, model: str) -> None:
        """Load the model file, on one thread."""
        self.interpreter = Interpreter(model, num_threads=1)
        self.interpreter.allocate_tensors()
        self.given = self.interpreter.get_input_details()[0]["index"]
        self.taken = self.interpreter.get_output_details()[0]["index"]

    def answer(self, frame: Any, number: int, out: TextIO) -> None:
        """Classify a uint8 BGR frame and write the line."""
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        pixels = cv2.resize(grey, (28, 28), interpolation=cv2.INTER_AREA)
        self.interpreter.set_tensor(self.given, pixels[np.newaxis, :, :, np.newaxis])
        self.interpreter.invoke()
        scores = self.interpreter.get_tensor(self.taken)[0]
        best = int(np.argmax(scores))
        out.write(json.dumps({"frame": number, "label": best, "score": int(scores[best])}) + "\n")
        out.flush()


def first(model: str, image: str) -> dict[str, float]:
    """One image, one answer."""
    BareScript(model).answer(cv2.imread(image), 0, sys.stdout)
    return {"memory_bytes": peak_memory_bytes()}


def loop(model: str, frames_file: str, count: str) -> dict[str, float]:
    """Many frames that are in memory already; OpenCV computes on one thread, as the toolkit has it."""
    cv2.setNumThreads(1)
    script, frames, latencies_ns = BareScript(model), list(np.load(frames_file)), []
    with Path(os.devnull).open("w", encoding="utf-8") as out:
        for number in range(_UNTIMED + int(count)):
            started = time.perf_counter_ns()
            script.answer(frames[number % len(frames)], number, out)
            latencies_ns.append(time.perf_counter_ns() - started)
    return {"latency_ns": float(np.median(latencies_ns[_UNTIMED:]))}


def video(_model: str, path: str) -> dict[str, float]:
    """Reading a video with OpenCV alone."""
    started = time.perf_counter()
    capture, frames = cv2.VideoCapture(path, cv2.CAP_FFMPEG), 0
    while capture.read()[0]:
        frames += 1
    return {"fps": frames / (time.perf_counter() - started)}


def peak_memory_bytes() -> int:
    """Largest resident size of this process so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))


if __name__ == "__main__":
    parts: dict[str, Callable[..., dict[str, float]]] = {"first": first, "loop": loop, "video": video}
    print(json.dumps(parts[sys.argv[1]](*sys.argv[2:])), file=sys.stderr)
