"""`make measure`: runs the whole chain and keeps the output and measurements of the commands in docs/measured/.

Exports and measures the networks that `make ship` trained. Needs Fashion-MNIST.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from commands import call
from numpy.typing import NDArray

from edge import demo
from edge.artifact.spec import FASHION_MNIST_LABELS
from train import scenes
from train.data.augment import vary_frame

ROOT = Path(__file__).parents[1]
MEASURED, REPORT = ROOT / "docs" / "measured", ROOT / "docs" / "report"
PRETRAINED = ("baseline", "edge")
# Photographs for `benchmarks --data`, where there are any; none of them is in this project.
PHOTOGRAPHS = ROOT.parent / "shared" / "photos" / "validation"
# Drawn garments that no training and no demo shows.
GARMENTS, SHAPES, WARDROBE_SEED = 300, 60, 77
TFLITE_RUNTIME = ("tflite-runtime==2.14.*", "numpy<2")  # as the extra of this name has it
EXPORTS = (
    ("tflite", "none"),
    ("tflite", "float16"),
    ("tflite", "dynamic"),
    ("tflite", "int8"),
    ("onnx", "none"),
    ("onnx", "int8"),
)


def run(name: str, *arguments: str, cwd: Path, may_miss: bool = False) -> None:
    """Run a module as a user would and keep its stdout as docs/measured/<name>.txt."""
    (MEASURED / f"{name}.txt").write_text(call(*arguments, cwd=cwd, may_miss=may_miss), encoding="utf-8")


def shrink(picture: Path, to: Path) -> None:
    """Scale an image to 60 %, because the sensor noise of drawn frames makes its file large."""
    image = cv2.imread(str(picture))
    cv2.imwrite(str(to), cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA))


def keep_report(report: Path, work: Path) -> None:
    """Copy a report to docs/report, without the name of its temporary folder."""
    shutil.rmtree(REPORT, ignore_errors=True)
    shutil.copytree(report, REPORT)
    for path in (path for path in REPORT.iterdir() if path.suffix != ".png"):
        path.write_text(path.read_text(encoding="utf-8").replace(f"{work}/", ""), encoding="utf-8")


def with_tflite_runtime(work: Path) -> tuple[str, ...]:
    """Make an environment for tflite-runtime, which needs an older numpy and Python, and return the flags that name it.

    Without such a Python or wheel there are no flags, and the report names the runtime as not installed.
    """
    own = [sys.executable] if sys.version_info < (3, 12) else []
    for python in [*own, *filter(None, map(shutil.which, ("python3.11", "python3.10")))]:
        commands = (
            (python, "-m", "venv", "--clear", "old"),
            ("old/bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install", *TFLITE_RUNTIME),
        )
        if all(subprocess.run(command, cwd=work, check=False).returncode == 0 for command in commands):
            return "--peer-python", "old/bin/python"
    print("tflite-runtime isn't in the report: no Python 3.10 or 3.11 that can install it", flush=True)
    return ()


def export_other_calibrations(work: Path) -> None:
    """Export the int8 file with two other choices of calibration images, to show the effect of the choice."""
    for seed in (1, 2):
        output = f"artifacts/edge_int8_calibration{seed}.tflite"
        source = str(ROOT / "pretrained" / "edge")
        call("export.tflite", source, "--quantize", "int8", "--seed", str(seed), "--out", output, cwd=work)


def draw_wardrobe(folder: Path) -> None:
    """Draw images that may be published: garments with random variations, and shapes that are no garment."""
    rng = np.random.default_rng(0)
    for number in range(GARMENTS):
        drawn = demo.draw_frame(number, seed=WARDROBE_SEED)
        label = FASHION_MNIST_LABELS[drawn.label_index].replace("/", " ")
        keep(vary_frame(drawn.image, rng), folder / label / f"{number:03d}.png")
    for number in range(SHAPES):
        keep(scenes.no_garment_scene(rng, empty_share=0.2), folder / "unknown" / f"{number:03d}.png")


def keep(image: NDArray[np.uint8], path: Path) -> None:
    """Write an image and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def examine(work: Path) -> None:
    """Keep the doctor's report on this machine and systemd's on the unit."""
    run("doctor", "edge.run.main", "doctor", cwd=work)
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "packaging/edge-classify.service"]
    print(f"$ {' '.join(command)}", flush=True)
    environment = {**os.environ, "SYSTEMD_EMOJI": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    (MEASURED / "security.txt").write_text(done.stdout, encoding="utf-8")


def describe_files(work: Path) -> None:
    """Keep descriptions of our file, of one without a specification, and of one that ONNX Runtime has rewritten."""
    run("describe", "edge.run.main", "describe", "edge", cwd=work)
    shutil.copy(ROOT / "tests" / "fixtures" / "softmax_int8.tflite", work / "other.tflite")
    run("describe_other", "edge.run.main", "describe", "other.tflite", cwd=work)
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(work / "faster.onnx")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(work / "artifacts" / "edge_int8.onnx", options, providers=["CPUExecutionProvider"])
    like = ("--like", "artifacts/edge_int8.onnx", "--write", "faster.onnx")
    run("describe_rewritten", "edge.run.main", "describe", "faster.onnx", *like, cwd=work)


def compare_int8_weights() -> None:
    """Measure ways to quantize the weights of an ONNX file."""
    print("$ python docs/int8_weights.py", flush=True)
    subprocess.run([sys.executable, "docs/int8_weights.py"], cwd=ROOT, check=True)


def try_other_runtimes(artifacts: Path) -> None:
    """Measure what other runtimes make of the exported files."""
    print("$ python docs/other_runtimes.py artifacts", flush=True)
    subprocess.run([sys.executable, "docs/other_runtimes.py", str(artifacts)], cwd=ROOT, check=True)


def try_microcontroller() -> None:
    """Measure TensorFlow Lite Micro beside LiteRT."""
    print("$ python docs/micro.py", flush=True)
    subprocess.run([sys.executable, "docs/micro.py"], cwd=ROOT, check=True)


def try_browser() -> None:
    """Measure the page in Chromium, and its runtime beside another."""
    for program in ("docs/web_figures.py", "docs/web_runtimes.py"):
        print(f"$ python {program}", flush=True)
        subprocess.run([sys.executable, program], cwd=ROOT, check=True)


def main() -> None:
    """Train a little, export every variant, run the demo, benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "pretrained").symlink_to(ROOT / "pretrained")  # for the spread over seeds in the report
        run("train", "train", "--epochs", "3", "--name", "quick", cwd=work)
        for file_format, mode in EXPORTS:
            for name in PRETRAINED:
                source = str(ROOT / "pretrained" / name)
                run(f"export_{file_format}_{mode}", f"export.{file_format}", source, "--quantize", mode, cwd=work)
        run("classify", "edge.run.main", "--picture", "demo.png", cwd=work)
        shrink(work / "demo.png", ROOT / "docs" / "demo.png")
        run("classify_json", "edge.run.main", "--json", "--max-frames", "1", cwd=work)
        examine(work)
        describe_files(work)
        export_other_calibrations(work)
        compare_int8_weights()
        try_other_runtimes(work / "artifacts")
        try_microcontroller()
        if shutil.which("npm") and (shutil.which("chromium") or shutil.which("chromium-browser")):
            try_browser()
        else:
            print("the browser isn't measured: no npm or no chromium here", flush=True)
        flags = ("--runtime", "litert", "--runtime", "onnxruntime", "--peers", *with_tflite_runtime(work))
        run("benchmarks", "benchmarks", *flags, "--out", "report", cwd=work)
        keep_report(work / "report", work)
        run("runner", "benchmarks", "runner", "--out", "runner.json", cwd=work, may_miss=True)
        call("benchmarks", "bulk", "--out", str(MEASURED / "bulk.json"), cwd=work, may_miss=True)
        draw_wardrobe(work / "drawn")
        judge = ("benchmarks", "edge", "--runtime", "litert", "--repeats", "1", "--data")
        run("drawn", *judge, "drawn", "--hits", "1", "--mistakes", "10", "--out", "wardrobe", cwd=work)
        for sheet in ("hits", "mistakes"):
            shrink(work / "wardrobe" / f"{sheet}.png", ROOT / "docs" / f"drawn_{sheet}.png")
        if PHOTOGRAPHS.is_dir():
            (work / "photographs").symlink_to(PHOTOGRAPHS)
            run("photos", *judge, "photographs", "--out", "photos", cwd=work)


if __name__ == "__main__":
    main()
