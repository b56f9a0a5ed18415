"""`python -m benchmarks kit`: packs models, test images and the code that measures them into one file for a device."""

from __future__ import annotations

import argparse
import ast
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import numpy as np

from benchmarks.config import BenchmarkConfig
from benchmarks.device.run import ARTIFACTS, FACTS, IMAGES, LABELS, KitFacts
from benchmarks.host.environment import git_commit
from benchmarks.measure.inputs import EvaluationImages, load_test_images
from benchmarks.measure.variants import Variant, list_variants
from benchmarks.records import to_record
from edge.cli import console
from edge.cli.outputs import output_file
from edge.errors import EXIT_DONE
from edge.system import atomic_file

NAME = "kit"

_ROOT = Path(__file__).parents[2]
_STARTS = ("benchmarks.device.run", "benchmarks.measure.worker")  # all that they import goes along
_RUNTIMES = {"tflite": "ai-edge-litert", "onnx": "onnxruntime"}
_MAIN = '''"""Runs this kit: `python KIT.zip`, see --help."""

import importlib.util
import sys

if sys.version_info < (3, 10):
    raise SystemExit("error: this kit needs Python 3.10 or newer, this is " + sys.version.split()[0])
if importlib.util.find_spec("numpy") is None:
    raise SystemExit("error: this kit needs numpy and a runtime: unzip -p KIT.zip requirements.txt shows them")

from pathlib import Path

from benchmarks.device.run import run_kit
from edge.cli import console

console.run(console.command(lambda _argv: run_kit(Path(__file__).parent.absolute(), sys.argv[1:])))
'''


def parser() -> argparse.ArgumentParser:
    """Return the argument parser; every default comes from `BenchmarkConfig`."""
    flags = console.Parser(
        prog=f"python -m benchmarks {NAME}",
        description="Pack model files, test images and the code that measures them into one file for a device without "
        "TensorFlow, matplotlib and scipy.",
        epilog="On the device: python3 kit.zip, which writes result.json; back here: python -m benchmarks merge "
        "result.json. Test images in a kit are for your own devices: it isn't meant to be published.",
    )
    flags.add_argument("artifacts", type=Path, nargs="*", metavar="ARTIFACT",
                       help="model files or folders (default: artifacts/ and the model that ships)")  # fmt: skip
    flags.add_argument("--out", type=output_file, default="kit.zip", metavar="FILE", help="file to write")
    flags.add_argument("--max-images", type=console.positive_int, metavar="N", help="pack only the first N test images")
    flags.add_argument("--seed", type=console.natural, default=BenchmarkConfig().seed,
                       help="of the order, of drawn frames and of drawn test images")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Pack; print what to do with the file."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    variants = [variant for variant in list_variants(options.artifacts) if variant.artifact]
    images = load_test_images(seed=options.seed, max_images=options.max_images)
    data = pack(variants, images, seed=options.seed)
    atomic_file.write_bytes(options.out, data)
    files = len({variant.path for variant in variants})
    counts = f"{files} model file{'s' * (files != 1)}, {len(images.labels):,} image{'s' * (len(images.labels) != 1)}"
    print(f"{options.out}: {counts}, {len(data) / 1e6:.1f} MB")
    print(f"on the device: python3 {options.out.name}, then back here: python -m benchmarks merge result.json")
    return EXIT_DONE


def pack(variants: Sequence[Variant], images: EvaluationImages, *, seed: int) -> bytes:
    """Return the kit as the bytes of a ZIP file that Python runs; each file of the variants goes in once."""
    files = {variant.path: variant for variant in variants if variant.artifact}
    facts = KitFacts(images.statement, images.dataset, len(images.labels), seed, git_commit())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", _MAIN)
        archive.writestr("requirements.txt", requirements({v.artifact.format for v in files.values() if v.artifact}))
        archive.writestr(FACTS, json.dumps(to_record(facts)))
        for name, array in ((IMAGES, images.images), (LABELS, images.labels)):
            member = io.BytesIO()
            np.save(member, array)
            archive.writestr(name, member.getvalue())
        for path, variant in files.items():
            archive.write(path, f"{ARTIFACTS}/{variant.name.replace('/', '_')}")
        for source in code_files():
            archive.write(_ROOT / source, source)
    return buffer.getvalue()


def requirements(formats: set[str]) -> str:
    """Return requirements.txt for a device that runs such formats, with the version ranges of this project."""
    ranges: dict[str, str] = {}
    for line in _declared():  # the base first, then the extras, whose narrower ranges are for other environments
        ranges.setdefault(re.split(r"[\s;<>=\[]", line)[0], line.partition(";")[0].strip())
    wanted = ["numpy", *(_RUNTIMES[name] for name in sorted(formats))]
    lines = [ranges.get(name, name) for name in wanted]
    return "\n".join([*lines, "# with it, frames are timed too, not the network alone:",
                      ranges.get("opencv-python-headless", "opencv-python-headless"), ""])  # fmt: skip


def code_files() -> list[str]:
    """Return the source files that measuring takes, as paths in this project: all of `edge`, part of `benchmarks`."""
    found: set[str] = {path.relative_to(_ROOT).as_posix() for path in (_ROOT / "edge").rglob("*.py")}
    waiting = list(_STARTS)
    while waiting:
        path = _source(waiting.pop())
        if path is not None and path not in found:
            found.add(path)
            waiting += _imported(_ROOT / path)
    folders = {
        folder for path in found for folder in Path(path).parents if folder.name and path.startswith("benchmarks/")
    }
    return sorted({*found, *(f"{folder.as_posix()}/__init__.py" for folder in folders)})


def _imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _source(module: str) -> str | None:
    """Return the file of a module of `benchmarks`, as a path within this project; None for any other name."""
    if not module.startswith("benchmarks."):
        return None
    path = module.replace(".", "/")
    return next((name for name in (f"{path}.py", f"{path}/__init__.py") if (_ROOT / name).is_file()), None)


def _declared() -> list[str]:
    try:
        return requires("edge-classify") or []
    except PackageNotFoundError:
        return []  # run from a source tree that isn't installed: names without ranges
