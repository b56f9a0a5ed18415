"""Trainings of more or less of the pretrained network, by the number of images a class.

`python docs/image_counts.py --photographs DIR` learns from some photographs of each class in DIR/train with
`python -m train`, judges on all of DIR/validation and writes docs/measured/image_counts.json. Finished runs are kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import teach

from benchmarks.host.environment import Environment, describe_environment, machine_name, shown_time
from benchmarks.records import from_record, to_record
from edge.classify.interval import wilson_interval
from train.results.run_dir import METRICS

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "measured" / "image_counts.json"
COUNTS = (5, 20, 60)  # images of a class
KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "the last layer": ("head", ("--head-only",)),
    "from the sixth block on": ("six", ()),
    "all of it": ("all", ("--train-from", "0")),
}


def train(photographs: Path, count: int, kind: str, folder: Path) -> dict[str, Any]:
    """Train on so many images of each class, unless that is done; return counts and interval of the right answers."""
    name, flags = KINDS[kind]
    data, run = folder.resolve() / str(count), folder.resolve() / f"{name}{count}"
    if not data.exists():
        teach.choose(photographs, count, data / "train")
        (data / "test").symlink_to((photographs / "validation").resolve(), target_is_directory=True)
    if not run.exists():
        command = ["-m", "train", "--data", str(data), "--runs", str(folder), "--name", run.name, "--no-report", *flags]
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
    metrics = json.loads((run / METRICS).read_text(encoding="utf-8"))
    images = metrics["images"]["test"]
    right = round(metrics["test_top1_accuracy"] * images)
    return {"right": right, "images": images, "interval": wilson_interval(right, images)}


def page(report: dict[str, Any]) -> str:
    """Return the table of the figures."""
    environment = from_record(Environment, report["environment"])
    lines = [["images a class", *KINDS], ["--:"] * (1 + len(KINDS))]
    for row in report["rows"]:
        shares = [row["trained"][kind] for kind in KINDS]
        lines.append([str(row["images_of_a_class"]), *map(teach.share, shares)])
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    images = report["rows"][0]["trained"][next(iter(KINDS))]["images"]
    return (
        f"Right answers in % of {images} photographs that nothing was learned from, with 95 % intervals, after "
        f"`python -m train`, by `python docs/image_counts.py`.\n\n{table}\n"
        f"{machine_name(environment)}; {shown_time(environment)}\n"
    )


def main() -> None:
    """Train, print and write the figures."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument(
        "--photographs", type=Path, required=True, metavar="DIR", help="with folders train and validation"
    )
    flags.add_argument("--work", type=Path, default=ROOT / "runs" / "image_counts", help="folder of images and runs")
    flags.add_argument("--counts", type=int, nargs="+", default=COUNTS, metavar="N", help="images of a class")
    options = flags.parse_args()
    rows = []
    for count in options.counts:
        trained = {kind: train(options.photographs, count, kind, options.work) for kind in KINDS}
        rows.append({"images_of_a_class": count, "trained": trained})
        print(json.dumps(rows[-1]), flush=True)
        environment = to_record(describe_environment(["docs/image_counts.py"], seed=0, threads=2))
        FIGURES.write_text(json.dumps({"environment": environment, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
