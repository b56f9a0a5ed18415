"""Colours that come together: a garment that the distance from the border can't tell from a patterned ground."""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.background import border_distance
from edge.vision.colours import garment_evidence
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
