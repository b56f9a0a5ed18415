"""`python -m benchmarks.overhead.viewers`: what it costs classification that several people watch the live page.

In turn with and without viewers, so that what slows the machine down slows both; each block with viewers is compared
with the one before it, and the median of these ratios counts. Frames come as from a camera; the viewers are a process
of the lowest priority, because other machines would be theirs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from multiprocessing.synchronize import Event
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.records import to_record
from edge.artifact.file import default_model
from edge.classify.classifier import Classifier
from edge.classify.decision import Decider
from edge.cli import console
from edge.demo import draw_frame
from edge.errors import EXIT_DONE, GateError
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress
from edge.sinks.web.live_state import Identity
from edge.sinks.web.sink import PageSink
from edge.sources.frame import Frame

LARGEST_RATIO = 1.05
_DRAWN = 20  # frames, shown over and over


@dataclass(frozen=True, slots=True)
class ViewerCost:
    """Time from frame to decision with viewers of the live page and without."""

    viewers: int
    fps: float
    ratio: float
    """Median of the ratios of two neighbouring blocks, with viewers over without."""
    alone_ms: list[float]
    watched_ms: list[float]
    pictures_per_s: list[float]
    """JPEGs that were made in each block with viewers."""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m benchmarks.overhead.viewers",
        description="Compare frame to decision with and without viewers of the live page; prints JSON.",
        epilog=f"exit codes: 0 done, 2 wrong call, 3 slower than {LARGEST_RATIO} times with viewers",
    )
    flags.add_argument("--viewers", type=console.positive_int, default=4, metavar="N", help="pages that are open")
    flags.add_argument("--rounds", type=console.positive_int, default=7, metavar="N", help="blocks of each kind")
    flags.add_argument("--seconds", type=console.positive_float, default=4.0, metavar="S", help="of a block")
    flags.add_argument("--fps", type=console.positive_float, default=30.0, metavar="N", help="of the camera")
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    measured = measure(viewers=options.viewers, rounds=options.rounds, seconds=options.seconds, fps=options.fps)
    print(json.dumps(to_record(measured), indent=1))
    if measured.ratio > LARGEST_RATIO:
        viewers = f"{options.viewers} {'viewer makes' if options.viewers == 1 else 'viewers make'}"
        raise GateError(f"{viewers} it {measured.ratio} times as slow: at most {LARGEST_RATIO}")
    return EXIT_DONE


def measure(*, viewers: int, rounds: int, seconds: float, fps: float) -> ViewerCost:
    """Time blocks of so many seconds in turn, without viewers and with them."""
    classifier, health = Classifier.load(default_model()), Health(state=LIVE)
    page = PageSink(PageAddress(port=0), token="", health=health, identity=Identity.of(classifier), stall_s=2.0)
    images = [draw_frame(number).image for number in range(_DRAWN)]
    run = _Run(classifier, page, health, images)
    try:
        run.block(min(seconds, 1.0), fps)  # memory is new, caches are cold
        blocks = []
        for _ in range(rounds):
            alone = run.block(seconds, fps)
            before, began = page.broadcast.encoded, time.monotonic()
            with_viewers = _watched(lambda: run.block(seconds, fps), page.address, viewers)
            pictures_per_s = (page.broadcast.encoded - before) / (time.monotonic() - began)
            blocks.append((alone, with_viewers, pictures_per_s))
    finally:
        page.close()
    return ViewerCost(
        viewers,
        fps,
        ratio=round(median(watched / alone for alone, watched, _ in blocks), 4),
        alone_ms=[round(alone, 3) for alone, _, _ in blocks],
        watched_ms=[round(watched, 3) for _, watched, _ in blocks],
        pictures_per_s=[round(pictures, 1) for _, _, pictures in blocks],
    )


class _Run:
    """Classifies frames at a camera's pace."""

    def __init__(
        self, classifier: Classifier, page: PageSink, health: Health, images: Sequence[NDArray[np.uint8]]
    ) -> None:
        self._classifier, self._page, self._health, self._images = classifier, page, health, images
        self._decider = Decider(classifier.spec)

    def block(self, seconds: float, fps: float) -> float:
        """Median of frame to decision, with telling the page, in milliseconds."""
        latencies_ns = []
        started = time.monotonic()
        for number in range(max(1, round(seconds * fps))):
            time.sleep(max(0.0, started + number / fps - time.monotonic()))
            now = datetime.now(timezone.utc)
            begun = time.perf_counter_ns()
            image = self._images[number % len(self._images)]
            prediction = self._classifier.classify(image)
            self._health.frames += 1
            self._health.captured_s = time.monotonic()
            self._page.write(Frame(image, number, "demo", now), prediction, self._decider.decide(prediction, now))
            latencies_ns.append(time.perf_counter_ns() - begun)
        return median(latencies_ns) / 1e6


def _watched(block: Callable[[], float], address: PageAddress, viewers: int) -> float:
    """Run a block while so many pages are open."""
    context = multiprocessing.get_context("spawn")
    ready, over = context.Event(), context.Event()
    child = context.Process(target=_watch, args=(address.host, address.port, viewers, ready, over), daemon=True)
    child.start()
    try:
        ready.wait()
        return block()
    finally:
        over.set()
        child.join()


def _watch(host: str, port: int, viewers: int, ready: Event, over: Event) -> None:
    """The child: each viewer reads pictures and messages for as long as it may."""
    os.nice(19)
    for path in ("/pictures", "/messages"):
        for _ in range(viewers):
            connection = http.client.HTTPConnection(host, port, timeout=60)
            connection.request("GET", path)
            threading.Thread(target=_read, args=(connection.getresponse(),), daemon=True).start()
    ready.set()
    over.wait()


def _read(answer: http.client.HTTPResponse) -> None:
    while answer.read1(1 << 20):
        pass


if __name__ == "__main__":
    console.run(main)
