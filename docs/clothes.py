"""The model of clothes on photographs and foreign images, and its network at other input sizes.

`python docs/clothes.py RUN --photographs DIR --foreign DIR` judges the built-in model on the validation photographs, on
foreign photographs and on drawn scenes without a garment, into docs/measured/clothes.txt. Then it exports the run's
weights for each size to int8, judges and times the files with `python -m benchmarks`, into
docs/measured/clothes_sizes.txt. The network is convolutional: its weights fit any size, and none is trained anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from commands import call

from benchmarks.host.environment import describe_environment, machine_name, shown_time
from edge.artifact.spec import ModelSpec
from edge.classify.interval import wilson_interval
from train.config import TrainConfig
from train.data.splits import load_splits
from train.network.efficientnet_lite import efficientnet_lite0
from train.results.kept_images import write_kept_images
from train.results.run_dir import MODEL, SPEC
from train.scenes import no_garment_scene

ROOT = Path(__file__).parents[1]
MEASURED = ROOT / "docs" / "measured"
SIZES = (96, 128, 160, 192, 224)
_CALIBRATION_IMAGES = 500  # training images that a run of another size keeps, more than an export needs

_SCENES, _SCENES_SEED = 100, 77


def judge(model: str, photographs: Path, foreign: Path, folder: Path) -> None:
    """Judge a model on photographs of its classes and on images of none; keep what the command prints."""
    images = folder / "images"
    images.mkdir()
    for source in sorted(path for path in (photographs / "validation").iterdir() if path.is_dir()):
        (images / source.name).symlink_to(source.resolve(), target_is_directory=True)
    (images / "foreign photographs").symlink_to(foreign.resolve(), target_is_directory=True)
    scenes = images / "drawn scenes"
    scenes.mkdir()
    rng = np.random.default_rng(_SCENES_SEED)
    for number in range(_SCENES):
        cv2.imwrite(str(scenes / f"{number:03}.png"), no_garment_scene(rng, empty_share=0.5))
    unknown = [flag for name in ("foreign photographs", "drawn scenes") for flag in ("--map", f"{name}=unknown")]
    command = ["benchmarks", str(model), "--data", "images", *unknown, "--runtime", "litert", "--repeats", "1"]
    printed = call(*command, "--out", "report", cwd=folder)
    (MEASURED / "clothes.txt").write_text(printed, encoding="utf-8")


def resized_run(run: Path, edge: int, photographs: Path, folder: Path) -> Path:
    """Write a run directory with the same weights for another input size, and return it."""
    made = folder / f"clothes{edge}"
    made.mkdir()
    trained = keras.models.load_model(run / MODEL, compile=False)
    spec = ModelSpec.from_json((run / SPEC).read_text(encoding="utf-8"))
    last = "linear" if spec.output == "logits" else "softmax"
    network = efficientnet_lite0(edge, trained.output_shape[1], pretrained=False, activation=last)
    network.set_weights(trained.get_weights())
    network.save(made / MODEL)
    digest = hashlib.sha256((made / MODEL).read_bytes()).hexdigest()
    origin = replace(spec.provenance, source_sha256=digest)
    spec = replace(spec, input=replace(spec.input, height=edge, width=edge), provenance=origin)
    (made / SPEC).write_text(spec.to_json(), encoding="utf-8")
    config = TrainConfig(
        "transfer", str(photographs), input_size=edge, test_fraction=0.0, max_images=_CALIBRATION_IMAGES
    )
    write_kept_images(made, load_splits(config))
    return made


def rows(files: list[Path], photographs: Path, folder: Path) -> list[dict[str, Any]]:
    """Return the rows that a benchmark of the files writes."""
    command = ["benchmarks", *map(str, files), "--runtime", "litert", "--data", str(photographs / "validation")]
    command += ["--repeats", "1", "--max-repeats", "1"]
    call(*command, "--out", str(folder / "report"))
    return list(json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))["rows"])


def table(measured: list[dict[str, Any]]) -> str:
    """Return a table with a row for each size; the fastest call is shown, for other work only slows calls down."""
    fastest = [row["invoke"]["minimum_ns"] / 1e6 for row in measured]
    lines = [
        "| input | right | top-1 % | 95 % interval | invoke, fastest, ms | times 160 px | file, kB | memory, MB |",
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for edge, row, time in zip(SIZES, measured, fastest, strict=True):
        right, images = row["right"], len(row["raw"]["predictions"])
        low, high = wilson_interval(right, images)
        cells = (
            f"{edge}x{edge}",
            f"{right} of {images}",
            f"{100 * right / images:.1f}",
            f"{100 * low:.1f} to {100 * high:.1f}",
            f"{time:.1f}",
            f"{time / fastest[SIZES.index(160)]:.2f}",
            f"{row['size_bytes'] / 1000:,.0f}",
            f"{row['memory_peak_bytes'] / 1e6:.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Return this machine and the time, as a line."""
    environment = describe_environment(["docs/clothes.py"], seed=0, threads=1)
    return f"{machine_name(environment)}; {shown_time(environment)}\n"


def tried(runs: list[Path]) -> str:
    """Return a table of trainings with what they were set to, from their metrics."""
    lines = [
        "| input | training | images | epochs | mixup, CutMix | averaged | balance | begins with | validation | test |",
        "| --: | --: | --: | --: | --- | --- | --: | --- | --: | --: |",
    ]
    for run in runs:
        metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
        preset, images, config = metrics["preset"], metrics["images"], metrics["config"]
        edge = preset["input_size"]
        scale = preset.get("train_scale", 1)
        size = preset.get("train_size", edge if scale == 1 else 16 * round(edge * scale / 16))
        right = [round(metrics[f"{part}_top1_accuracy"] * images[part]) for part in ("validation", "test")]
        cells = (
            f"{edge}", f"{size}", f"{images['train']:,}", f"{preset['epochs']}",
            f"{preset['mixup']:g}, {preset['cutmix']:g}", "yes" if preset["average_epochs"] else "no",
            f"{preset.get('balance', 1):g}", "the one above" if config["initial"] else "ImageNet",
            f"{right[0]} of {images['validation']}",
            f"{right[1]} of {images['test']}" if config["test_fraction"] else "",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Export, measure, write the table."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("run", type=Path, help="run directory")
    flags.add_argument("--photographs", type=Path, required=True, help="folder with train and validation")
    flags.add_argument("--tried", type=Path, nargs="+", default=[], help="finished runs to compare in a table")
    flags.add_argument("--model", default="clothes", help="file to judge, or a built-in model")
    flags.add_argument("--judge-only", action="store_true", help="leave the table of sizes as it is")
    flags.add_argument("--foreign", type=Path, help="folder of photographs of anything else; without it the built-in "
                       "model isn't judged")  # fmt: skip
    options = flags.parse_args()
    if options.tried:
        (MEASURED / "tried_photographs.txt").write_text(tried(options.tried), encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.foreign:
            judge(options.model, options.photographs, options.foreign, folder)
        if options.judge_only:
            return
        for edge in SIZES:
            made = resized_run(options.run, edge, options.photographs, folder)
            call("export.tflite", str(made), "--quantize", "int8", "--max-loss", "5", "--artifacts", str(folder))
        files = [folder / f"clothes{edge}_int8.tflite" for edge in SIZES]
        measured = rows(files, options.photographs, folder)
    (MEASURED / "clothes_sizes.txt").write_text(f"{table(measured)}\n{machine()}", encoding="utf-8")


if __name__ == "__main__":
    main()
