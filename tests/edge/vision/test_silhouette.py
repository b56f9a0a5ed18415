"""Cleaning of masks by small cases, and the choice between two silhouettes."""

from __future__ import annotations

import cv2
import numpy as np

from edge.vision.background import border_distance
from edge.vision.silhouette import CERTAIN, clean, edge_strength, find_newcomer, find_silhouette, overlap
from tests.edge.vision.scenes import paint, shirt_mask


def block(height: int = 40, width: int = 40) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[10:30, 10:30] = True
    return mask


def test_specks_and_threads_are_dropped() -> None:
    mask = block()
    mask[2, 2] = mask[5, :] = True
    assert np.array_equal(clean(mask), block())


def test_a_print_in_the_table_s_colour_is_filled() -> None:
    mask = block()
    mask[16:20, 16:20] = False  # 16 of 400 pixels
    assert np.array_equal(clean(mask), block())


def test_a_large_hole_stays_open() -> None:
    mask = block()
    mask[15:25, 15:25] = False  # 100 of 300 pixels: between the handles of a bag
    assert np.array_equal(clean(mask), mask)


def test_the_gap_between_trouser_legs_stays_open() -> None:
    mask = block()
    mask[20:30, 18:22] = False
    assert np.array_equal(clean(mask), mask)


def test_of_two_pieces_the_one_in_the_middle_wins() -> None:
    mask = block()
    corner = np.zeros_like(mask)
    corner[:8, :40] = True
    assert np.array_equal(clean(mask | corner), block())


def test_nothing_is_left_of_specks() -> None:
    mask = np.zeros((40, 40), bool)
    mask[::4, ::4] = True
    assert clean(mask) is None


def test_overlap_of_two_of_four_pixels() -> None:
    first, second = np.array([[1, 1, 1, 0]], np.uint8), np.array([[0, 1, 1, 1]], np.uint8)
    assert overlap(first, second) == 0.5


def test_edges_are_shares_of_the_mean() -> None:
    lab = np.full((10, 10, 3), 100, np.uint8)
    lab[:, 5:] = 140
    edges = edge_strength(lab)
    # Two of ten columns have a step of 40 levels: the mean is 8, and 3 are noise.
    np.testing.assert_allclose(edges[:, 4:6], 40 / 11, rtol=1e-6)
    assert not edges[:, :4].any()


def test_evidence_agrees_with_the_mask() -> None:
    frame = paint(shirt_mask(60, 80), garment=(40, 60, 160), background=(200, 210, 205))
    lab = cv2.cvtColor(frame, cv2.COLOR_BGR2LAB)
    found = find_silhouette(lab, border_distance(lab.astype(np.float32)))
    assert found is not None
    assert np.array_equal(found.evidence > 0, found.mask > 0)
    assert overlap(found.mask, shirt_mask(60, 80).astype(np.uint8)) > 0.9
    inner = cv2.erode(found.mask, np.ones((3, 3), np.uint8))
    assert found.evidence[inner > 0].min() >= CERTAIN
    assert found.presence_score > 0.9


def test_a_small_garment_on_an_uneven_table_is_found_by_the_border() -> None:
    """Colours alone would take the brighter half of the table."""
    light = np.linspace(110, 200, 80)[np.newaxis, :, np.newaxis] * np.ones((60, 1, 3))
    mask = shirt_mask(60, 80, scale=0.4, dx=0.25)
    lab = cv2.cvtColor(paint(mask, garment=(90, 40, 30), background=light), cv2.COLOR_BGR2LAB)
    found = find_silhouette(lab, border_distance(lab.astype(np.float32)))
    assert found is not None
    assert overlap(found.mask, mask.astype(np.uint8)) > 0.7


def test_no_newcomer_where_nothing_differs() -> None:
    lab = np.full((60, 80, 3), 120, np.uint8)
    assert find_newcomer(lab, np.zeros((60, 80), np.float32)) is None
