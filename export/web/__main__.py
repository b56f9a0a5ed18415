"""`python -m export.web`: a model file as a page that classifies in the browser, for a phone too."""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edge.artifact.file import model_path, read_artifact
from edge.artifact.input_spec import IMAGE_RECIPE
from edge.artifact.spec import ModelSpec
from edge.classify.classifier import Classifier
from edge.cli import console
from edge.cli.model_flags import add_model_flags, model_options_from
from edge.cli.outputs import output_folder
from edge.errors import EXIT_DONE, ExportError
from edge.teach.examples import MEMBER
from edge.teach.taught_file import forget
from export.web.check import Agreement, compare
from export.web.folder import page_files, require_page_folder, write
from export.web.runtime import LITERT_JS, litert_js

_LIMIT_MB = 20.0
_MAX_NAME = 60  # characters
_LOGGER = logging.getLogger(__name__)
_EXAMPLES = """examples:
  python -m export.web clothes --out site
  python3 -m http.server --directory site       then open http://localhost:8000
  python -m export.web artifacts/fruit_int8.tflite --out site --name "Ripe or not"

A phone needs HTTPS: put the folder on any static host, or behind a tunnel. docs/web.md says how.
"""


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog="python -m export.web",
        description="Turn a TFLite file into a folder for any static host: a page that classifies what a camera or an "
        "image shows, on the device that opens it, also without a network after the first visit. Its runtime, "
        f"{LITERT_JS.name} {LITERT_JS.version}, is fetched by your npm and lies in the folder.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("artifact", metavar="ARTIFACT",
                       help=f"a .tflite file with recipe {IMAGE_RECIPE}, or clothes, the built-in model")  # fmt: skip
    flags.add_argument("--out", type=output_folder, default="site", metavar="DIR",
                       help="folder to write: a new or empty one, or a page to be replaced")  # fmt: skip
    flags.add_argument("--name", type=console.parsed_by(_name), metavar="TEXT",
                       help="title of the page and its name on a phone (default: the file's name)")  # fmt: skip
    flags.add_argument("--limit", type=console.positive_float, default=_LIMIT_MB, metavar="MB",
                       help="largest model file, in megabytes: a phone loads all of it")  # fmt: skip
    flags.add_argument("--runtime", type=Path, metavar="FILE",
                       help=f"what `npm pack {LITERT_JS.name}@{LITERT_JS.version}` wrote, for a machine without npm "
                       "(default: npm fetches it)")  # fmt: skip
    add_model_flags(flags)
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Make the page, compare it with the runner, write it, print the table."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    require_page_folder(options.out)
    given = model_path(options.artifact)
    _require_small_tflite(given, limit_mb=options.limit)
    with tempfile.TemporaryDirectory() as folder:
        path = for_everybody(given, Path(folder))
        classifier = Classifier.load(path, options=model_options_from(options))
        _require_recipe(path, classifier.spec)
        files = page_files(classifier.model, litert_js(options.runtime), name=options.name or _short_name(classifier))
        agreement = compare(files, classifier)
    write(files, options.out)
    for row in table(options.out, files, classifier, agreement):
        print(row)
    return EXIT_DONE


def for_everybody(path: Path, folder: Path) -> Path:
    """Return a model file that holds nothing of the images it was taught: the same, or a copy in a folder.

    Raises:
        ModelFileError: it can't be read.
        SpecError: its specification is malformed.
    """
    spec = read_artifact(path).spec
    if spec is None or not spec.provenance.taught or MEMBER.encode() not in path.read_bytes():
        return path
    _LOGGER.warning(
        "%s keeps features and small pictures of what it was taught: whoever opens the page can have its file, so that "
        "they are left out there",
        path,
    )
    forget(path, folder / path.name)
    return folder / path.name


def table(folder: Path, files: dict[str, bytes], classifier: Classifier, agreement: Agreement | None) -> list[str]:
    """Return the lines that say what was written and how it compares with the runner."""
    artifact = classifier.artifact
    rows = {
        "folder": f"{folder}: {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB, nothing from elsewhere",
        "model": f"{artifact.path.name}, {artifact.size_bytes / 1e6:.1f} MB, SHA-256 {artifact.sha256}",
        "runtime": f"LiteRT.js {LITERT_JS.version}, one thread, 128-bit SIMD",
    }
    if agreement is not None:
        rows["compared on"] = f"{agreement.frames} drawn frames and noise, in Node.js, with {classifier.runtime.name}"
        rows["same input"] = f"{agreement.same_input} of {agreement.frames}, byte for byte"
        rows["same answer"] = f"{agreement.same_label} of {agreement.frames}"
        rows["largest difference"] = f"{agreement.largest_difference:.6f} of a class's probability"
    rows["look at it"] = f"python3 -m http.server --directory {folder}, then http://localhost:8000"
    return [f"{name:<20}{value}" for name, value in rows.items()]


def _require_small_tflite(path: Path, *, limit_mb: float) -> None:
    """Refuse what no phone should load, before it is loaded here, and what the runtime doesn't read."""
    artifact = read_artifact(path)
    if artifact.format != "tflite":
        raise ExportError(
            f"{path} is an ONNX file: the page runs TFLite, which `python -m export.tflite` makes "
            "of a training or of a Keras file"
        )
    if artifact.size_bytes > limit_mb * 1e6:
        raise ExportError(
            f"{path} has {artifact.size_bytes / 1e6:.1f} MB: a page's model may have {limit_mb:g} MB, all of which a "
            "phone loads; int8 is a quarter of float (python -m export.tflite --quantize int8), --limit allows more"
        )


def _require_recipe(path: Path, spec: ModelSpec) -> None:
    if spec.input.recipe != IMAGE_RECIPE:
        raise ExportError(
            f"{path.name} wants the recipe {spec.input.recipe}, and the page has {IMAGE_RECIPE} alone: use `clothes`, "
            "or train on your own images (python -m train --data DIR)"
        )


def _short_name(classifier: Classifier) -> str:
    """Return the file's name without its mode of quantization."""
    mode = classifier.spec.provenance.quantization
    return classifier.artifact.path.stem.removesuffix(f"_{mode}")[:_MAX_NAME]


def _name(text: str) -> str:
    if not text.strip() or len(text) > _MAX_NAME or not text.isprintable():
        raise ValueError(f"a name is one line of 1 to {_MAX_NAME} characters, got {text[:_MAX_NAME]!r}")
    return text.strip()


if __name__ == "__main__":
    console.run(main)
