"""The promise itself: the shipped model puts out here what it put out where docs/measured was made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge import demo
from edge.datasets import fashion_mnist
from tests.platforms import bits, kit

MEASURED = Path(__file__).parents[2] / "docs" / "measured" / "hardening_platforms.json"


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """A row of LiteRT and the shipped model: whose doesn't matter, for all machines put out the same bytes."""
    report = json.loads(MEASURED.read_text(encoding="utf-8"))
    row = next(row for row in report["details"] if row["library"] == "litert")
    return {**row, "drawn_sha256": report["settings"]["drawn_sha256"]}


def test_drawn_garments_give_the_bytes_that_were_measured(measured: dict[str, Any]) -> None:
    drawn = kit.drawn()
    assert bits.sha256(drawn) == measured["drawn_sha256"]
    assert bits.sha256(bits.outputs(drawn)) == measured["drawn_outputs_sha256"]


def test_the_drawn_garments_are_those_of_draw_dataset_but_for_rounding() -> None:
    """OpenCV rounds in another way on each kind of processor, most often on Arm: 0.92 levels of 255 on average there.

    Any two of these garments are 4 levels apart or more, and two of one class 26 on average.
    """
    kept = kit.drawn()
    apart = np.abs(demo.draw_dataset(len(kept))[0].astype(int) - kept)
    assert apart.mean() <= 2


@pytest.mark.real_data
def test_the_test_images_give_the_bytes_that_were_measured(
    fashion_mnist_present: None, measured: dict[str, Any]
) -> None:
    images, _ = fashion_mnist.load("test")
    assert bits.sha256(bits.outputs(images)) == measured["outputs_sha256"]
