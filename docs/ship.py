"""`make ship`: trains what the project ships and what it is compared with; hours on a CPU.

Renews pretrained/ and the model inside the package, and docs/measured/tried.txt. A run that is there already is kept,
so that an interrupted `make ship` goes on; remove its directory to train it again. Needs Fashion-MNIST.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured"
PRETRAINED = ROOT / "pretrained"
SOFT_LABELS = "pretrained/soft_labels.npz"
# The flags that the documentation shows are these; `python -m train --name NAME` comes before them.
TEACHER = (
    f"--preset teacher --epochs 20 --warmup-epochs 1.5 --shift 2 --mixed-precision bfloat16 --soft-labels {SOFT_LABELS}"
)
EDGE = f"--preset edge --epochs 80 --no-flip --erase 0.1 --mixed-precision bfloat16 --teacher {SOFT_LABELS}"
RUNS = {
    "baseline": "--preset baseline",
    "edge-alone": "--preset edge",
    "teacher": TEACHER,
    "edge": EDGE,
    "edge-seed1": f"{EDGE} --seed 1",
    "edge-seed2": f"{EDGE} --seed 2",
}
SHIPPED = ("baseline", "edge")
# The sample grid of a run shows images of the data set, which this project doesn't redistribute.
FILES = ("model.keras", "model_spec.json", "metrics.json", "history.csv", "curves.png", "confusion_matrix.png")


def main() -> None:
    """Train what is missing, ship, compare."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of the run directories")
    folder = flags.parse_args().runs
    for name, choices in RUNS.items():
        if not (folder / name).exists():
            module("train", "--runs", str(folder), *_new_or_resumed(folder, name, choices))
    for name in SHIPPED:
        (PRETRAINED / name).mkdir(exist_ok=True)
        for file in FILES:
            shutil.copy(folder / name / file, PRETRAINED / name / file)
    with tempfile.TemporaryDirectory() as exported:
        for name in RUNS:
            module("export.tflite", str(folder / name), "--quantize", "int8", "--artifacts", exported)
        files = sorted(str(path) for path in Path(exported).glob("*.tflite"))
        runs = [str(folder / name) for name in RUNS]
        (MEASURED / "tried.txt").write_text(module("train.compare", *runs, "--exported", *files), encoding="utf-8")
        for name in SHIPPED:
            shutil.copy(Path(exported) / f"{name}_int8.tflite", ROOT / "edge" / "models" / f"{name}_int8.tflite")


def _new_or_resumed(folder: Path, name: str, choices: str) -> list[str]:
    if (folder / f".{name}.partial" / "state.npz").exists():
        return ["--name", name, "--resume"]
    return ["--name", name, *choices.split()]


def module(*arguments: str) -> str:
    """Run a module as a user would, show what it prints and return it."""
    print(f"$ python -m {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout, end="", flush=True)
    return done.stdout


if __name__ == "__main__":
    main()
