"""The promise itself: the shipped model puts out here what it put out where docs/measured was made."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.hardening.platforms import bits
from benchmarks.hardening.platforms.kit import DRAWN
from benchmarks.hardening.platforms.probe import LOGITS
from edge import demo, fashion_mnist

MEASURED = Path(__file__).parents[4] / "docs" / "measured" / "hardening_platforms.json"
MACHINE = platform.machine().replace("x86_64", "x86-64")


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    """A row of this processor's architecture: LiteRT, the shipped model."""
    report = json.loads(MEASURED.read_text(encoding="utf-8"))
    found = [row for row in report["details"] if row["machine"].startswith(MACHINE) and row["library"] == "litert"]
    if not found:
        pytest.skip(f"no {MACHINE} machine was tried: python -m benchmarks.hardening platforms")
    return {**found[0], "drawn_sha256": report["settings"]["drawn_sha256"]}


def test_drawn_garments_give_the_bytes_that_were_measured(measured: dict[str, Any]) -> None:
    drawn = demo.draw_dataset(DRAWN)[0]
    if bits.sha256(drawn) != measured["drawn_sha256"]:
        pytest.skip("this OpenCV draws other garments than the one of constraints.txt")
    assert bits.sha256(bits.outputs(drawn)) == measured["drawn_outputs_sha256"]


@pytest.mark.real_data
def test_the_test_images_give_the_bytes_that_were_measured(
    fashion_mnist_present: None, measured: dict[str, Any]
) -> None:
    images, _ = fashion_mnist.load("test")
    assert bits.sha256(bits.outputs(images)) == measured["outputs_sha256"]


@pytest.mark.real_data
def test_the_logits_are_the_bytes_of_every_machine(fashion_mnist_present: None, measured: dict[str, Any]) -> None:
    images, drawn = fashion_mnist.load("test")[0][:LOGITS], demo.draw_dataset(DRAWN)[0]
    if bits.sha256(drawn) != measured["drawn_sha256"]:
        pytest.skip("this OpenCV draws other garments than the one of constraints.txt")
    assert bits.sha256(bits.logits(np.concatenate([images, drawn]))) == measured["logits_sha256"]
