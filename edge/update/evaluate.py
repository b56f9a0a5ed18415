"""Program that runs a new model and the current one on the same frames and prints metrics; a model may crash it."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.artifact.trust import TrustPolicy
from edge.classify.classifier import Classifier
from edge.classify.results import Prediction
from edge.datasets.folder_labels import REJECTIONS, Truths, map_folders
from edge.demo import draw_frame
from edge.errors import FrameError, ModelFileError, SourceError, SpecError, ToolkitError, UpdateError
from edge.images.decode import read_image
from edge.images.folders import list_class_folders
from edge.sources.demo import drawn_names
from edge.update.evaluation_process import Metrics, Tally, exit_status
from edge.vision import least_edge

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GARMENTS = 40  # each class four times
_HEIGHT, _WIDTH = 240, 320  # twice what the vision step looks at: finer detail would only cost time
_SEED = 2_000_000  # beyond the seeds of the demo and of drawn training data

ModelFile = tuple[Path, str]
"""Path of a model, and its SHA-256 if it is trusted; empty: the file is checked like any untrusted one."""
LabelledFrame = tuple["NDArray[np.uint8]", Collection[str]]
"""Frame, uint8 BGR, shape (H, W, 3), 0-255, and the labels of which any is right."""


@dataclass(slots=True)
class _Pair:
    """Both models, and their times from frame to prediction, ns."""

    new: Classifier
    current: Classifier
    times_ns: list[tuple[int, int]] = field(default_factory=list)

    def classify(self, frame: NDArray[np.uint8]) -> tuple[str, str]:
        """Return the labels that both models predict for a frame, the new model's first."""
        current, new = self.current.classify(frame), self.new.classify(frame)
        _require_probabilities(new)
        self.times_ns.append((new.latency_ns["total"], current.latency_ns["total"]))
        return new.label, current.label

    def least_edge(self) -> int | None:
        """Return the pixels along the shorter edge of an image that both need; None: all of them."""
        new, current = (least_edge(model.spec.input) for model in (self.new, self.current))
        return None if new is None or current is None else max(new, current)

    def time_ratio(self) -> float:
        """Return the ratio of the fastest times, new to current: a service that runs meanwhile slows all others."""
        new, current = zip(*self.times_ns, strict=True)
        return float(min(new) / min(current))


def evaluate(new: ModelFile, current: ModelFile, samples: Path | None, truths: Truths) -> Metrics:
    """Run both models on drawn garments and on the user's samples, see `evaluate_in_child`.

    Raises:
        ToolkitError: a model can't be loaded, the new one gives no probabilities, or there is no sample.
    """
    pair = _Pair(_load(*new), _load_current(*current))
    labels, current_labels = pair.new.spec.labels, pair.current.spec.labels
    counted = _count(pair, _images(samples, labels, truths, pair.least_edge()), knows_truth=True) if samples else None
    if counted and not counted.frames:
        raise SourceError(f"no picture in the folders of {samples}: expected a folder of them for each label")
    names = drawn_names(labels)
    drawn = _count(pair, _garments(names or FASHION_MNIST_LABELS), knows_truth=names is not None)
    return Metrics(drawn, counted, pair.time_ratio(), labels, current_labels)


def _count(pair: _Pair, frames: Iterator[LabelledFrame], *, knows_truth: bool) -> Tally:
    has_same_labels = pair.new.spec.labels == pair.current.spec.labels
    right = current_right = same = number = 0
    for number, (frame, labels) in enumerate(frames, start=1):  # noqa: B007  # counted on after the loop
        new, current = pair.classify(frame)
        right += new in labels
        current_right += current in labels
        same += new == current
    return Tally(
        frames=number,
        right=right if knows_truth else None,
        current_right=current_right if knows_truth and has_same_labels else None,
        same=same if knows_truth and has_same_labels else None,  # frames of no class may get any label
    )


def _load(path: Path, sha256: str) -> Classifier:
    return Classifier.load(path, policy=TrustPolicy(sha256) if sha256 else None)


def _load_current(path: Path, sha256: str) -> Classifier:
    """Load the current model; what is wrong with it is no fault of the new one."""
    try:
        return _load(path, sha256)
    except (ModelFileError, SpecError) as error:
        raise UpdateError(f"the current model can't be loaded: {error}") from error


def _garments(names: Sequence[str]) -> Iterator[LabelledFrame]:
    """Draw garments, the same at every call, with the names in the order of Fashion-MNIST's labels."""
    for number in range(_GARMENTS):
        drawn = draw_frame(number, seed=_SEED, height=_HEIGHT, width=_WIDTH)
        yield drawn.image, (names[drawn.label_index],)


def _images(folder: Path, labels: Sequence[str], truths: Truths, least: int | None) -> Iterator[LabelledFrame]:
    """Read the images of a folder's folders; those that can't be decoded are left out."""
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder: expected one that holds a folder of pictures for each label")
    files = list_class_folders(folder).images
    for kind in map_folders([name for name, images in files.items() if images], labels, truths):
        for file in files[kind.folder]:
            with suppress(FrameError):
                yield read_image(file, least=least, keeps_alpha=True), kind.labels or REJECTIONS


def _require_probabilities(prediction: Prediction) -> None:
    """Refuse outputs that are no probabilities: NaN would pass for the label unknown."""
    total = float(np.sum(prediction.probabilities))
    if prediction.top_k and not 0.5 < total < 1.5:  # of a hundred classes in 8 bits it is seldom 1
        raise ModelFileError(f"the probabilities of its classes add up to {total:.3g} instead of 1")


def main(new: Sequence[str], current: Sequence[str], samples: str, truths: Mapping[str, Sequence[str]]) -> None:
    """Print the metrics as JSON; an error ends the program with its message and the exit status of its kind."""
    try:
        mapped = {folder: tuple(labels) for folder, labels in truths.items()}
        files = (Path(new[0]), new[1]), (Path(current[0]), current[1])
        metrics = evaluate(*files, Path(samples) if samples else None, mapped)
    except Exception as error:  # noqa: BLE001  # whatever a library makes of a new model
        text = str(error) if isinstance(error, ToolkitError) else f"{type(error).__name__}: {error}"
        sys.stderr.write(" ".join(text.split()) + "\n")
        sys.exit(exit_status(error))
    sys.stdout.write(json.dumps(asdict(metrics)))
