"""`make camera-test`: the runner on a real V4L2 camera, in a virtual machine that plugs it in and out.

The camera is software behind the kernel's own USB and UVC drivers; it shows drawn garments and logs which one when. It
is pulled at 5 s and put back at 9 s. Not part of `make test`: it needs the lab, QEMU and two minutes.
"""

from __future__ import annotations

import argparse
import bisect
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2

from edge.artifact.file import default_model
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.classify.classifier import Classifier
from edge.demo import draw_frame

ROOT = Path(__file__).parents[2]
LAB = ROOT.parent / "shared" / "lab" / "camera-vm.sh"
PYTHON = "/opt/edge/bin/python"  # in the virtual machine
SET_UP = (
    "camera-vm.sh setup, then camera-vm.sh install -- sh -c 'python3 -m venv /opt/edge && "
    "/opt/edge/bin/pip install numpy opencv-python-headless ai-edge-litert'"
)
NOT_FOUND = 127  # a shell's exit code for a command that isn't there
GARMENTS = 6
HEIGHT, WIDTH, FPS = 240, 320, 5  # an emulated processor keeps up with no more
HOLD = 40  # frames that each garment is shown
UNPLUG_S, REPLUG_S, DURATION_S = 5, 9, 40
LATENCY_S = 3.0  # from the camera's showing a garment to its frame, in an emulated processor that others share
AWAY_S = REPLUG_S - UNPLUG_S - 1.5  # certainly without a camera: USB takes its time on the way out
LEAST_RIGHT = 0.9


@dataclass(frozen=True)
class Shown:
    """Garment that the camera showed from a time on."""

    since: float
    label: str


def main() -> int:
    """Run it and say what was seen; 0 if it was all as it should be."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)
    arguments.add_argument("--keep", type=Path, metavar="DIR", help="leave frames, output and logs there")
    arguments.add_argument("--arch", choices=("amd64", "arm64"), default="amd64", help="of the virtual machine")
    options = arguments.parse_args()
    if not LAB.exists():
        print(f"no camera lab at {LAB}: nothing was tested; any USB camera will do: edge-classify --camera 0")
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        feed, out = folder / "feed", folder / "out"
        for each in (feed, out):
            each.mkdir(parents=True, exist_ok=True)
        draw_garments(feed)
        child = subprocess.run(virtual_machine(feed, out, options.arch), capture_output=True, text=True, check=False)
        (out / "stdout").write_text(child.stdout, encoding="utf-8")
        print(child.stderr, file=sys.stderr)
        if child.returncode:
            hint = f" (no Python there: {SET_UP})" if child.returncode == NOT_FOUND else ""
            print(f"FAILURE exit code {child.returncode}, expected 0{hint}")
            return 1
        return judge([json.loads(line) for line in child.stdout.splitlines()], shown(out), child.stderr)


def draw_garments(folder: Path) -> None:
    """Draw garments that the model names rightly here: whether it does so there is the question."""
    classifier = Classifier.load(default_model())
    number, done = 0, set[str]()
    while len(done) < GARMENTS:
        drawn = draw_frame(number, height=HEIGHT, width=WIDTH)
        label = FASHION_MNIST_LABELS[drawn.label_index]
        prediction = classifier.classify(drawn.image)
        if prediction.label == label and prediction.probability > 0.8 and label not in done:
            cv2.imwrite(str(folder / f"{len(done):02d}_{label.replace('/', '-')}.png"), drawn.image)
            done.add(label)
        number += 1


def virtual_machine(feed: Path, out: Path, arch: str) -> list[str]:
    """The call: the runner from this checkout; before it, what turns the guest's clock into the records' one."""
    script = (
        f"{PYTHON} -c 'import time; print(time.time() - time.monotonic())' > /mnt/out/clock && "
        f"exec {PYTHON} -m edge.run.main --camera 0 --size {WIDTH}x{HEIGHT} --json --duration {DURATION_S}"
    )
    return [
        *(str(LAB), "run", "--arch", arch, "--feed", str(feed)),
        *("--size", f"{WIDTH}x{HEIGHT}", "--fps", str(FPS), "--hold", str(HOLD)),
        *("--from", "stream", "--unplug", str(UNPLUG_S), "--replug", str(REPLUG_S), "--timeout", "300", "--verbose"),
        *("--share", f"{ROOT}:/mnt/source", "--env", "PYTHONPATH=/mnt/source", "--out", str(out)),
        *("--", "sh", "-c", script),
    ]


def shown(out: Path) -> list[Shown]:
    """Read the camera's log of what it showed, with the times of the records."""
    offset = float((out / "clock").read_text())
    names = json.loads((out / "frames.json").read_text())
    lines = [line.split() for line in (out / "frames.log").read_text().splitlines()]
    return [Shown(float(time) + offset, label_of(names[int(index)])) for time, index in lines]


def label_of(name: str) -> str:
    """The label that a frame's file is named after."""
    text = Path(name).stem.partition("_")[2]
    return next(label for label in FASHION_MNIST_LABELS if label.replace("/", "-") == text)


def judge(records: list[dict[str, Any]], log: list[Shown], said: str) -> int:
    """Compare, print a line a claim, and return the exit code."""
    frames = [record for record in records if record["frame"] is not None]
    claims = [*about_garments(frames, log), *about_the_pull(records, frames, log)]
    claims.append(("it said what happened", "trying until it is back" in said and " is back after " in said))
    for claim, holds in claims:
        print(f"{'ok     ' if holds else 'FAILURE'} {claim}")
    return 0 if all(holds for _, holds in claims) else 1


def about_garments(frames: list[dict[str, Any]], log: list[Shown]) -> Iterator[tuple[str, bool]]:
    """Compare the predictions with what was shown."""
    seen = [bool(record["top_k"]) and record["top_k"][0]["label"] in around(record, log) for record in frames]
    yield f"the likeliest class is right in {sum(seen)} of {len(frames)} frames", share(seen) >= LEAST_RIGHT
    alike = [[around(record, log) for record in frames[place - 2 : place + 1]] for place in range(2, len(frames))]
    settled = [record for record, three in zip(frames[2:], alike, strict=True) if len(set.union(*three)) == 1]
    right = [record["label"] in around(record, log) for record in settled]
    yield f"the answer is right in {sum(right)} of {len(right)} frames without a change", share(right) >= LEAST_RIGHT
    named = sorted({record["label"] for record in settled})
    yield f"{len(named)} garments were named: {', '.join(named)}", len(named) >= 2


def about_the_pull(
    records: list[dict[str, Any]], frames: list[dict[str, Any]], log: list[Shown]
) -> Iterator[tuple[str, bool]]:
    """Check that nothing was classified without a camera, and that classification went on afterwards."""
    starts = [each.since for each in log if each.label == log[0].label]  # plugged in, it begins with the first garment
    yield f"the camera was plugged in {len(starts)} times", len(starts) == 2
    back = starts[-1]
    meanwhile = [record for record in frames if back - AWAY_S < seconds(record) < back]
    yield f"{len(meanwhile)} frames in the {AWAY_S:g} s before it was back", not meanwhile
    stale = [record for record in records if record["state"] == "stale"]
    yield f"stale {len(stale)} time(s), without a frame", bool(stale) and stale[0]["frame"] is None
    after = [seconds(record) - back for record in frames if seconds(record) > back]
    yield (
        f"{len(after)} frames after it was back, the last at {max(after, default=0):.0f} s",
        max(after, default=0) > 15,
    )


def around(record: dict[str, Any], log: list[Shown], before_s: float = LATENCY_S) -> set[str]:
    """Labels of what was shown when a frame was taken, and up to `before_s` before."""
    time = seconds(record)
    starts = [each.since for each in log]
    first = max(0, bisect.bisect_right(starts, time - before_s) - 1)
    return {each.label for each in log[first : bisect.bisect_right(starts, time)]}


def seconds(record: dict[str, Any]) -> float:
    """A record's time."""
    return datetime.fromisoformat(record["time"].replace("Z", "+00:00")).timestamp()


def share(values: list[bool]) -> float:
    """Share of true values, 0-1."""
    return sum(values) / len(values) if values else 0.0


if __name__ == "__main__":
    raise SystemExit(main())
