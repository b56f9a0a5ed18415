"""Five folds over all photographs: each is judged once, by a network that has not seen it.

`python docs/folds.py --photographs DIR --epochs N` makes five data sets of links, trains on each with
`python -m train` and its defaults but for the epochs, and writes docs/measured/clothes_folds.txt. Choosing settings
and judging on the same validation photographs flatters; this figure chose nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from edge.classify.interval import wilson_interval

ROOT = Path(__file__).parents[1]
FOLDS, SEED = 5, 0


def link_fold(fold: int, photographs: Path, folder: Path) -> Path:
    """Make a data set of links whose test part is every fifth photograph of each class, in a random order."""
    classes = sorted(path.name for path in (photographs / "train").iterdir() if path.is_dir())
    for number, name in enumerate(classes):
        files = sorted(
            path.resolve() for part in ("train", "validation") for path in (photographs / part / name).iterdir()
        )
        places = np.random.default_rng([SEED, number]).permutation(len(files)) % FOLDS
        for path, place in zip(files, places, strict=True):
            link = folder / ("test" if place == fold else "train") / name / path.name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return folder


def main() -> None:
    """Train the missing folds and write the sentence."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--photographs", type=Path, required=True, help="folder with train and validation")
    flags.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of the run directories")
    flags.add_argument("--epochs", type=int, required=True, help="of each training")
    options = flags.parse_args()
    runs = options.runs.resolve()
    right = images = 0
    for fold in range(FOLDS):
        run = runs / f"fold{fold}"
        if not run.exists():
            data = link_fold(fold, options.photographs, runs / f"photographs_fold{fold}")
            command = ["-m", "train", "--data", str(data), "--runs", str(runs), "--name", run.name, "--no-report"]
            subprocess.run([sys.executable, *command, "--epochs", str(options.epochs)], cwd=ROOT, check=True)
        metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
        count = metrics["images"]["test"]
        right, images = right + round(metrics["test_top1_accuracy"] * count), images + count
    low, high = wilson_interval(right, images)
    sentence = (
        f"{right:,} of {images:,} photographs right, {100 * right / images:.1f} % (95 % interval {100 * low:.1f} to "
        f"{100 * high:.1f} %), at 160 pixels after {options.epochs} epochs.\n"
    )
    (ROOT / "docs" / "measured" / "clothes_folds.txt").write_text(sentence, encoding="utf-8")


if __name__ == "__main__":
    main()
