"""Builds the report of a training from its images, its answers and its metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.config import TrainConfig, describe_input
from train.data.parts import TEST
from train.data.splits import Splits
from train.report.advice import advise, class_sentence, curve_sentence, listed
from train.report.doubtful_labels import Doubt, find_doubtful
from train.report.features import frozen_features
from train.report.int8 import Int8Cost
from train.report.learning_curve import LearningCurve, learning_curve
from train.report.mistakes import confused_pairs, confusion, held_out_images, surest_mistakes
from train.report.pool import PART_NAMES, Pool, count_near_copies, different_images, parts_of, shown_path
from train.report.record import SCHEMA_VERSION, DoubtfulLabel, Image, NearCopies, Report

_LOGGER = logging.getLogger(__name__)
_MOST_DOUBTFUL = 48


def build(
    config: TrainConfig, splits: Splits, metrics: Mapping[str, Any], *, validation: NDArray[np.float32],
    test: NDArray[np.float32], int8: Int8Cost | str, rejection: str,
) -> Report:  # fmt: skip
    """Build the report.

    Args:
        config: of the run.
        splits: its images, with their files.
        metrics: content of its `metrics.json`.
        validation: probabilities with the temperature, float32, shape (N, classes), 0-1.
        test: the same of the test images.
        int8: cost of int8, or the reason that it isn't known.
        rejection: sentence on the threshold of `unknown`, or "".
    """
    folder, names, classes = Path(config.data), splits.class_names, len(splits.class_names)
    held_out = held_out_images(splits, folder, validation, test)
    pool = different_images(splits, folder)
    features = frozen_features(pool, splits)
    _LOGGER.info("report: comparing %d images with their neighbours", len(pool.labels))
    doubts = find_doubtful(features, pool.labels, pool.groups, classes=classes)
    curve = learning_curve(features, pool.labels, pool.parts, classes=classes, comes_split=pool.comes_split)
    known_curve = curve if isinstance(curve, LearningCurve) else None
    copies = count_near_copies(splits, folder)
    advice = advise(
        names, training=np.bincount(splits.train.labels, minlength=classes),
        different=np.bincount(pool.labels, minlength=classes), labels=held_out.labels, answers=held_out.answers,
        curve=known_curve,
    )  # fmt: skip
    doubtful = tuple(_doubtful_label(doubt, pool, names) for doubt in doubts)
    answer = curve_sentence(curve) if isinstance(curve, LearningCurve) else curve
    has_test = TEST in parts_of(splits)
    low, high = metrics["test_top1_interval"]
    return Report(
        SCHEMA_VERSION, run=metrics["config"]["name"], data=shown_path(Path(folder.resolve().name), Path()),
        sees=describe_input(splits.input), started=metrics["started"], device=metrics["device"],
        accuracy=metrics["test_top1_accuracy"], interval=(low, high), training=len(splits.train.labels),
        validation=len(splits.validation.labels), test=len(splits.test.labels) * has_test, skipped=len(splits.skipped),
        headline=_headline(metrics, class_sentence(advice), answer, doubtful, copies, has_test=has_test),
        classes=advice,
        looked_at=len(pool.labels), comes_split=pool.comes_split, curve=known_curve, curve_sentence=answer,
        doubtful=doubtful[:_MOST_DOUBTFUL], doubtful_count=len(doubtful),
        confusion=confusion(held_out, classes), pairs=confused_pairs(held_out, names),
        mistakes=surest_mistakes(held_out, names), wrong=int((held_out.labels != held_out.answers).sum()),
        held_out=len(held_out.labels), near_copies=copies, int8=int8 if isinstance(int8, Int8Cost) else None,
        int8_reason=int8 if isinstance(int8, str) else "", rejection=rejection,
    )  # fmt: skip


def _doubtful_label(doubt: Doubt, pool: Pool, names: Sequence[str]) -> DoubtfulLabel:
    return DoubtfulLabel(
        _image(pool, doubt.index), names[pool.labels[doubt.index]], names[doubt.other], doubt.votes, doubt.neighbours,
        round(doubt.probability, 4), int(pool.copies[doubt.index]), _image(pool, doubt.nearest),
    )  # fmt: skip


def _image(pool: Pool, index: int) -> Image:
    return Image(pool.paths[index], PART_NAMES[pool.parts[index]], int(pool.places[index]))


def _headline(
    metrics: Mapping[str, Any],
    classes: str,
    curve: str,
    doubtful: Sequence[DoubtfulLabel],
    copies: NearCopies,
    *,
    has_test: bool,
) -> tuple[str, ...]:
    """Return the sentences that answer first."""
    low, high = metrics["test_top1_interval"]
    accuracy, count = metrics["test_top1_accuracy"], metrics["images"]["test"]
    noun = f"{'test' if has_test else 'validation'} {'image is' if count == 1 else 'images are'}"
    sentences = [
        f"{accuracy:.1%} of {count:,} {noun} right (95 % interval {low:.1%} to {high:.1%})",
        classes,
        curve,
    ]
    if doubtful:
        kinds = sorted({doubt.label for doubt in doubtful})
        noun = "image has a doubtful label" if len(doubtful) == 1 else "images have doubtful labels"
        sentences.append(f"{len(doubtful)} {noun}, in {listed(kinds)}: look at them first")
    else:
        sentences.append("No label is doubtful")
    if copies.different < copies.images:
        near = copies.images - copies.different
        sentences.append(f"Near copies of other images: {near:,} of {copies.images:,}, which teach little")
    if copies.of_test_in_training:
        nouns = "test image has a near copy" if copies.of_test_in_training == 1 else "test images have near copies"
        sentences.append(f"{copies.of_test_in_training} {nouns} in training, so the accuracy flatters")
    if copies.in_two_classes:
        sentences.append("Near copies of the same picture lie in different classes: see the doubtful labels")
    return tuple(f"{sentence}." for sentence in sentences)
