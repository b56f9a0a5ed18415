"""Images that a run judges files on: Fashion-MNIST's, photographs in folders, those of a training run, or none."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.inputs import EvaluationSet, PhotographSet, Skipped, load_test_images, save_array
from benchmarks.measure.job import JobPhotograph
from benchmarks.measure.photographs import Photograph, find_folders, label_photographs, read_photograph
from edge.artifact.spec import FASHION_MNIST_LABELS, NOTHING_LABEL, ModelSpec
from edge.datasets.fashion_mnist import LabelledImages
from edge.datasets.folder_labels import LabelledFolder, match_folders
from edge.errors import DatasetError, FrameError, SourceError
from edge.images.folders import parts_among, split_parts

MOST_IMAGES = 2_000
"""Photographs that are judged, unless --max-images says otherwise."""
_RUN_IMAGES, _RUN_SPEC = "images.npz", "model_spec.json"  # a run directory is a file format
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Images of a run, in files, and what is known of them."""

    facts: EvaluationSet
    statement: str
    """Description of the images, without a full stop."""
    file: str = ""
    """.npy of images of one size, for every file that takes it; empty: there are none."""
    labels: tuple[str, ...] = ()
    """Labels that the images are of, in index order: files of others aren't judged."""
    photographs: tuple[JobPhotograph, ...] = ()


def without_truth() -> Evaluation:
    """Return the evaluation of files that no test images are known for."""
    nothing = hashlib.sha256().hexdigest()
    return Evaluation(
        EvaluationSet("none", 0, nothing, [], ()),
        "no test images are known for these files: latency, size and memory alone, on drawn noise "
        "(--data DIR gives images in folders called like the labels)",
    )


def fashion_mnist_evaluation(config: BenchmarkConfig, folder: Path) -> Evaluation:
    """Write Fashion-MNIST's test images, or drawn garments where it isn't on this machine, into a folder.

    Raises:
        DatasetError: Fashion-MNIST is there but damaged.
    """
    images = load_test_images(seed=config.seed, max_images=config.max_images)
    return Evaluation(
        images.facts, images.statement, save_array(folder, "images", images.images), images.facts.class_names
    )


def run_evaluation(run: Path, config: BenchmarkConfig, folder: Path) -> Evaluation:
    """Write the test images that a run directory keeps into a folder; of a garment run, those of Fashion-MNIST.

    Raises:
        DatasetError: it is no run directory, or its images are missing or damaged.
        SpecError: its specification is damaged.
    """
    try:
        spec = ModelSpec.from_json((run / _RUN_SPEC).read_text(encoding="utf-8"))
        if not (run / _RUN_IMAGES).exists() and spec.labels == FASHION_MNIST_LABELS:
            return fashion_mnist_evaluation(config, folder)
        with (run / _RUN_IMAGES).open("rb") as file, np.load(file) as stored:
            images, labels = stored["test_images"], stored["test_labels"]
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{run} holds no test images of its own ({error}): expected a folder that `python -m train` wrote"
        ) from error
    whole = len(labels)
    images, labels = images[: config.max_images], labels[: config.max_images]
    name = f"the run {run.resolve().name}"
    facts = EvaluationSet(name, len(labels), LabelledImages(images, labels).sha256, labels.tolist(), spec.labels)
    share = f"{whole:,}" if len(labels) == whole else f"the first {len(labels):,} of {whole:,}"
    statement = f"accuracy on the test images of {name} ({share} images)"
    return Evaluation(facts, statement, save_array(folder, "images", images), spec.labels)


def photographs_evaluation(data: Path, config: BenchmarkConfig, specs: Sequence[ModelSpec]) -> Evaluation:
    """List photographs for all models with the labels that the folders fit; what can't be read is left out of all.

    Args:
        data: holds one folder for each label, and others that `unknown` or one of several labels is right for; of one
            that comes split, the test part does, else the validation part.
        config: seed of the choice, number of images, and labels of folders that are called otherwise.
        specs: specifications of the files to be judged; the first whose labels fit a folder gives the labels.

    Raises:
        SourceError: no folder is called like a label, or no image could be read.
    """
    whole, data = data, _judged_part(data)
    folders = find_folders(data)
    spec, kinds, others = _fitting(data, list(folders), specs, config.truths or {})
    kinds.sort(key=lambda kind: not kind.is_known)
    photographs = label_photographs(folders, kinds)
    chosen = choose(photographs, most=config.max_images or MOST_IMAGES, seed=config.seed)
    used, skipped, digest = _readable(sorted(chosen, key=lambda photograph: not photograph.kind.is_known), spec)
    class_names = _class_names(spec, kinds)
    listed = tuple(_as_job(photograph, class_names) for photograph in used)
    known, name = sum(bool(photograph.right) for photograph in listed), whole.resolve().name
    name += f"/{data.name}" * (data != whole)
    parts = [
        f"{known:,} known and {len(used) - known:,} unknown photographs",
        f"of {len(photographs):,}" if len(chosen) < len(photographs) else "",
        f"in {len(kinds)} folder{'s' * (len(kinds) > 1)} of {name}",
        f"without {', '.join(others)}, which name no label" if others else "",
    ]
    facts = EvaluationSet(
        f"folder {name}",
        len(used),
        digest,
        [photograph.label for photograph in listed if photograph.right],
        class_names,
        PhotographSet(
            folders=tuple(kinds),
            names=[photograph.name for photograph in used],
            folder_indices=[kinds.index(photograph.kind) for photograph in used],
            skipped=tuple(skipped),
        ),
    )
    statement = f"accuracy on {' '.join(filter(None, parts))}"
    return Evaluation(facts, statement, labels=spec.labels, photographs=listed)


def _judged_part(data: Path) -> Path:
    """Return the test part of a folder that comes split, else its validation part, and log which; else the folder."""
    parts = split_parts(data) if data.is_dir() else ()
    others = [name for name in parts if not _is_trained_on(name)]
    if not others:
        return data
    part = data / others[-1]
    if part.name.lower().startswith("test"):
        _LOGGER.info("%s comes split: judged on its test part, %s", data, part)
    else:
        _LOGGER.warning("%s comes split, without a test part: judged on its validation part, %s, which flatters a "
                        "network that was chosen by it", data, part)  # fmt: skip
    return part


def _is_trained_on(part: str) -> bool:
    return part.lower().startswith("train")


def _hint(data: Path, folders: Sequence[str]) -> str:
    """Return which folder to give in place of one that holds parts, and other folders or nothing; empty: none."""
    parts = parts_among(data / name for name in folders)
    nested = [part for part in parts if part.is_dir() and any(path.is_dir() for path in part.iterdir())]
    if not nested:
        return ""
    doubt = " to judge on images that were trained on, which flatters" if _is_trained_on(nested[-1].name) else ""
    return f"; or give --data {nested[-1]}{doubt}"


def _class_names(spec: ModelSpec, kinds: Sequence[LabelledFolder]) -> tuple[str, ...]:
    """Return the labels, `nothing`, and a class for each set of several labels that are right for a folder."""
    several = dict.fromkeys(kind.truth for kind in kinds if len(kind.labels) > 1)
    return (*spec.labels, NOTHING_LABEL, *several)


def _as_job(photograph: Photograph, class_names: Sequence[str]) -> JobPhotograph:
    kind = photograph.kind
    right = tuple(class_names.index(label) for label in kind.labels)
    several = class_names.index(kind.truth, class_names.index(NOTHING_LABEL)) if len(right) > 1 else -1
    return JobPhotograph(str(photograph.path.absolute()), right, right[0] if len(right) == 1 else several)


def choose(photographs: Sequence[Photograph], *, most: int, seed: int) -> list[Photograph]:
    """Choose at most so many photographs, one of each folder in turn, seeded within a folder."""
    rng = np.random.default_rng(seed)
    by_folder: dict[str, list[Photograph]] = {}
    for photograph in photographs:
        by_folder.setdefault(photograph.kind.folder, []).append(photograph)
    shuffled = [[members[place] for place in rng.permutation(len(members))] for members in by_folder.values()]
    turns = range(max(map(len, shuffled), default=0))
    return [members[turn] for turn in turns for members in shuffled if turn < len(members)][:most]


def _fitting(
    data: Path, folders: Sequence[str], specs: Sequence[ModelSpec], truths: Mapping[str, tuple[str, ...]]
) -> tuple[ModelSpec, list[LabelledFolder], list[str]]:
    """Return the first specification whose labels fit a folder, the folders it fits, and the names of the others."""
    if not specs:
        raise SourceError(
            f"no label of these files is known, so that the folders of {data} say nothing: check the paths of the "
            "files, or give class names with --labels FILE"
        )
    matches = [(spec, *match_folders(folders, spec.labels, truths)) for spec in specs]
    # Any specification fits a folder of what is unknown, so that one with a label for some folder goes first.
    matches.sort(key=lambda match: not any(kind.is_known for kind in match[1]))
    spec, kinds, others = matches[0]
    hint = _hint(data, others)
    if not kinds or (hint and not any(kind.is_known for kind in kinds)):  # or `unknown` alone would be judged
        raise SourceError(
            f"no folder of {data} is called like a label of these files ({', '.join(folders)}): rename them, or say "
            f"what they hold with --map FOLDER=LABEL{hint}"
        )
    if others:
        _LOGGER.warning(
            "left out of %s, as they are called like no label: %s; say what they hold with --map FOLDER=LABEL, or "
            "=unknown",
            data,
            ", ".join(others),
        )
    return spec, kinds, others


def _readable(photographs: Sequence[Photograph], spec: ModelSpec) -> tuple[list[Photograph], list[Skipped], str]:
    """Return those that can be decoded, the others with their reasons, and the digest of the former."""
    used: list[Photograph] = []
    skipped: list[Skipped] = []
    digest = hashlib.sha256()
    for photograph in photographs:
        content = _content(photograph, spec)
        if isinstance(content, Skipped):
            skipped.append(content)
        else:
            digest.update(content + photograph.kind.truth.encode())
            used.append(photograph)
    if not used:
        first = f"; {skipped[0].path}: {skipped[0].reason}" if skipped else ""
        count = f"{len(skipped)} photograph{'s' * (len(skipped) != 1)}"
        raise SourceError(f"none of {count} could be read, expected JPEG or PNG files{first}")
    return used, skipped, digest.hexdigest()


def _content(photograph: Photograph, spec: ModelSpec) -> bytes | Skipped:
    """Return the bytes of a file that can be decoded."""
    try:
        read_photograph(photograph.path, spec.input)
        return photograph.path.read_bytes()
    except FrameError as error:
        return Skipped(photograph.name, str(error))
    except OSError as error:
        return Skipped(photograph.name, error.strerror or str(error))
