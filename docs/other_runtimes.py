"""`python docs/other_runtimes.py [FOLDER]`: what other runtimes, and other kernels, make of the edge network's files.

FOLDER, by default `artifacts`, holds edge_none and edge_int8 as .tflite and .onnx, as `python -m export.tflite` and
`export.onnx` write them. Writes docs/measured/other_runtimes.json, of which docs/model-files.md shows a table. Needs
Fashion-MNIST, OpenCV 5 and TensorFlow. Part of `make measure`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.host.environment import describe_environment
from benchmarks.records import to_record
from edge.datasets import fashion_mnist

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured" / "other_runtimes.json"
IMAGES = 2000
_WRONG = 0.9  # a share of the same answers below which a file doesn't run, but seems to
FILES = ("edge_int8.tflite", "edge_none.tflite", "edge_int8.onnx", "edge_none.onnx")

Pixels = NDArray[np.uint8]
"""Images: uint8, 0-255, grey, shape (N, height, width)."""
Scores = NDArray[Any]
"""Output of a file, shape (N, classes): whole numbers of an int8 TFLite file, else float."""
Run = Callable[[Path, Pixels], Scores]


def interpret(path: Path, images: Pixels, *, make: Callable[..., Any], **settings: Any) -> Scores:
    """Run a TFLite interpreter on each image."""
    network = make(model_path=str(path), num_threads=1, **settings)
    network.allocate_tensors()
    (input_,), (output,) = network.get_input_details(), network.get_output_details()
    scores = []
    for tensor in inputs(images, input_["dtype"])[..., np.newaxis]:
        network.set_tensor(input_["index"], tensor[np.newaxis])
        network.invoke()
        scores.append(network.get_tensor(output["index"])[0].copy())
    return np.array(scores)


def infer(path: Path, images: Pixels) -> Scores:
    """Run ONNX Runtime on each image."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (input_,) = session.get_inputs()
    tensors = inputs(images, np.uint8 if "uint8" in input_.type else np.float32)[..., np.newaxis]
    return np.concatenate([session.run(None, {input_.name: tensor[np.newaxis]})[0] for tensor in tensors])


def forward(path: Path, images: Pixels, *, engine: int, shift: int = 0) -> Scores:
    """Run OpenCV's DNN module on each image; a shift gives int8 files signed pixels, 0-255 less the shift."""
    is_onnx, is_int8 = path.suffix == ".onnx", "int8" in path.name
    network = (cv2.dnn.readNetFromONNX if is_onnx else cv2.dnn.readNetFromTFLite)(str(path), engine)
    tensors: NDArray[Any] = inputs(images, np.uint8 if is_int8 else np.float32)
    if is_int8 and shift:
        tensors = (tensors.astype(np.int16) - shift).astype(np.int8)
    scores = []
    for tensor in tensors:
        # Of a TFLite file it wants NCHW, of an ONNX file the shape that the file has, NHWC.
        network.setInput(tensor[np.newaxis, :, :, np.newaxis] if is_onnx else tensor[np.newaxis, np.newaxis])
        scores.append(network.forward().reshape(-1).copy())
    return np.array(scores)


def inputs(images: Pixels, dtype: Any) -> NDArray[Any]:
    """Return what a network takes: the pixels themselves, or as float32 in 0-1."""
    return images if dtype == np.uint8 else images.astype(np.float32) / 255


def runtimes() -> dict[str, tuple[str, str, Run]]:
    """Return name -> version, part of a file's name that it is tried on, and function."""
    import onnxruntime
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    litert = partial(interpret, make=Interpreter)
    built_in, slow = (
        partial(litert, experimental_op_resolver_type=kernels)
        for kernels in (OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.BUILTIN_REF)
    )
    classic = partial(forward, engine=cv2.dnn.ENGINE_CLASSIC)
    return {
        "LiteRT, XNNPACK (the runner)": (version("ai-edge-litert"), ".tflite", litert),
        "LiteRT, built-in kernels": (version("ai-edge-litert"), ".tflite", built_in),
        "LiteRT, reference kernels": (version("ai-edge-litert"), ".tflite", slow),
        "TensorFlow, XNNPACK": (tf.__version__, ".tflite", partial(interpret, make=tf.lite.Interpreter)),
        "ONNX Runtime, its default kernels (the runner)": (onnxruntime.__version__, ".onnx", infer),
        "OpenCV, its default engine": (cv2.__version__, "", partial(forward, engine=cv2.dnn.ENGINE_AUTO)),
        "OpenCV, `ENGINE_CLASSIC`": (cv2.__version__, "", classic),
        "OpenCV, `ENGINE_CLASSIC`, pixels - 128": (cv2.__version__, "int8", partial(classic, shift=128)),
    }


def compare(scores: Scores, reference: Scores) -> dict[str, float]:
    """Return the shares of images with the same answer and the same bytes, and the largest difference of a score."""
    return {
        "same_answer": float((scores.argmax(axis=1) == reference.argmax(axis=1)).mean()),
        "same_bytes": float((scores == reference).all(axis=1).mean()),
        "largest_difference": float(np.abs(scores.astype(np.float64) - reference).max()),
    }


def main() -> None:
    """Run every file on every runtime that takes its format."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "artifacts")
    images = fashion_mnist.load("test")[0][:IMAGES]
    cv2.setNumThreads(1)
    references: dict[str, Scores] = {}
    """Scores of the first runtime on each file, which is the runner's."""
    rows = []
    for name, (number, part, run) in runtimes().items():
        for file in (file for file in FILES if part in file):
            row: dict[str, Any] = {"runtime": name, "version": number, "file": file}
            try:
                scores = run(folder / file, images)
                row |= compare(scores, references.setdefault(file, scores))
            except cv2.error as error:
                row["error"] = " ".join(str(error).rpartition("error: ")[2].split())
            rows.append(row)
            print(json.dumps(row), flush=True)
    environment = describe_environment(["docs/other_runtimes.py"], seed=0, threads=1)
    report = {"environment": to_record(environment), "images": IMAGES, "rows": rows}
    MEASURED.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def page(report: dict[str, Any]) -> str:
    """Return the table of a report as Markdown, a row for each runtime, and the errors below it."""
    rows: dict[str, dict[str, Any]] = {}
    for row in report["rows"]:
        name, _, detail = row["runtime"].partition(", ")
        rows.setdefault(f"{name} {row['version']}, {detail}".rstrip(", "), {})[row["file"]] = row
    heads = ["runtime, kernels", *(file.replace("edge_none", "float ").replace("edge_int8", "int8 ") for file in FILES)]
    lines = [heads, ["---", *["--:"] * len(FILES)]]
    lines += [[name, *(cell(files.get(file)) for file in FILES)] for name, files in rows.items()]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    errors = {f"`{row['error']}`" for row in report["rows"] if "error" in row}
    images = f"{report['images']:,} test images"
    return (
        f"Share of {images} with the runner's answer, in %, and of int8 TFLite files of those with the same bytes:\n\n"
        f"{table}\nOpenCV refuses with {' and '.join(sorted(errors))}.\n"
    )


def cell(row: dict[str, Any] | None) -> str:
    """Return one cell: the share of the same answers, and of an int8 TFLite file that of the same bytes."""
    if row is None:
        return ""
    if "error" in row:
        return "refused"
    same = f"{100 * row['same_answer']:.1f}"
    if row["same_answer"] < _WRONG:
        return f"**wrong: {same}**"
    return f"{same}, bytes {100 * row['same_bytes']:.1f}" if row["file"] == FILES[0] else same


if __name__ == "__main__":
    main()
