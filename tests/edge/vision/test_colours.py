"""Lab as OpenCV and the standard have it, and evidence where the border's distance isn't enough."""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.background import border_distance
from edge.vision.colours import bgr_to_lab, garment_evidence
from tests.edge.vision.scenes import carpet, checks, paint, shirt_mask


def evidence_of(frame: np.ndarray) -> np.ndarray:
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2LAB)
    return garment_evidence(lab, border_distance(lab.astype(np.float32)))


def test_patterned_fabric_on_a_patterned_carpet() -> None:
    mask = shirt_mask(60, 80)
    found = evidence_of(paint(mask, garment=checks(60, 80), background=carpet(60, 80))) > 0
    assert (found & mask).sum() / (found | mask).sum() > 0.85


def test_evidence_is_finite_for_a_picture_of_one_colour() -> None:
    evidence = evidence_of(np.full((60, 80, 3), 90, np.uint8))
    assert evidence.shape == (60, 80)
    assert np.isfinite(evidence).all()


def test_every_colour_is_opencv_s() -> None:
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    exact = cv2.cvtColor(colours.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)

    np.testing.assert_allclose(bgr_to_lab(colours), exact * (2.55, 1, 1) + (0, 128, 128), atol=0.6)


def test_white_black_and_grey_have_no_colour() -> None:
    greys = np.repeat(np.array([[0, 1, 10, 119, 255]], np.uint8)[..., np.newaxis], 3, axis=-1)

    lightness, a, b = np.moveaxis(bgr_to_lab(greys)[0], -1, 0)

    np.testing.assert_allclose([a, b], 128, atol=0.05)
    # L is 903.3 Y below the bend: 1/255 and 10/255 are 1 and 10 of 12.92 * 255 in linear light; level 119 is L 50.0.
    np.testing.assert_allclose(lightness / 2.55, [0, 903.3 / 3294.6, 9033 / 3294.6, 50.03, 100], atol=0.02)
