"""`python docs/micro.py [--photographs DIR]`: one network on a computer, in a browser and under TensorFlow Lite Micro.

Exports pretrained/micro and runs `python -m export.micro` (docs/measured/micro.txt), and compares TensorFlow Lite Micro
with LiteRT: on the 10,000 test images of Fashion-MNIST, and the built-in model `clothes` on photographs
(docs/measured/portable_micro.json). Before that it trains on a folder of drawn images, as on one's own, and exports the
network (docs/measured/micro_own.txt). Needs the extras `micro`, `train`, `export` and `benchmarks`. Part of `make
measure`.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from commands import call
from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured"
RESULT, IN_BROWSER = MEASURED / "portable_micro.json", MEASURED / "portable_web.json"
PHOTOGRAPHS = ROOT.parent / "shared" / "photos" / "validation"
OWN = (
    "python -m train --data photos/ --preset micro --recipe image --input-size 48 --random-crop 0.5 --light 0.25 "
    "--epochs 30 --name fruit",
    "python -m export.tflite runs/fruit --quantize int8",
    "python -m export.micro artifacts/fruit_int8.tflite --out Fruit/",
)
"""Commands for a folder of one's own images."""
DRAWN_CLASSES, DRAWN_OF_A_CLASS = {0: "T-shirt", 1: "Trousers", 7: "Trainers", 8: "Bag"}, 24
_HEAD = ("network", "runtime", "on", "size kB", "RAM", "right", "as LiteRT", "ms an image", "of LiteRT's")


@dataclass(frozen=True, slots=True)
class Images:
    """Images with their classes, of the input's size."""

    what: str
    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]


def main() -> None:
    """Measure; write the files."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--photographs", type=Path, default=PHOTOGRAPHS, help="holds a folder of each kind of clothes")
    flags.add_argument("--only-own", action="store_true", help="train on drawn images of one's own alone")
    options = flags.parse_args()
    own_classes()
    if options.only_own:
        return
    from benchmarks.host.environment import describe_environment
    from benchmarks.records import to_record
    from edge.artifact.file import builtin_models

    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        call("export.tflite", str(ROOT / "pretrained" / "micro"), "--quantize", "int8", "--out", "micro_int8.tflite",
             cwd=work)  # fmt: skip
        text = call("export.micro", "micro_int8.tflite", "--out", "Garments", cwd=work)
        (MEASURED / "micro.txt").write_text(text, encoding="utf-8")
        models = builtin_models()
        rows = [
            measure(work / "micro_int8.tflite", fashion_mnist(), work),
            measure(models["edge"], fashion_mnist(), work),
        ]
        if options.photographs.is_dir():
            rows.append(measure(models["clothes"], photographs(models["clothes"], options.photographs), work))
        else:
            print(f"clothes isn't measured: no photographs in {options.photographs}", flush=True)
    environment = describe_environment(["python", "docs/micro.py"], seed=None, threads=1)
    result = {"environment": to_record(environment), "rows": rows}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def own_classes() -> None:
    """Train and export a network on a folder of images, drawn ones; write what the commands say of it."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        draw_folder(work / "photos")
        for line in OWN:
            text = call(*shlex.split(line)[2:], cwd=work)
        metrics = json.loads((work / "runs" / "fruit" / "metrics.json").read_text(encoding="utf-8"))
    right, images = metrics["test_top1_accuracy"], sum(metrics["test_images_by_class"].values())
    text = (
        f"{'test':<14}{100 * right:.1f} % of {images} drawn images right, {DRAWN_OF_A_CLASS} of each class drawn\n"
        + text
    )
    (MEASURED / "micro_own.txt").write_text(text, encoding="utf-8")


def draw_folder(folder: Path) -> None:
    """Draw images of a few kinds of garments as a camera sees them, a folder each."""
    import cv2

    from edge.demo import draw_frame

    counts = dict.fromkeys(DRAWN_CLASSES, 0)
    number = 0
    while min(counts.values()) < DRAWN_OF_A_CLASS:
        frame = draw_frame(number)
        number += 1
        if counts.get(frame.label_index, DRAWN_OF_A_CLASS) < DRAWN_OF_A_CLASS:
            counts[frame.label_index] += 1
            path = folder / DRAWN_CLASSES[frame.label_index] / f"{number:04d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), frame.image)


def fashion_mnist() -> Images:
    """Return the 10,000 test images."""
    from edge.datasets import fashion_mnist as data

    pixels, labels = data.load("test")
    return Images("test images of Fashion-MNIST", pixels, labels.astype(np.int64))


def photographs(model: Path, folder: Path) -> Images:
    """Return the photographs of a folder for each class, prepared for the model."""
    from edge.artifact.file import read_artifact
    from edge.datasets.folder_labels import map_folders
    from edge.images.decode import read_image
    from edge.images.folders import list_class_folders
    from edge.vision import prepare

    spec = read_artifact(model).spec
    assert spec is not None
    found = list_class_folders(folder).images
    classes = {mapped.folder: spec.labels.index(mapped.labels[0]) for mapped in map_folders(found, spec.labels, {})}
    files = sorted((path, classes[name]) for name, paths in found.items() for path in paths)
    pixels = np.stack([prepare(read_image(path), spec.input).pixels for path, _ in files])
    return Images("photographs of clothes", pixels, np.array([number for _, number in files]))


def measure(path: Path, images: Images, work: Path) -> dict[str, Any]:
    """Run every image through both runtimes; return the figures of one file."""
    from edge.classify.loaded_model import LoadedModel
    from export.micro.__main__ import arena_with_margin
    from export.micro.comparison import compare
    from export.micro.interpreter import MicroInterpreter, least_arena, version
    from export.micro.library import ram_bytes
    from export.micro.network import read_network

    artifact, network = read_network(path)
    loaded = LoadedModel.load(path, runtime="litert")
    arena = least_arena(network.content)
    print(f"{path.name}: {len(images.labels):,} {images.what}, arena {arena:,} bytes", flush=True)
    compared = compare(MicroInterpreter(network.content, arena_bytes=arena_with_margin(arena)), loaded, images.pixels,
                       most_s=math.inf)  # fmt: skip
    return {
        "network": path.stem.removesuffix("_int8"), "file": path.name, "sha256": artifact.sha256,
        "size_bytes": artifact.size_bytes, "network_bytes": len(network.content),
        "weights_bytes": network.weights_bytes, "images": compared.images, "images_are": images.what,
        "litert": {"version": loaded.runtime.version, "right": int((compared.litert == images.labels).sum()),
                   "memory_bytes": process_memory(path, work), "invoke_median_ns": _median(compared.litert_ns)},
        "micro": {"version": version(), "right": int((compared.micro == images.labels).sum()), "same": compared.same,
                  "steps": np.bincount(compared.steps).tolist(), "least_arena": arena,
                  "memory_bytes": ram_bytes(loaded, arena_with_margin(arena)),
                  "invoke_median_ns": _median(compared.micro_ns)},
    }  # fmt: skip


def _median(times_ns: NDArray[np.int64]) -> int:
    return round(float(np.median(times_ns)))


def process_memory(path: Path, work: Path) -> int:
    """Return the largest resident size of a process that runs the file with LiteRT, in bytes, as benchmarks says."""
    call("benchmarks", str(path), "--runtime", "litert", "--quick", "--out", str(work / path.stem), cwd=work)
    (row,) = json.loads((work / path.stem / "report.json").read_text(encoding="utf-8"))["rows"]
    return int(row["memory_peak_bytes"])


def page(report: dict[str, Any], browsers: dict[str, Any] | None = None) -> str:
    """Return the table of what was measured, and a line on each machine that its rows name.

    Args:
        report: portable_micro.json.
        browsers: portable_web.json; None: that of docs/measured.
    """
    from benchmarks.host.environment import Environment, machine_name
    from benchmarks.records import from_record

    browsers = browsers or json.loads(IN_BROWSER.read_text(encoding="utf-8"))
    environment = from_record(Environment, report["environment"])
    here = {"host": machine_name(environment), "utc": environment.utc,
            "load_average_1min": environment.load_average_1min}  # fmt: skip
    lines = [_HEAD, ("---", "---", "---", *["--:"] * 6)]
    for row in report["rows"]:
        litert, micro = row["litert"], row["micro"]
        about, size = (row["network"], f"{row['size_bytes'] / 1000:,.1f}")
        litert_ns = litert["invoke_median_ns"]
        lines.append((about, f"LiteRT {litert['version']}", "computer A", size, _megabytes(litert["memory_bytes"]),
                      _share(litert["right"], row["images"]), "", *_times(litert, litert_ns)))  # fmt: skip
        lines += [
            (about, f"{other['runtime']} {other['runtime_version']}", f"{other['machine']} on computer B", size,
             _megabytes(other["memory_bytes"]), _share(other["right"], other["images"]),
             f"{100 * other['agreement']:.2f} %", *_times(other, other["host_invoke_median_ns"]))
            for other in browsers["rows"] if other["sha256"] == row["sha256"]
        ]  # fmt: skip
        lines.append((about, f"TensorFlow Lite Micro {micro['version'].partition('-')[0]}", "computer A", size,
                      f"{micro['memory_bytes'] / 1000:,.1f} kB", _share(micro["right"], row["images"]),
                      f"{100 * micro['same'] / row['images']:.2f} %",
                      *_times(micro, litert_ns)))  # fmt: skip
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    of = "; ".join(f"{row['network']}: {row['images']:,} {row['images_are']}" for row in report["rows"])
    return f"{table}\n{of}.\n\n- computer A: {_machine(here)}\n- computer B: {_machine(browsers)}\n"


def own(_: dict[str, Any]) -> str:
    """Return the commands for a folder of one's own images."""
    return "```sh\n" + "\n".join(OWN) + "\n```\n"


def commands(report: dict[str, Any]) -> str:
    """Return the commands that trained and exported pretrained/micro, and its figures, from what they wrote."""
    from ship import MICRO

    metrics = json.loads((ROOT / "pretrained" / "micro" / "metrics.json").read_text(encoding="utf-8"))
    (row,) = (row for row in report["rows"] if row["network"] == "micro")
    lines = (f"python -m train --name micro {MICRO}", "python -m export.tflite runs/micro --quantize int8",
             "python -m export.micro artifacts/micro_int8.tflite --out Garments/")  # fmt: skip
    micro, minutes = row["micro"], f"{metrics['duration_s'] / 60:.0f}"
    block = "```sh\n" + "\n".join(lines) + "\n```\n"
    return (
        f"{block}\n{metrics['parameters']:,} parameters, {minutes} minutes on {metrics['device']} with other work too. "
        f"{_share(row['litert']['right'], row['images'])} of {row['images']:,} test images are right as int8, "
        f"{100 * metrics['test_top1_accuracy']:.2f} % were before. Weights and biases take {row['weights_bytes']:,} "
        f"bytes, the arena {micro['least_arena']:,}. `python -m export.tflite pretrained/micro` exports that very "
        "training.\n"
    )


def _times(row: dict[str, Any], litert_ns: int) -> tuple[str, str]:
    """Return milliseconds, and how many times LiteRT's on the same computer in turn they are."""
    return f"{row['invoke_median_ns'] / 1e6:.3g}", f"{row['invoke_median_ns'] / litert_ns:.2g}"


def _machine(measured: dict[str, Any]) -> str:
    """Return machine, time and load of a measurement."""
    when = measured["utc"][:16].replace("T", " ")
    return (
        f"{measured['host'].removeprefix('host: ')}; {when} UTC; load {measured['load_average_1min']:.1f}, other "
        "work's among it"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _share(right: int, images: int) -> str:
    return f"{100 * right / images:.2f} %"


if __name__ == "__main__":
    main()
