"""`edge-classify teach`: learns classes from folders of images, on the device, in seconds to minutes."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.spec import ModelSpec, Provenance, reserved_among
from edge.classify.interval import is_chance_level
from edge.cli import console
from edge.cli.outputs import output_file
from edge.errors import EXIT_DONE, ConfigError, DatasetError

if TYPE_CHECKING:
    from edge.teach.backbone import Backbone
    from edge.teach.examples import Examples
    from edge.teach.taught_file import Taught

_LOGGER = logging.getLogger(__name__)

NAME = "teach"
"""First argument of `edge-classify` that leads here."""
FEWEST_OF_A_CLASS = 5
_FEW_OF_A_CLASS = 20
_MOST_CLASSES = 500
_MOST_THREADS = 4  # more make one image hardly faster

_EXAMPLES = """examples:
  edge-classify teach photos/ --out mine.tflite     photos/ripe/*.jpg, photos/unripe/*.jpg, photos/unknown/*.jpg
  edge-classify --camera 0 --model mine.tflite      what does the camera see?
  edge-classify teach --add more/ --out mine.tflite        a further class, or further images of one
  edge-classify teach --forget --out mine.tflite    before you give the file away

A network that knows a million photographs turns each image into 1280 numbers, and a layer that tells your classes apart
by them is learned here, without TensorFlow: a few images a second on a Pi. It needs 5 images of a class, does better
with 50, and no two alike: turn the thing, move it, change the light. Images in a folder called unknown, none,
background or other show what is no class: without them little is known of what the threshold of `unknown` rejects.
`python -m train --data photos/` adapts the network itself, on a larger computer, and is more accurate.

The file keeps those 1280 numbers of each image and a picture of 16x16 pixels, by which near copies are found, so that
it can learn more. They tell what was on the image, roughly. --forget leaves them out.

exit codes: 0 done, 1 error (the file stays as it was), 2 wrong call
"""


@dataclass(frozen=True, slots=True)
class TeachConfig:
    """Settings of one lesson."""

    folder: Path
    """Folder with a folder of images for each class."""
    base: Path | None
    """Taught file that learns them in addition to what it knows; None: they are all there is."""
    out: Path
    keep: int
    """Most images whose features the file keeps; 0: none."""
    threads: int


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    flags = console.Parser(
        prog=f"edge-classify {NAME}",
        description="Learn classes from folders of images, on this device; the result is a model file like any other.",
        epilog=_EXAMPLES,
    )
    flags.add_argument("source", type=Path, nargs="?", metavar="DIR", help="folder that holds a folder of images "
                       "for each class; with --add, or --forget alone, a taught file (default: FILE)")  # fmt: skip
    flags.add_argument(
        "--out", type=output_file, required=True, metavar="FILE", help="model file to write, called .tflite"
    )
    flags.add_argument("--add", type=Path, metavar="DIR", help="add classes, or images of known ones, to what a file "
                       "was taught: a folder that holds a folder for each class, or images of the class it is called "
                       "after")  # fmt: skip
    flags.add_argument("--keep", type=console.natural, default=2000, metavar="N", help="most images whose features the "
                       "file keeps, 3.3 kB each, evenly of all classes")  # fmt: skip
    flags.add_argument("--forget", action="store_true", help="keep no features: nothing can be added to the file then; "
                       "without images, remove those in a file")  # fmt: skip
    flags.add_argument("--threads", type=console.thread_count, metavar="N",
                       help=f"for the network of features (default: all cores, at most {_MOST_THREADS})")  # fmt: skip
    console.add_logging_flags(flags)
    return flags


@console.command
def main(argv: Sequence[str] | None = None) -> int:
    """Learn classes and write the file; print what was learned and how well."""
    options = parser().parse_args(argv)
    console.start_logging(options)
    if options.out.suffix.lower() != ".tflite":
        raise ConfigError(f"--out {options.out}: a taught file is a TFLite file, call it NAME.tflite")
    base = options.source or options.out
    if options.add and base.is_dir():
        raise ConfigError(f"{base} is a folder: give DIR to begin anew, or --add DIR to add to a taught file, not both")
    if options.add and not base.exists():
        raise ConfigError(
            f"{base} doesn't exist, and --add adds to a file: edge-classify teach DIR --out {base} makes one"
        )
    if not options.add and (options.source is None or base.is_file()):
        if not options.forget:
            raise ConfigError("give a folder of images: edge-classify teach DIR --out FILE, or --add DIR --out FILE")
        from edge.teach.taught_file import forget

        size = forget(base, options.out)
        print(f"{options.out}: {size / 1e6:.1f} MB, keeps nothing of its images")
        return EXIT_DONE
    keep = 0 if options.forget else options.keep
    threads = options.threads or min(_MOST_THREADS, os.cpu_count() or 1)
    folder = options.add or options.source
    _teach(TeachConfig(folder, base if options.add else None, options.out, keep, threads))
    return EXIT_DONE


def _teach(config: TeachConfig) -> None:
    """Learn from the images, print the results and write the file.

    Raises:
        ToolkitError: the images or the file can't be used; nothing was written.
        OSError: the file can't be written, and is as it was.
    """
    from edge.teach.backbone import load_backbone
    from edge.teach.cross_validation import is_cut, learn
    from edge.teach.evaluation import evaluate, sentences
    from edge.teach.taught_file import write_taught

    backbone = load_backbone(threads=config.threads)
    taught = _lesson(config, backbone)
    names, examples = taught.names, taught.examples
    _require_enough(names, examples)
    for label in is_cut(examples.labels, examples.groups):
        _LOGGER.warning("all images of %s are near copies of each other: its accuracy flatters",
                        names[label] if label >= 0 else "the counter-examples")  # fmt: skip
    learned = learn(examples, len(names))
    evaluation = evaluate(learned, examples.labels, len(names))
    for line in sentences(evaluation, names):
        print(line)
    if is_chance_level(evaluation.right.having, evaluation.right.images, len(names)):
        _LOGGER.warning("that is hardly better than guessing: do the images show what tells the classes apart?")
    kept = _kept(examples, config.keep)
    size = write_taught(
        config.out, taught._replace(examples=kept), learned.head, evaluation, backbone, keeps_examples=bool(config.keep)
    )
    keeps = f"keeps the features of {len(kept.labels)} images" if config.keep else "keeps nothing of its images"
    print(f"{config.out}: {len(names)} classes, {size / 1e6:.1f} MB, {keeps}")
    _LOGGER.info("next: edge-classify --camera 0 --model %s", shlex.quote(str(config.out)))


def _lesson(config: TeachConfig, backbone: Backbone) -> Taught:
    """Return classes and examples: of the folder, or of the file and what is added."""
    from edge.teach.examples import joined
    from edge.teach.images import list_classes, read_examples_of
    from edge.teach.taught_file import Taught, read_taught

    before = read_taught(config.base, backbone.sha256) if config.base else None
    folder = config.folder
    images = list_classes(folder, may_be_one=before is not None)
    if reserved := reserved_among(images.names):
        raise DatasetError(f"{folder / reserved}: {reserved!r} is an answer of the runner's own, rename that folder")
    names = tuple(sorted({*images.names, *(before.names if before else ())}))
    if not 2 <= len(names) <= _MOST_CLASSES:
        raise DatasetError(
            f"{folder} holds {len(names)} class{'es' * (len(names) != 1)}, expected 2 to {_MOST_CLASSES}: one folder "
            "of images for each"
        )
    _warn_of_capitals(names)
    has_others = bool((images.labels < 0).any() or (before and (before.examples.labels < 0).any()))
    kinds = len(names) + has_others
    if 0 < config.keep < FEWEST_OF_A_CLASS * kinds:
        others = " and of the counter-examples" if has_others else ""
        raise ConfigError(
            f"--keep {config.keep} is less than {FEWEST_OF_A_CLASS} images of each of {len(names)} classes{others}: "
            f"keep {FEWEST_OF_A_CLASS * kinds} or more, or none with --forget"
        )
    spec = ModelSpec(labels=names, provenance=Provenance(dataset=folder.resolve().name))
    _LOGGER.info("the network sees the whole image between black bars, 224x224 pixels, in colour; %d images",
                 len(images.paths))  # fmt: skip
    examples = _renumbered(read_examples_of(images, backbone), images.names, names)
    if before:
        old = _renumbered(before.examples, before.names, names)
        new = len(examples.labels)
        examples, added, moved, near = joined(old, examples)
        _LOGGER.info("%d images are added to %d; %d were known", added, len(old.labels), new - added)
        if near:
            _LOGGER.info("%d of them are near copies of those, and held out together with them", near)
        if moved:
            _LOGGER.warning("%d images were of another class before, and are of the one in %s now", moved, folder)
        spec = replace(spec, provenance=before.spec.provenance)
    return Taught(names, examples, spec)


def _warn_of_capitals(names: Sequence[str]) -> None:
    """Warn of classes that are one to a person, such as `ripe` of a file and `Ripe` of what is added to it."""
    first: dict[str, str] = {}
    for name in names:
        if (other := first.setdefault(name.casefold(), name)) != name:
            _LOGGER.warning("%s and %s are two classes: if they are one, call their folders alike", other, name)


def _renumbered(examples: Examples, names: Sequence[str], to: Sequence[str]) -> Examples:
    """Return examples with the class indices of other names; counter-examples, -1, stay."""
    numbers = np.array([*(to.index(name) for name in names), -1], np.int32)
    return examples._replace(labels=numbers[examples.labels])


def _require_enough(names: Sequence[str], examples: Examples) -> None:
    counts = examples.counts(len(names)).tolist()
    for name, count in zip(names, counts, strict=True):
        if count < FEWEST_OF_A_CLASS:
            raise DatasetError(
                f"{count} different image{'s' * (count != 1)} of {name} can be used, at least {FEWEST_OF_A_CLASS} are "
                "needed: add some, each from another side or in other light"
            )
    few = [f"{name} {count}" for name, count in zip(names, counts, strict=True) if count < _FEW_OF_A_CLASS]
    if few:
        shown = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
        _LOGGER.warning("fewer than %d images of a class promise little: %s", _FEW_OF_A_CLASS, shown)
    others = int((examples.labels < 0).sum())
    shown = ", ".join(f"{name} {count}" for name, count in list(zip(names, counts, strict=True))[:10])
    _LOGGER.info("learning from %s%s", shown, f", and {others} counter-examples" if others else "")


def _kept(examples: Examples, most: int) -> Examples:
    from edge.teach.examples import limited

    chosen = limited(examples.labels, most)
    if 0 < most < len(examples.labels):
        _LOGGER.warning("the file keeps the features of %d of %d images, evenly of all classes (--keep)",
                        len(chosen), len(examples.labels))  # fmt: skip
    return examples.take(chosen)
