"""Accuracy on Fashion-MNIST against accuracy on photographs for several networks, as figures and a chart.

`python docs/curve.py FILES --photographs DIR` measures int8 files on photographs with `python -m benchmarks`, and
writes docs/measured/curve.json and docs/curve.png. Part of `make ship`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from edge.artifact.file import read_artifact

ROOT = Path(__file__).parents[1]
FIGURES, PICTURE = ROOT / "docs" / "measured" / "curve.json", ROOT / "docs" / "curve.png"
PLACES = {"edge-seed1": ((-4, -14), "right"), "edge-seed2": ((4, -26), "center")}  # of names that lie close together
QUICK = ("--repeats", "1", "--max-repeats", "1", "--runs", "1", "--frames", "1")  # no time is read
FLOORS = {"fashion_mnist": 0.94, "photographs": 0.85}  # target on both


def measured(model: Path, photographs: Path) -> dict[str, Any]:
    """Return a file's accuracy on the test images, from its export, and its results on photographs: shares, 0-1."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks", str(model), "--data", str(photographs), *QUICK]
        subprocess.run([*command, "--out", folder], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        report = json.loads((Path(folder) / "report.json").read_text(encoding="utf-8"))
    specification = read_artifact(model).spec
    assert specification is not None
    tally = next(row["photographs"] for row in report["rows"] if row["status"] == "ok")
    answered = tally["rejection"]["answered"]
    return {
        "run": specification.provenance.run_name,
        "fashion_mnist": specification.provenance.parity["top1_accuracy"],
        "photographs": tally["totals"]["known"]["top1"]["share"],
        "area_under_roc": tally["rejection"]["auroc"],
        "known_kept": answered["known_kept"]["share"],
        "unknown_rejected": answered["unknown_rejected"]["share"],
    }


def draw(points: list[dict[str, Any]]) -> Figure:
    """Draw a labelled dot for each network; the target is shaded."""
    figure = Figure(figsize=(6.4, 4.0), dpi=120, layout="constrained")
    axes = figure.subplots()
    for point in points:
        x, y = 100 * point["photographs"], 100 * point["fashion_mnist"]
        axes.plot(x, y, "o", color="#20639b")
        offset, side = PLACES.get(point["run"], ((6, 5), "left"))
        axes.annotate(point["run"], (x, y), xytext=offset, textcoords="offset points", fontsize=8, ha=side)
    axes.set_xlabel("validation photographs named rightly, %")
    axes.set_ylabel("Fashion-MNIST test images named rightly, %")
    axes.margins(0.15)
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    axes.axhspan(100 * FLOORS["fashion_mnist"], top, color="#3caea3", alpha=0.12, lw=0)
    axes.axvspan(100 * FLOORS["photographs"], right, color="#3caea3", alpha=0.12, lw=0)
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.grid(alpha=0.3)
    return figure


def main() -> None:
    """Measure the files, write the figures and draw the chart."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    flags.add_argument("files", nargs="+", type=Path, help="int8 model files")
    flags.add_argument("--photographs", type=Path, required=True, help="folder of the photographs")
    options = flags.parse_args()
    points = [measured(path, options.photographs) for path in options.files]
    points.sort(key=lambda point: float(point["photographs"]))
    FIGURES.write_text(json.dumps(points, indent=1) + "\n", encoding="utf-8")
    draw(points).savefig(PICTURE)


if __name__ == "__main__":
    main()
