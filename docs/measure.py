"""`make measure`: the whole chain for real; keeps what the commands printed and measured in docs/measured/.

Also renews what the project ships: pretrained/baseline and the model inside the package. Needs Fashion-MNIST.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured"
EXPORTS = (
    ("tflite", "none"),
    ("tflite", "float16"),
    ("tflite", "dynamic"),
    ("tflite", "int8"),
    ("onnx", "none"),
    ("onnx", "int8"),
)
# The sample grid of a run shows images of the data set, which this project doesn't redistribute.
SHIPPED = ("model.keras", "model_spec.json", "metrics.json", "history.csv", "curves.png", "confusion_matrix.png")


def run(name: str, *arguments: str, cwd: Path) -> str:
    """Run a module as a user would, keep its stdout as docs/measured/<name>.txt and return it."""
    print(f"$ python -m {' '.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, stdout=subprocess.PIPE, text=True, check=True)
    (MEASURED / f"{name}.txt").write_text(done.stdout, encoding="utf-8")
    return done.stdout


def shrink(picture: Path, to: Path) -> None:
    """Keep a picture at 60 % of its size: the sensor noise of the drawn frames makes it large."""
    image = cv2.imread(str(picture))
    cv2.imwrite(str(to), cv2.resize(image, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA))


def main() -> None:
    """Train, export every variant, run the demo, benchmark."""
    MEASURED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run("train", "train", "--name", "baseline", cwd=work)
        for name in SHIPPED:
            shutil.copy(work / "runs" / "baseline" / name, ROOT / "pretrained" / "baseline" / name)
        for file_format, mode in EXPORTS:
            run(f"export_{file_format}_{mode}", f"export.{file_format}", "--quantize", mode, cwd=work)
        shutil.copy(work / "artifacts" / "baseline_int8.tflite", ROOT / "edge" / "models" / "baseline_int8.tflite")
        run("classify", "edge.cli", "--picture", "demo.png", cwd=work)
        shrink(work / "demo.png", ROOT / "docs" / "demo.png")
        run("classify_json", "edge.cli", "--json", "--max-frames", "1", cwd=work)
        run("benchmarks", "benchmarks", "--runtime", "litert", "--runtime", "onnxruntime", "--out", "report", cwd=work)
        report = json.loads((work / "report" / "report.json").read_text(encoding="utf-8"))
        for row in report["rows"]:
            row.pop("raw", None)  # a third of a megabyte that the README doesn't show
        (MEASURED / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        shutil.copy(work / "report" / "accuracy_latency.png", ROOT / "docs" / "accuracy_latency.png")


if __name__ == "__main__":
    main()
