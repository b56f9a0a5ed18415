"""The report as data: the content of `report.json`, which the page is made from."""

from __future__ import annotations

from dataclasses import dataclass

from train.report.int8 import Int8Cost
from train.report.learning_curve import Gain, LearningCurve

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the data set."""

    path: str
    """Below the folder of the data set."""
    part: str
    """train, validation or test."""
    place: int
    """Index in the part."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """Wrong answer to a held-out image."""

    image: Image
    label: str
    """Right class: that of the folder."""
    answer: str
    probability: float
    """Probability of the answer, 0-1."""


@dataclass(frozen=True, slots=True)
class ConfusedPair:
    """Two classes of which one is taken for the other."""

    label: str
    answer: str
    count: int
    """Number of held-out images of `label` that were answered so."""
    of: int
    """Number of held-out images of `label`."""
    images: tuple[Image, ...]
    """The surest of them."""


@dataclass(frozen=True, slots=True)
class DoubtfulLabel:
    """Image that lies among those of another class."""

    image: Image
    label: str
    other: str
    """Class that it more probably shows."""
    votes: int
    """Number of nearest neighbours of that class."""
    neighbours: int
    """Number of nearest neighbours that were asked."""
    probability: float
    """Probability of the other class, 0-1, by a regression that didn't see the image."""
    copies: int
    """Number of near copies that it stands for, itself included."""
    nearest: Image
    """Most similar image of the other class."""


@dataclass(frozen=True, slots=True)
class NearCopies:
    """Images that hardly differ: frames of a burst or recording, pictures that were saved again."""

    images: int
    """Number of usable images."""
    different: int
    """Number of them without near copies."""
    of_test_in_training: int
    """Number of test images with a near copy in training or validation."""
    in_two_classes: tuple[tuple[Image, Image], ...]
    """Pairs of near copies whose folders say different classes, the first ones."""


@dataclass(frozen=True, slots=True)
class ClassAdvice:
    """One class, and the reasons to add images of it."""

    name: str
    training: int
    """Number of training images."""
    different: int
    """Number of images in all parts without near copies."""
    right: int
    """Number of right answers to held-out images."""
    held_out: int
    """Number of held-out images."""
    interval: tuple[float, float] | None
    """95 % interval of the share that is right, 0-1; None without held-out images."""
    doubling: Gain | None
    """Gain of its images by the last doubling of the learning curve; None where it isn't known."""
    reasons: tuple[str, ...]
    """Reasons to add images; empty: none."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows; shares are 0-1."""

    schema_version: int
    run: str
    data: str
    """Name of the folder of the data set, without the folders above it."""
    sees: str
    """Description of the input of the network."""
    started: str
    """Start of the training, ISO 8601."""
    device: str
    accuracy: float
    """On the test images, or on the validation images without any."""
    interval: tuple[float, float]
    training: int
    validation: int
    test: int
    skipped: int
    headline: tuple[str, ...]
    """Sentences that answer first."""
    classes: tuple[ClassAdvice, ...]
    looked_at: int
    """Number of different images whose features were computed."""
    comes_split: bool
    """True if the parts are the data set's own."""
    curve: LearningCurve | None
    curve_sentence: str
    """Answer to "have I done enough?", or the reason that there is no curve."""
    doubtful: tuple[DoubtfulLabel, ...]
    """The most doubtful ones."""
    doubtful_count: int
    confusion: tuple[tuple[int, ...], ...]
    """Number of held-out images of each class (row) by answer (column); empty with more than 200 classes."""
    pairs: tuple[ConfusedPair, ...]
    mistakes: tuple[Mistake, ...]
    """The surest ones."""
    wrong: int
    """Number of all wrong answers to held-out images."""
    held_out: int
    """Number of validation and test images."""
    near_copies: NearCopies
    int8: Int8Cost | None
    int8_reason: str
    """Reason that the cost of int8 is not known; empty where it is."""
    rejection: str
    """Sentence on the threshold of `unknown`; empty where it wasn't measured."""
