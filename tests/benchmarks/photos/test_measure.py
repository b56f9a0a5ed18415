"""Finding photographs in folders, and classifying each once."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure.photographs import Photograph
from benchmarks.photos.measure import PhotoReport, measure_photos
from edge.datasets.folder_labels import LabelledFolder
from edge.errors import SourceError

SHOES, HATS = LabelledFolder("shoes", ("a", "b")), LabelledFolder("hats", ())


def test_each_photograph_is_classified_once(
    scripted: Callable[..., Any], photograph: Callable[..., Photograph]
) -> None:
    classifier = scripted({10: ("a", "a", 0.9), 20: ("unknown", "c", 0.4)}, labels="abc")

    found = measure_photos(classifier, [photograph(SHOES, "1.png", 10), photograph(HATS, "2.png", 20, height=7)])

    assert classifier.seen == [(6, 8), (7, 8)]
    assert found.labels == ("a", "b", "c")
    assert [(result.photograph.name, result.height, result.width) for result in found.results] == [
        ("shoes/1.png", 6, 8),
        ("hats/2.png", 7, 8),
    ]
    assert found.skipped == ()


def test_top1_answer_and_rejection_are_judged_separately(measured: PhotoReport) -> None:
    facts = [(result.is_top1_right, result.is_right, result.is_rejected, result.score) for result in measured.results]

    assert facts == [
        (True, True, False, 0.9),
        (True, False, True, 0.4),
        (False, False, False, 0.6),
        (True, True, False, 0.8),
        (False, False, False, 0.7),
        (False, True, True, 0.3),
        (False, True, True, 0.0),
    ]


def test_any_of_several_labels_is_right(scripted: Callable[..., Any], photograph: Callable[..., Photograph]) -> None:
    classifier = scripted({1: ("a", "a", 0.9), 2: ("b", "b", 0.9), 3: ("c", "c", 0.9)}, labels="abc")

    found = measure_photos(classifier, [photograph(SHOES, f"{level}.png", level) for level in (1, 2, 3)])

    assert [result.is_right for result in found.results] == [True, True, False]


def test_unreadable_photographs_are_listed_with_the_reason(
    scripted: Callable[..., Any], photograph: Callable[..., Photograph], tmp_path: Path
) -> None:
    good, torn, empty = (photograph(SHOES, name, 10) for name in ("good.png", "torn.png", "empty.png"))
    torn.path.write_bytes(torn.path.read_bytes()[:20])
    empty.path.write_bytes(b"")
    gone = Photograph(tmp_path / "gone.png", "shoes/gone.png", SHOES)

    found = measure_photos(scripted({10: ("a", "a", 0.9)}), [torn, good, empty, gone])

    assert [result.photograph for result in found.results] == [good]
    reasons = {skipped.path: skipped.reason for skipped in found.skipped}
    assert list(reasons) == ["shoes/torn.png", "shoes/empty.png", "shoes/gone.png"]
    assert "shorter" in reasons["shoes/torn.png"]
    assert "empty" in reasons["shoes/empty.png"]
    assert reasons["shoes/gone.png"] == os.strerror(errno.ENOENT)


def test_nothing_readable_is_an_error(scripted: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none of 1 .*; shoes/x.png: "):
        measure_photos(scripted({}), [Photograph(tmp_path / "x.png", "shoes/x.png", SHOES)])
