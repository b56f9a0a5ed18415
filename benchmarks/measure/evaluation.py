"""Images that a run judges files on: Fashion-MNIST's, photographs in folders, those of a training run, or none."""

from __future__ import annotations

import hashlib
import logging
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.inputs import EvaluationSet, load_test_images, save_array
from benchmarks.measure.photographs import Photograph, find_folders, label_photographs
from edge.artifact.input_spec import InputSpec
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.datasets.fashion_mnist import LabelledImages
from edge.datasets.folder_labels import LabelledFolder, match_folders
from edge.errors import DatasetError, FrameError, SourceError
from edge.vision import prepare

MOST_IMAGES = 2_000
"""Photographs that are judged, unless --max-images says otherwise."""
MOST_BYTES = 400_000_000
"""Bytes of all prepared images together, which lie on the disk and are mapped into memory."""
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
    prepared: Mapping[InputSpec, str] = field(default_factory=dict)
    """.npy of the same photographs by the input that they were prepared for."""

    def file_for(self, spec: ModelSpec | None) -> str:
        """Return the .npy that a model is judged on, as far as its specification is known; empty: there is none."""
        if spec is not None and spec.labels == self.facts.class_names:
            return self.prepared.get(spec.input, self.file)
        return self.file


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
    return Evaluation(images.facts, images.statement, save_array(folder, "images", images.images))


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
    return Evaluation(
        facts, f"accuracy on the test images of {name} ({share} images)", save_array(folder, "images", images)
    )


def photographs_evaluation(data: Path, config: BenchmarkConfig, specs: Sequence[ModelSpec], folder: Path) -> Evaluation:
    """Prepare photographs as the recipe of each model does, for all models with the labels that the folders fit.

    Args:
        data: holds one folder for each class, called like a label.
        config: seed of the choice, number of images, and labels of folders that are called otherwise.
        specs: specifications of the files to be judged; the first whose labels fit a folder gives the classes.
        folder: where the arrays are written.

    Raises:
        SourceError: no folder is called like a label, or no image could be read.
    """
    folders = find_folders(data)
    spec, kinds, others = _fitting(data, list(folders), specs, config.truths or {})
    inputs = list(dict.fromkeys(each.input for each in specs if each.labels == spec.labels))
    photographs = label_photographs(folders, kinds)
    bytes_each = sum(each.height * each.width * each.channels for each in inputs)
    most = min(config.max_images or MOST_IMAGES, MOST_BYTES // bytes_each)
    chosen = choose(photographs, most=most, seed=config.seed)
    arrays, used, digest = _prepare_all(chosen, inputs, folder)
    labels = [spec.labels.index(photograph.kind.labels[0]) for photograph in used]
    parts = [
        f"{len(used):,} of {len(photographs):,}" if len(used) < len(photographs) else f"{len(used):,}",
        f"photographs in {len(kinds)} folders of {data.resolve().name}",
        f"without {', '.join(others)}, which name no single label" if others else "",
    ]
    facts = EvaluationSet(f"folder {data.resolve().name}", len(used), digest, labels, spec.labels)
    return Evaluation(facts, f"accuracy on {' '.join(filter(None, parts))}", prepared=arrays)


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
    """Return the first specification whose labels fit a folder, the folders of one label, and the names of others."""
    for spec in specs:
        matched, unmatched = match_folders(folders, spec.labels, truths)
        kinds = [kind for kind in matched if len(kind.labels) == 1]
        others = [*unmatched, *(kind.folder for kind in matched if len(kind.labels) != 1)]
        if kinds:
            if others:
                _LOGGER.warning("left out of %s, as they name no single label: %s", data, ", ".join(others))
            return spec, kinds, others
    raise SourceError(
        f"no folder of {data} is called like a label of these files ({', '.join(folders)}): rename them, or say what "
        "they hold with --map FOLDER=LABEL"
    )


def _prepare_all(
    chosen: Sequence[Photograph], inputs: Sequence[InputSpec], folder: Path
) -> tuple[dict[InputSpec, str], list[Photograph], str]:
    """Write an array for each input; return their files, the photographs that could be read, and their digest."""
    arrays = {
        each: np.lib.format.open_memmap(
            folder / f"all{number}.npy", mode="w+", dtype=np.uint8, shape=(len(chosen), *_shape(each))
        )
        for number, each in enumerate(inputs)
    }
    used: list[Photograph] = []
    digest, skipped = hashlib.sha256(), 0
    for photograph in chosen:
        try:
            for each, array in arrays.items():
                array[len(used)] = prepare(photograph.read(each), each).pixels
        except (FrameError, OSError) as error:
            skipped += 1
            _LOGGER.warning("left out: %s: %s", photograph.name, error)
            continue
        digest.update(photograph.path.read_bytes() + photograph.kind.truth.encode())
        used.append(photograph)
    if not used:
        raise SourceError(f"none of {skipped} photographs could be read, expected JPEG or PNG files")
    files = {
        each: save_array(folder, f"prepared{number}", array[: len(used)])
        for number, (each, array) in enumerate(arrays.items())
    }
    return files, used, digest.hexdigest()


def _shape(spec: InputSpec) -> tuple[int, ...]:
    return (spec.height, spec.width) if spec.channels == 1 else (spec.height, spec.width, 3)
