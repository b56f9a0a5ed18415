"""`python docs/int8_weights.py`: ways to quantize the weights of an ONNX file, here and on a processor without VNNI.

Writes docs/measured/int8_weights.json, which docs/benchmarks.md shows. Needs Fashion-MNIST, and for the other processor
QEMU's user mode. Part of `make measure`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from benchmarks.host.environment import describe_environment
from benchmarks.records import to_record
from benchmarks.stats.ratios import speedup
from edge.artifact.file import read_artifact
from edge.datasets import fashion_mnist
from edge.runtimes.onnxruntime import OnnxRuntime, int8_saturates

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured" / "int8_weights.json"
NETWORKS = ("edge", "baseline")
SHIPPED = "int8, no pair above 128"
WAYS: dict[str, dict[str, Any]] = {
    "int8, largest weight 127": {"is_limited": False},
    SHIPPED: {},
    "int8, 7 bits (reduce_range)": {"is_limited": False, "reduce_range": True},
    "uint8": {"is_limited": False, "weight_type": "QUInt8"},
}
EMULATOR = ("qemu-x86_64", "-cpu", "Haswell")
FEWER_IMAGES = 1000  # of a file that doesn't ship, on the emulated processor
ROUNDS, CALLS = 40, 150


def answers(path: Path, images: NDArray[np.uint8], *, fused: bool = True) -> NDArray[np.int64]:
    """Return the class indices that a file's usual kernels, or its operators one by one, give to images."""
    runtime = OnnxRuntime(path, read_artifact(path).network, threads=1, may_saturate=False, fused=fused)
    scores = [runtime.invoke(image[np.newaxis, :, :, np.newaxis]) for image in images]
    return np.concatenate(scores).argmax(axis=1)


def elsewhere(path: Path, count: int) -> NDArray[np.int64] | None:
    """Return the answers to the first images on a processor without VNNI; None where there is none."""
    if int8_saturates():
        return answers(path, fashion_mnist.load("test")[0][:count])
    if not shutil.which(EMULATOR[0]):
        return None
    command = [*EMULATOR, sys.executable, __file__, str(path), str(count)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout
    return np.array(json.loads(printed))


def export(name: str, folder: Path) -> dict[str, Path]:
    """Write a network's files, one a way."""
    from export import command

    command._import_tensorflow()
    from onnxruntime.quantization import QuantType

    from export.calibration import balanced_count, choose_calibration, load_dataset
    from export.onnx import float_model, quantize, take_pixels
    from export.source import load_source

    source = load_source(ROOT / "pretrained" / name)
    dataset = load_dataset("fashion-mnist", run=source.path, seed=0)
    calibration = choose_calibration(dataset, source.spec.input, count=balanced_count(dataset, 300), seed=0)
    network, _ = source.for_device(for_integers=True)
    files = {}
    for number, (way, settings) in enumerate(WAYS.items()):
        kinds = {key: getattr(QuantType, value) for key, value in settings.items() if key == "weight_type"}
        files[way] = folder / f"{name}_{number}.onnx"
        onnx.save(
            take_pixels(quantize(float_model(network), calibration, **(settings | kinds)), calibration.input),
            files[way],
        )
    return files


def times(files: dict[str, Path], images: NDArray[np.uint8]) -> dict[str, list[float]]:
    """Return the median time of a call, microseconds, one a round; the files take turns."""
    networks = {way: (path, read_artifact(path).network) for way, path in files.items()}
    runtimes = {way: OnnxRuntime(*network, threads=1, may_saturate=False) for way, network in networks.items()}
    tensors = [image[np.newaxis, :, :, np.newaxis] for image in images[:CALLS]]
    found: dict[str, list[float]] = {way: [] for way in files}
    for number in range(ROUNDS + 1):
        for way, runtime in runtimes.items():
            calls = []
            for tensor in tensors:
                started = time.perf_counter_ns()
                runtime.invoke(tensor)
                calls.append(time.perf_counter_ns() - started)
            if number:  # the first round warms up
                found[way].append(median(calls) / 1000)
    return found


def compare(kernel: NDArray[np.int64], exact: NDArray[np.int64], labels: NDArray[Any]) -> dict[str, float]:
    """Compare a kernel's answers to the first images with the file's own arithmetic; lost in percentage points."""
    count = len(kernel)
    right = (exact[:count] == labels[:count]).mean()
    return {
        "images": count,
        "agreement": float((kernel == exact[:count]).mean()),
        "lost_pp": float(100 * (right - (kernel == labels[:count]).mean())),
    }


def main() -> None:
    """Export, run and time every way."""
    if len(sys.argv) == 3:
        print(json.dumps(answers(Path(sys.argv[1]), fashion_mnist.load("test")[0][: int(sys.argv[2])]).tolist()))
        return
    images, labels = fashion_mnist.load("test")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NETWORKS:
            files = export(name, Path(folder))
            timed = times(files, images)
            usual = timed[next(iter(WAYS))]
            for way, path in files.items():
                exact, kernel = answers(path, images, fused=False), answers(path, images)
                other = elsewhere(path, len(images) if way == SHIPPED else FEWER_IMAGES)
                rows.append(
                    {
                        "network": name,
                        "weights": way,
                        "top1": float((exact == labels).mean()),
                        "kernel_agreement": float((kernel == exact).mean()),
                        "elsewhere": None if other is None else compare(other, exact, labels),
                        "invoke_us": median(timed[way]),
                        "invoke_ratio": asdict(speedup(usual, timed[way])),
                    }
                )
                print(json.dumps(rows[-1]), flush=True)
    environment = describe_environment(["docs/int8_weights.py"], seed=0, threads=1)
    report = {
        "environment": to_record(environment),
        "saturates_here": int8_saturates(),
        "elsewhere": "this processor" if int8_saturates() else " ".join(EMULATOR),
        "rows": rows,
    }
    MEASURED.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
