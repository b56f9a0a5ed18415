"""`python -m benchmarks bulk`: bulk classification against bare loops of the same calls, and its memory.

Both sides run in turn: one loop, one worker, two loops side by side, two workers. Rates count from the moment on at
which each process has its model. Memory is read while the command classifies many paths of few images.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.config import from_flags
from benchmarks.host.environment import describe_environment
from benchmarks.overhead.command import report, report_path
from benchmarks.overhead.measure import AT_LEAST, AT_MOST, Limit, Row, ratio_row, reading_row
from edge.cli import console
from edge.cli.outputs import output_file
from edge.demo import draw_frame
from edge.errors import EXIT_DONE, ToolkitError
from edge.images.folders import list_images

NAME = "bulk"
LOOP = "benchmarks.overhead.bulk_loop"

ONE = Limit("one", "one worker against a loop", "images/s", AT_LEAST, 0.9)
TWO = Limit("two", "two workers against two loops", "images/s", AT_LEAST, 0.9)
WORKER = Limit("worker-growth", "a worker's memory, last quarter less second", "MB", AT_MOST, 8.0, 1e-6)
DRIVER = Limit("driver-growth", "the caller's memory, last quarter less second", "MB", AT_MOST, 32.0, 1e-6)
WORKER_RSS = Limit("worker", "largest worker", "MB", AT_MOST, 400.0, 1e-6)

_HEIGHT, _WIDTH, _QUALITY = 960, 1280, 90
_DIFFERENT = 100  # images that are drawn; the rest are further names of them
_SAMPLE_S = 0.5
_KIB = 1024
_PS = ("ps", "-ww", "-eo", "pid=,ppid=,rss=,args=")

_EXAMPLES = """examples:
  python -m benchmarks bulk
  python -m benchmarks bulk --images 400 --repeats 1 --many 2000       a quick look
  python -m benchmarks bulk --data photos/ --model mine.tflite         your own images and model

exit codes: 0 every limit is kept, 1 a side failed, 2 wrong call, 3 a limit is missed (the report is there all the same)
"""


@dataclass(frozen=True, slots=True)
class BulkBenchmarkConfig:
    """Every setting of a run, with its default."""

    images: int = 2000
    """Images that each process classifies."""
    repeats: int = 3
    """Rounds of the four sides."""
    many: int = 100_000
    """Paths for the memory."""
    model: str = "clothes"
    """Model of the rates; the memory is measured with the smallest built-in one, which is faster."""
    data: Path | None = None
    """Folder of images; None: drawn ones of 1280x960."""
    out: Path | None = None
    """The report; None: `reports/bulk-<UTC time>.json`."""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `BulkBenchmarkConfig`."""
    default = BulkBenchmarkConfig()
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Compare `edge-classify bulk` with bare loops of the same calls, and measure its memory.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("--images", type=console.positive_int, default=default.images, metavar="N",
                       help="images that each process classifies")  # fmt: skip
    flags.add_argument("--repeats", type=console.positive_int, default=default.repeats, metavar="N", help="rounds")
    flags.add_argument("--many", type=console.positive_int, default=default.many, metavar="N",
                       help="paths that memory is measured with")  # fmt: skip
    flags.add_argument("--model", default=default.model, metavar="FILE", help="model of the rates")
    flags.add_argument("--data", type=Path, metavar="DIR", help="folder of images (default: drawn ones)")
    flags.add_argument("--out", type=output_file, metavar="FILE",
                       help=f"the report (default: reports/{NAME}-<UTC time>.json)")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Compare; print the table and the report's path."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = parser().parse_args(arguments)
    console.start_logging(options)
    config = from_flags(BulkBenchmarkConfig, vars(options))
    out = report_path(NAME, config.out)
    environment = describe_environment(["python", "-m", "benchmarks", NAME, *map(shlex.quote, arguments)],
                                       seed=None, threads=1)  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        rows = measure(config, Path(folder))
    report(rows, config, environment, out)
    return EXIT_DONE


def measure(config: BulkBenchmarkConfig, work: Path) -> list[Row]:
    """Measure rates in rounds, then memory; the images lie below `work`, which may fill with them."""
    images = list_images(config.data).images if config.data else draw(work / "drawn")
    folders = {count: links(images, work / f"links-{count}", count * config.images) for count in (1, 2)}
    loops: dict[int, list[float]] = {1: [], 2: []}
    workers: dict[int, list[float]] = {1: [], 2: []}
    for number in range(config.repeats):
        for count, folder in folders.items():
            loops[count].append(run_loops(config.model, folder, count))
            workers[count].append(run_bulk(config.model, folder, work / f"out-{count}-{number}", count)[0])
    many = links(images, work / "many", config.many)
    _, samples = run_bulk("edge", many, work / "out-many", os.cpu_count() or 1)
    return [
        ratio_row(ONE, workers[1], loops[1]),
        ratio_row(TWO, workers[2], loops[2]),
        reading_row(WORKER, growth([sample.worker_bytes for sample in samples])),
        reading_row(DRIVER, growth([sample.caller_bytes for sample in samples])),
        reading_row(WORKER_RSS, max(sample.worker_bytes for sample in samples)),
    ]


def draw(folder: Path) -> list[Path]:
    """Draw garments with the noise of a sensor, as a phone's small photographs."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    paths = [folder / f"{number:03d}.jpg" for number in range(_DIFFERENT)]
    for number, path in enumerate(paths):
        image = cv2.resize(draw_frame(number, seed=5).image, (_WIDTH, _HEIGHT)).astype(np.int16)
        noisy = np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)
        cv2.imwrite(str(path), noisy, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return paths


def links(images: Sequence[Path], folder: Path, count: int) -> Path:
    """Give the images `count` names in a new folder, by hard links, or by symbolic ones where there can't be hard ones.

    There can't be on another file system, to another user's file, or more than a file system allows of one file.
    """
    folder.mkdir()
    for number in range(count):
        image = images[number % len(images)]
        link = folder / f"{number:07d}{image.suffix}"
        try:
            os.link(image, link)
        except OSError:
            link.symlink_to(image.resolve())
    return folder


def run_loops(model: str, folder: Path, count: int) -> float:
    """Run bare loops side by side, each over its share of the folder; return their images a second together."""
    children = [
        subprocess.Popen([sys.executable, "-m", LOOP, model, str(folder), str(share), str(count)], text=True,
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for share in range(count)
    ]  # fmt: skip
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, and its reply says why
            child.stdin.write("\n")
            child.stdin.flush()
    replies = [child.communicate()[1] for child in children]
    for child, reply in zip(children, replies, strict=True):
        if child.returncode:
            raise ToolkitError(f"{LOOP} failed: {(reply.strip().splitlines() or ['no reason'])[-1]}")
    return float(sum(json.loads(reply.splitlines()[-1])["images_per_s"] for reply in replies))


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory at a moment."""

    caller_bytes: int
    """Resident size of the command's own process."""
    worker_bytes: int
    """Largest resident size of a worker."""


def run_bulk(model: str, folder: Path, out: Path, workers: int) -> tuple[float, list[Sample]]:
    """Run the command; return its images a second, and its memory twice a second while there were workers."""
    command = (sys.executable, "-m", "edge.run.main", "bulk", str(folder), "--out", str(out), "--model", model)
    flags = ("--workers", str(workers), "--json", "--quiet")
    child = subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    samples = list(sampled(child))
    text, errors = child.communicate()
    if child.returncode:
        raise ToolkitError(f"bulk failed: {(errors.strip().splitlines() or ['no reason'])[-1]}")
    return float(json.loads(text)["images_per_s"]), samples


def sampled(child: subprocess.Popen[str]) -> Iterator[Sample]:
    """Look at the memory of a command until it ends."""
    while child.poll() is None:
        listed = subprocess.run(_PS, stdout=subprocess.PIPE, text=True, check=True).stdout
        facts = [line.split(None, 3) for line in listed.splitlines()]
        own = {child.pid}
        while more := {int(pid) for pid, parent, *_ in facts if int(parent) in own} - own:
            own |= more
        caller = [int(rss) for pid, _, rss, *_ in facts if int(pid) == child.pid]
        workers = [int(rss) for pid, _, rss, *name in facts if int(pid) in own and name[:1] and "MapWorker" in name[0]]
        if caller and workers:
            yield Sample(_KIB * caller[0], _KIB * max(workers))
        time.sleep(_SAMPLE_S)


def growth(readings: Sequence[float]) -> float:
    """Return the median of the last quarter less that of the second one.

    Raises:
        ToolkitError: too few readings.
    """
    quarter = len(readings) // 4
    if not quarter:
        raise ToolkitError("too few images to see whether memory grows: raise --many")
    return median(readings[-quarter:]) - median(readings[quarter : 2 * quarter])
