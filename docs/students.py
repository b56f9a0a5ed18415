"""Networks of other widths and depths beside the tutorials' network: times, and what those that are as fast learn.

`python docs/students.py` measures every candidate as an int8 file on one thread of this machine, trains those that take
no longer than `baseline` from soft labels, and writes the times and the accuracies on the validation images to
docs/measured/students.json. Finished runs are kept; `--only-times` trains no others.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from benchmarks.host.environment import Environment, describe_environment, machine_name, shown_time
from benchmarks.records import from_record, to_record
from export.calibration import Calibration, choose_calibration, load_dataset
from export.source import Source, load_source
from export.tflite import TfliteFormat
from train.network.networks import edge

ROOT = Path(__file__).parents[1]
PRETRAINED = ROOT / "pretrained"
MEASURED = ROOT / "docs" / "measured" / "students.json"
CANDIDATES = (
    ((16, 48, 80), (1, 1, 1)),
    ((16, 48, 96), (1, 1, 1)),
    ((16, 64, 96), (1, 1, 1)),
    ((8, 48, 112), (1, 1, 1)),
    ((24, 48, 80), (1, 1, 1)),
    ((16, 32, 64), (1, 1, 2)),
    ((16, 48, 64), (1, 1, 2)),
    ((8, 48, 64), (1, 1, 2)),
    ((16, 32, 80), (1, 1, 2)),
    ((16, 48, 48), (1, 1, 3)),
    ((16, 32, 80), (1, 2, 1)),
    ((16, 32, 64), (1, 2, 2)),
    ((8, 32, 64), (1, 2, 2)),
    ((16, 32, 48), (1, 2, 3)),
    ((16, 48, 48), (1, 1, 4)),
    ((16, 32, 48), (1, 2, 4)),
    ((16, 32, 40), (1, 2, 4)),
    ((16, 32, 40), (1, 3, 3)),
    ((16, 24, 48), (1, 2, 4)),
    ((16, 24, 32), (2, 2, 4)),
    ((12, 32, 48), (1, 2, 3)),
    ((12, 32, 64), (1, 2, 2)),
    ((8, 48, 80), (2, 2, 1)),
)
"""Widths and blocks of the stages; the first is the network that ships."""
_ROUNDS, _CALLS, _UNTIMED = 60, 60, 5
_SHORT = "--no-flip --erase 0.1 --mixed-precision bfloat16 --split-seed 0"


def int8_file(model: keras.Model, source: Source, calibration: Calibration) -> bytes:
    """Convert a network, trained or not: how long it takes doesn't depend on its weights."""
    network, spec = replace(source, model=model).for_device(for_integers=True)
    return TfliteFormat().convert(network, "int8", calibration, spec=spec)


def times_us(files: dict[str, bytes]) -> dict[str, list[float]]:
    """Return the fastest call of each file in every round, in microseconds; the files take turns."""
    pixels = np.random.default_rng(0).integers(0, 256, (1, 28, 28, 1), dtype=np.uint8)
    interpreters = {}
    for name, content in files.items():
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
        interpreters[name] = interpreter
    found: dict[str, list[float]] = {name: [] for name in files}
    for _ in range(_ROUNDS):
        for name, interpreter in interpreters.items():
            for _ in range(_UNTIMED):
                interpreter.invoke()
            calls = []
            for _ in range(_CALLS):
                started_ns = time.perf_counter_ns()
                interpreter.invoke()
                calls.append(time.perf_counter_ns() - started_ns)
            found[name].append(min(calls) / 1e3)
    return found


def name_of(widths: tuple[int, ...], blocks: tuple[int, ...]) -> str:
    """Return the name of a candidate."""
    return f"student-{'-'.join(map(str, widths))}-{''.join(map(str, blocks))}"


def run_name(row: dict[str, Any], epochs: int) -> str:
    """Return the name of a candidate's training."""
    return f"{row['name']}-{epochs}"


def measured() -> list[dict[str, Any]]:
    """Return a row for each candidate: parameters, and times as a share of the baseline's."""
    source, baseline = load_source(PRETRAINED / "edge"), load_source(PRETRAINED / "baseline")
    dataset = load_dataset("fashion-mnist", run=source.path, seed=0)
    calibration = choose_calibration(dataset, source.spec.input, count=20, seed=0)
    models = {
        name_of(widths, blocks): edge(height=28, width=28, classes=10, widths=widths, blocks=blocks)
        for widths, blocks in CANDIDATES
    }
    files = {"baseline": baseline.model, **models}
    times = times_us({name: int8_file(model, source, calibration) for name, model in files.items()})
    rows = []
    for widths, blocks in CANDIDATES:
        name = name_of(widths, blocks)
        ratios = [mine / its for mine, its in zip(times[name], times["baseline"], strict=True)]
        rows.append({"name": name, "widths": widths, "blocks": blocks, "parameters": models[name].count_params(),
                     "time": median(ratios)})  # fmt: skip
    return rows


def train(row: dict[str, Any], epochs: int, runs: Path, teacher: Path) -> dict[str, Any]:
    """Train a candidate, unless that is done, and return its row with accuracy and loss on the validation images."""
    name = run_name(row, epochs)
    if not (runs / name).exists():
        stages = [word for flag in ("widths", "blocks") for word in (f"--{flag}", *map(str, row[flag]))]
        flags = f"--preset edge --epochs {epochs} {_SHORT} --teacher {teacher}".split()
        command = [sys.executable, "-m", "train", "--runs", str(runs), "--name", name, *flags, *stages]
        subprocess.run(command, cwd=ROOT, check=True)
    metrics = json.loads((runs / name / "metrics.json").read_text(encoding="utf-8"))
    if (learned_from := Path(metrics["config"]["teacher"]).name) != teacher.name:
        raise SystemExit(f"{runs / name} learned from {learned_from}: remove it, or give --teacher that file")
    last = (runs / name / "history.csv").read_text(encoding="utf-8").splitlines()
    loss = float(last[-1].split(",")[last[0].split(",").index("val_loss")])
    return row | {"epochs": epochs, "validation": metrics["validation_top1_accuracy"], "loss": loss}


def page(report: dict[str, Any]) -> str:
    """Return the table of the figures."""
    environment = from_record(Environment, report["environment"])
    is_trained = any("validation" in row for row in report["rows"])
    head = ["widths", "blocks", "parameters", "time of `baseline`", *(["validation %", "loss"] if is_trained else [])]
    lines = [head, ["---", "---", *["--:"] * (len(head) - 2)]]
    for row in report["rows"]:
        stages = [" ".join(map(str, row[name])) for name in ("widths", "blocks")]
        found = [f"{100 * row['validation']:.2f}", f"{row['loss']:.4f}"] if "validation" in row else [""] * 2
        cells = [*stages, f"{row['parameters']:,}", f"{row['time']:.2f}", *(found if is_trained else [])]
        lines.append(cells)
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    taught = f"{epochs[0]} epochs from {report['teacher']}; " if (epochs := _epochs(report)) else ""
    return f"{table}\n{taught}{machine_name(environment)}; {shown_time(environment)}\n"


def _epochs(report: dict[str, Any]) -> list[int]:
    """Return the numbers of epochs of the trainings, each once."""
    return sorted({row["epochs"] for row in report["rows"] if "epochs" in row})


def main() -> None:
    """Measure, train and write the figures."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of the run directories")
    flags.add_argument("--epochs", type=int, default=30, help="of each training")
    flags.add_argument("--teacher", type=Path, default=PRETRAINED / "soft_labels.npz", help="file of soft labels")
    flags.add_argument("--longest", type=float, default=1.0, help="time that a candidate may take, of the baseline's")
    flags.add_argument("--only-times", action="store_true", help="train nothing more")
    options = flags.parse_args()
    rows = measured()
    environment = to_record(describe_environment(["docs/students.py"], seed=0, threads=1))
    for number, row in enumerate(rows):
        is_trained = (options.runs / run_name(row, options.epochs)).exists()
        if is_trained or (row["time"] <= options.longest and not options.only_times):
            rows[number] = train(row, options.epochs, options.runs.resolve(), options.teacher.resolve())
        report = {"environment": environment, "teacher": options.teacher.name, "rows": rows}
        MEASURED.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(page(report))


if __name__ == "__main__":
    main()
