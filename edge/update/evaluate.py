"""Runs a new model and the current one on the same frames and counts; a program of its own, for models may crash it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.artifact.labels import FASHION_MNIST_LABELS
from edge.artifact.trust import TrustPolicy
from edge.classify.classifier import Classifier
from edge.classify.results import Prediction
from edge.datasets.folder_labels import REJECTIONS, Kind, Truths, map_folders
from edge.demo import draw_frame
from edge.errors import FrameError, ModelFileError, SourceError, ToolkitError
from edge.images.decode import decode_image
from edge.images.folders import images_by_folder
from edge.update.metrics import Count, Figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GARMENTS = 40  # each class four times
_HEIGHT, _WIDTH = 240, 320  # twice what the vision step looks at: finer detail would only cost time
_SEED = 2_000_000  # no seed of the demo's own or of drawn training data

Vouched = tuple[Path, str]
"""A file, and the SHA-256 that vouches for it; empty: it is checked as files of strangers are."""
Truth = Callable[[str], bool]
"""Whether an answer to a frame is right."""


@dataclass(slots=True)
class _Pair:
    """Both models, and the time from frame to answer that each took."""

    new: Classifier
    current: Classifier
    times_ns: list[tuple[int, int]] = field(default_factory=list)

    def answer(self, frame: NDArray[np.uint8]) -> tuple[str, str]:
        """Both answers to a frame, the new model's first."""
        current, new = self.current.classify(frame), self.new.classify(frame)
        _check(new)
        self.times_ns.append((new.latency_ns["total"], current.latency_ns["total"]))
        return new.label, current.label

    def time_ratio(self) -> float:
        """The new model's fastest frame over the current one's: a service that runs meanwhile slows all others."""
        new, current = zip(*self.times_ns, strict=True)
        return float(min(new) / min(current))


def examine(new: Vouched, current: Vouched, samples: Path | None, truths: Truths) -> Figures:
    """Run both models on drawn garments and on a person's samples.

    Args:
        new: the file in question, and its SHA-256 where a person vouches for it.
        current: the file it is compared with.
        samples: a folder with a folder of pictures for each label; None: there are none.
        truths: what is right for folders that aren't called like a label; see `edge.datasets.folder_labels`.

    Raises:
        ToolkitError: a model can't be loaded, or the new one gives what is no probability; or there is no sample.
    """
    pair = _Pair(_load(*new), _load(*current))
    labels, current_labels = pair.new.spec.labels, pair.current.spec.labels
    pictures = _count(pair, _pictures(samples, labels, truths), knows_truth=True) if samples else None
    if pictures and not pictures.frames:
        raise SourceError(f"no picture in the folders of {samples}: expected a folder of them for each label")
    drawn = _count(pair, _garments(), knows_truth=set(FASHION_MNIST_LABELS) <= set(labels))
    return Figures(drawn, pictures, pair.time_ratio(), labels, current_labels)


def _count(pair: _Pair, frames: Iterator[tuple[NDArray[np.uint8], Truth]], *, knows_truth: bool) -> Count:
    has_same_labels = pair.new.spec.labels == pair.current.spec.labels
    right = current_right = same = number = 0
    for number, (frame, is_right) in enumerate(frames, start=1):  # noqa: B007  # counted on after the loop
        answer, current = pair.answer(frame)
        right += is_right(answer)
        current_right += is_right(current)
        same += answer == current
    return Count(
        frames=number,
        right=right if knows_truth else None,
        current_right=current_right if knows_truth and has_same_labels else None,
        same=same if knows_truth and has_same_labels else None,  # strangers to the classes may be called anything
    )


def _load(path: Path, sha256: str) -> Classifier:
    return Classifier.load(path, policy=TrustPolicy(sha256) if sha256 else None)


def _garments() -> Iterator[tuple[NDArray[np.uint8], Truth]]:
    """Drawn garments, the same at every call, with their truth."""
    for number in range(_GARMENTS):
        drawn = draw_frame(number, seed=_SEED, height=_HEIGHT, width=_WIDTH)
        yield drawn.image, FASHION_MNIST_LABELS[drawn.label_index].__eq__


def _pictures(folder: Path, labels: Sequence[str], truths: Truths) -> Iterator[tuple[NDArray[np.uint8], Truth]]:
    """A person's pictures with their truth; what can't be read is left out."""
    if not folder.is_dir():
        raise SourceError(f"{folder} is no folder: expected one that holds a folder of pictures for each label")
    inside = images_by_folder(folder)
    for kind in map_folders([name for name, files in inside.items() if files], labels, truths):
        for file in inside[kind.folder]:
            with suppress(FrameError):
                yield decode_image(file.read_bytes()), _truth(kind)


def _truth(kind: Kind) -> Truth:
    return (kind.labels or REJECTIONS).__contains__


def _check(prediction: Prediction) -> None:
    """Refuse what is no probability: NaN would pass for the answer unknown."""
    total = float(np.sum(prediction.probabilities))
    if prediction.top_k and not 0.5 < total < 1.5:  # of a hundred classes in 8 bits it is seldom 1
        raise ModelFileError(f"the probabilities of its classes add up to {total:.3g} instead of 1")


def main(new: Sequence[str], current: Sequence[str], samples: str, truths: Mapping[str, Sequence[str]]) -> None:
    """Print the figures as JSON; what is wrong with the model ends the program with a sentence."""
    try:
        given = {folder: tuple(labels) for folder, labels in truths.items()}
        files = (Path(new[0]), new[1]), (Path(current[0]), current[1])
        figures = examine(*files, Path(samples) if samples else None, given)
    except ToolkitError as error:
        sys.exit(" ".join(str(error).split()))
    sys.stdout.write(json.dumps(asdict(figures)))
