"""Accuracy, time and memory of `edge-classify teach`, beside scikit-learn and the bare features.

`python docs/teach.py --photographs DIR` learns from some images of each folder in DIR/train, judges on all of
DIR/validation and writes docs/measured/teach.json. Needs `pip install scikit-learn`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.host.environment import Environment, describe_environment, machine_name, shown_time
from benchmarks.records import from_record, to_record
from edge import vision
from edge.classify.interval import wilson_interval
from edge.classify.loaded_model import LoadedModel
from edge.images.decode import read_image
from edge.images.folders import list_class_folders
from edge.teach.backbone import INPUT, load_backbone
from edge.teach.cross_validation import learn
from edge.teach.images import list_classes, read_examples_of

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "measured" / "teach.json"
COUNTS = (10, 20, 50)  # images of a class
THREADS = 2


class Cost(NamedTuple):
    """Use of a process; the processor time is also that of its children."""

    cpu_s: float
    wall_s: float
    most_mb: float
    """Resident memory of the process at its largest."""


def choose(photographs: Path, count: int, folder: Path) -> Path:
    """Copy so many photographs of each class, chosen at random, always the same."""
    for number, (name, paths) in enumerate(list_class_folders(photographs / "train").images.items()):
        (folder / name).mkdir(parents=True)
        for index in np.random.default_rng(number).permutation(len(paths))[:count]:
            shutil.copy(paths[index], folder / name)
    return folder


def bare(folder: Path) -> None:
    """Decode all images and compute their features, as whoever writes the shortest script would."""
    backbone = load_backbone(threads=THREADS)
    for paths in list_class_folders(folder).images.values():
        for path in paths:
            backbone.features(read_image(path, least=vision.least_edge(INPUT)))


def cost_of(*arguments: object) -> Cost:
    """Run Python with arguments."""
    begun, most_kb = os.times().elapsed, 0
    process = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=ROOT, stdout=subprocess.DEVNULL)
    while True:
        # What wait4 says of memory begins with that of this process, which forked.
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8"))
        most_kb = max(most_kb, int(found[1])) if found and os.times().elapsed - begun > 1 else most_kb
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.02)
    assert status == 0, arguments
    return Cost(usage.ru_utime + usage.ru_stime, os.times().elapsed - begun, most_kb * 1024 / 1e6)


def accuracy(right: Any) -> dict[str, Any]:
    """Return a share of right answers with counts and interval."""
    return {"right": int(right.sum()), "images": len(right), "interval": wilson_interval(int(right.sum()), len(right))}


def scikit_learn(features: Any, labels: Any, new: Any) -> dict[str, Any]:
    """Return the answers of scikit-learn to new images, by its defaults and by its cross-validation."""
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

    by_default = LogisticRegression(max_iter=2000).fit(features, labels)
    validated = LogisticRegressionCV(
        Cs=5, l1_ratios=(0,), cv=5, scoring="accuracy", max_iter=2000, use_legacy_attributes=False
    ).fit(features, labels)
    return {"C=1": by_default.predict(new), "cross-validated": validated.predict(new)}


def page(report: dict[str, Any]) -> str:
    """Return the table of the figures and what they are of."""
    lines = [["images a class", "taught", "its own estimate", "scikit-learn, C=1", "scikit-learn, cross-validated"],
             ["--:"] * 5]  # fmt: skip
    lines += [
        [str(row["images_of_a_class"]), share(row["ours"]), share(row["held_out"]),
         share(row["scikit_learn"]["C=1"]), share(row["scikit_learn"]["cross-validated"])]
        for row in report["rows"]
    ]  # fmt: skip
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    teach, bare, environment = report["teach"], report["bare_features"], from_record(Environment, report["environment"])
    last = report["rows"][-1]
    return (
        f"Right answers in % of {last['ours']['images']} photographs that nothing was learned from, with 95 % "
        f"intervals, by `python docs/teach.py`; those of the file itself are {share(report['file'])} with "
        f"{last['images_of_a_class']} images a class.\n\n{table}\n"
        f"For {last['held_out']['images']} images it took {teach['cpu_s'] / bare['cpu_s']:.2f} times the processor "
        f"time of their features alone ({teach['cpu_s']:.0f} s), and {teach['most_mb']:.0f} MB of memory.\n"
        f"{machine_name(environment)}; {shown_time(environment)}\n"
    )


def share(of: dict[str, Any]) -> str:
    """Show the result of `accuracy` in % with its interval."""
    low, high = (100 * end for end in of["interval"])
    return f"{100 * of['right'] / of['images']:.1f} ({low:.0f}-{high:.0f})"


def main() -> None:
    """Measure, print and write the figures."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--photographs", type=Path, required=True, metavar="DIR")
    flags.add_argument("--bare", action="store_true", help="only compute features")
    options = flags.parse_args()
    if options.bare:
        bare(options.photographs)
        return
    backbone = load_backbone(threads=THREADS)
    judged = read_examples_of(list_classes(options.photographs / "validation"), backbone)
    new = judged.features.astype(np.float32)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for count in COUNTS:
            listed = list_classes(choose(options.photographs, count, work / str(count)))
            examples = read_examples_of(listed, backbone)
            learned = learn(examples, len(listed.names))
            theirs = scikit_learn(examples.features.astype(np.float32), examples.labels, new)
            rows.append(
                {
                    "images_of_a_class": count,
                    "held_out": accuracy(learned.held_out.argmax(axis=1) == examples.labels),
                    "ours": accuracy(learned.head.logits(new).argmax(axis=1) == judged.labels),
                    "scikit_learn": {kind: accuracy(answers == judged.labels) for kind, answers in theirs.items()},
                }
            )
            print(json.dumps(rows[-1]), flush=True)
        last = work / str(COUNTS[-1])
        command = ("-m", "edge.run.main", "teach", last, "--out", work / "t.tflite", "--threads", THREADS)
        taught = cost_of(*command)
        alone = cost_of("docs/teach.py", "--bare", "--photographs", last)
        model = LoadedModel.load(work / "t.tflite", threads=THREADS)
        labels, right = model.spec.labels, []
        for kind, paths in list_class_folders(options.photographs / "validation").images.items():
            frames = (read_image(path, least=vision.least_edge(INPUT)) for path in paths)
            right += [labels[int(model.scores(vision.prepare(each, INPUT).pixels).argmax())] == kind for each in frames]
        figures = {
            "environment": to_record(describe_environment(["docs/teach.py"], seed=0, threads=THREADS)),
            "rows": rows,
            "file": accuracy(np.array(right)),
            "file_bytes": (work / "t.tflite").stat().st_size,
            "teach": taught._asdict(),
            "bare_features": alone._asdict(),
        }
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
