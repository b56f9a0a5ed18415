"""`make ship`: trains the network that ships and those it is compared with, in hours on a CPU.

Renews pretrained/, the model inside the package and docs/measured/tried.txt. Finished runs are kept, so that an
interrupted `make ship` continues; remove a run to train it again. Needs Fashion-MNIST and the photographs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from clothes_images import write_images
from commands import call

from benchmarks.analysis.seed_variance import REPETITIONS
from edge.artifact.file import read_artifact

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured"
PRETRAINED = ROOT / "pretrained"
SOFT_LABELS = "pretrained/soft_labels.npz"
# Flags behind `python -m train --name NAME`, also shown in the documentation; {runs} is the folder of the runs.
TEACHER = (
    f"--preset teacher --epochs 20 --warmup-epochs 1.5 --shift 2 --mixed-precision bfloat16 --soft-labels {SOFT_LABELS}"
)
SHORT = "--preset edge --epochs 12 --mixed-precision bfloat16"
TAUGHT = f"--preset edge --epochs 80 --no-flip --mixed-precision bfloat16 --teacher {SOFT_LABELS}"
FURTHER = f"{TAUGHT} --erase 0 --learning-rate 2e-3 --initial {{runs}}"
EXTRA_DATA = (
    "--extra-data {runs}/photographs.npz {runs}/scenes.npz --extra-data-share 0.25 "
    "--threshold-data {runs}/threshold.npz"
)
IMAGES = {
    "photographs.npz": "train.photographs {photographs}/train",
    "threshold.npz": "train.photographs {photographs}/validation --variants 0",
    "scenes.npz": "train.scenes --count 15000",
}
RUNS = {
    "baseline": "--preset baseline",
    "short": SHORT,
    "short-plain": f"{SHORT} --no-flip --erase 0.1",
    "teacher": TEACHER,
    "edge-first": f"{TAUGHT} --erase 0.1",
    "edge-second": f"{FURTHER}/edge-first",
    "edge": f"{FURTHER}/edge-second {EXTRA_DATA}",
} | {
    name: flags
    for seed in (1, 2)
    for name, flags in {
        f"edge-first-seed{seed}": f"{TAUGHT} --erase 0.1 --seed {seed}",
        f"edge-second-seed{seed}": f"{FURTHER}/edge-first-seed{seed} --seed {seed}",
        f"edge-seed{seed}": f"{FURTHER}/edge-second-seed{seed} {EXTRA_DATA} --seed {seed}",
    }.items()
}
# The model of real garments, from the photographs alone, and then with counter-examples: docs/clothes_images.py.
_CLOTHES = (
    "--input-size 192 --train-scale 0.8 --test-fraction 0 --balance 0 --mixup 0.2 --cutmix 0.5 --average-epochs 1 "
    "--warmup-epochs 0"
)
CLOTHES = {
    "clothes-first": f"--data {{runs}}/clothes_known {_CLOTHES} --epochs 16",
    "clothes": f"--data {{runs}}/clothes_photographs {_CLOTHES} --initial {{runs}}/clothes-first --epochs 4 "
    "--learning-rate 1e-4",
}

CLOTHES_EXPORT = "--quantize int8"
MICRO = f"--preset micro --mixed-precision bfloat16 --teacher {SOFT_LABELS}"  # docs/micro.md
# Runs that differ in their seed alone, for the spread in the report.
ALIKE = ("edge", "edge-seed1", "edge-seed2")
# Runs that docs/curve.py measures.
COMPARED = ("baseline", "edge-second", "edge", "edge-seed1", "edge-seed2")
# The photographs of github.com/alexeygrigorev/clothing-dataset-small; none of them is in this project.
PHOTOGRAPHS = ROOT.parent / "shared" / "photos"
SHIPPED = ("baseline", "edge", "micro")
EXPORTED = tuple(name for name in RUNS if name == "baseline" or name.startswith("edge"))
# The sample grid of a run shows images of the data set, which this project doesn't redistribute.
FILES = ("model.keras", "model_spec.json", "metrics.json", "history.csv", "curves.png", "confusion_matrix.png")


def main() -> None:
    """Train the missing runs, ship and compare."""
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    flags.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of the run directories")
    flags.add_argument("--photographs", type=Path, default=PHOTOGRAPHS, help="folder of the photographs")
    options = flags.parse_args()
    folder = options.runs
    for file, command in IMAGES.items():
        if not (folder / file).exists():
            module(*command.format(photographs=options.photographs).split(), "--out", str(folder / file))
    write_images(options.photographs, folder / "clothes_known", with_unknown=False)
    write_images(options.photographs, folder / "clothes_photographs")
    for name, choices in (RUNS | CLOTHES | {"micro": MICRO}).items():
        if not (folder / name).exists():
            module("train", "--runs", str(folder), *_new_or_resumed(folder, name, choices.format(runs=folder)))
    for name in SHIPPED:
        (PRETRAINED / name).mkdir(exist_ok=True)
        for file in FILES:
            shutil.copy(folder / name / file, PRETRAINED / name / file)
    with tempfile.TemporaryDirectory() as exported:
        for name in EXPORTED:
            module("export.tflite", str(folder / name), "--quantize", "int8", "--artifacts", exported)
        files = sorted(str(path) for path in Path(exported).glob("*.tflite"))
        runs = [str(folder / name) for name in RUNS]
        (MEASURED / "tried.txt").write_text(module("train.compare", *runs, "--exported", *files), encoding="utf-8")
        module("export.tflite", str(folder / "clothes"), *CLOTHES_EXPORT.split(), "--artifacts", exported)
        for name in ("edge_int8.tflite", "clothes_int8.tflite"):
            shutil.copy(Path(exported) / name, ROOT / "edge" / "models" / name)
        keep_repetitions(folder, Path(exported))
        compared = [str(Path(exported) / f"{name}_int8.tflite") for name in COMPARED]
        validation = str(options.photographs / "validation")
        script = [sys.executable, "docs/curve.py", *compared, "--photographs", validation]
        subprocess.run(script, cwd=ROOT, check=True)


def keep_repetitions(runs: Path, exported: Path) -> None:
    """Keep the results of the runs with other seeds, which don't ship, beside the run that ships."""
    repetitions = []
    for name in ALIKE:
        spec = read_artifact(exported / f"{name}_int8.tflite").spec
        seed = json.loads((runs / name / "metrics.json").read_text(encoding="utf-8"))["config"]["seed"]
        parity = spec.provenance.parity if spec else {}
        repetitions.append(
            {"seed": seed, "dataset": parity["dataset"], "images": parity["images"],
             "top1": parity["keras_top1_accuracy"], "int8_top1": parity["top1_accuracy"]}
        )  # fmt: skip
    text = json.dumps(repetitions, indent=1) + "\n"
    (PRETRAINED / ALIKE[0] / REPETITIONS).write_text(text, encoding="utf-8")


def _new_or_resumed(folder: Path, name: str, choices: str) -> list[str]:
    if (folder / f".{name}.partial" / "state.npz").exists():
        return ["--name", name, "--resume"]
    return ["--name", name, *choices.split()]


def module(*arguments: str) -> str:
    """Run a module as a user would, and print and return its output."""
    text = call(*arguments)
    print(text, end="", flush=True)
    return text


if __name__ == "__main__":
    main()
