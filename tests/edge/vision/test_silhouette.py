"""Cleaning of masks by small cases, the choice between two silhouettes, and the score that there is one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.demo import draw_frame
from edge.demo.scene import draw_backdrop
from edge.vision import find_garment
from edge.vision.background import border_distance
from edge.vision.silhouette import (
    CERTAIN,
    clean,
    edge_strength,
    find_newcomer,
    find_silhouette,
    overlap,
    presence_score,
)
from tests.edge.vision.scenes import carpet, lamp, paint, planks, shirt_mask


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


NOWHERE = np.zeros((60, 80), bool)


def test_presence_worked_by_hand() -> None:
    mask = np.zeros((10, 10), np.uint8)
    mask[3:7, 3:7] = 1
    outline = mask > 0
    edges = np.where(outline, 2.0, 0.5).astype(np.float32)
    evidence = np.where(outline, 3.0, -1.0).astype(np.float32)
    # 0.8 * 0.5 + 3.1 * 1 + 0.85 * 4 - 12.7 * 0 - 5.7 = 1.2
    score = presence_score(mask, outline, edges=edges, evidence=evidence, agreement=0.5)
    assert score == pytest.approx(1 / (1 + np.exp(-1.2)))


def test_a_silhouette_that_the_frame_cuts_off_has_a_lower_score() -> None:
    def score_of(top: int) -> float:
        mask = np.zeros((60, 80), np.uint8)
        mask[top : top + 40, 20:60] = 1
        edges, evidence = np.full((60, 80), 2, np.float32), (4 * mask - 2).astype(np.float32)
        return presence_score(mask, mask > 0, edges=edges, evidence=evidence, agreement=1.0)

    assert score_of(top=0) < score_of(top=10)


@pytest.mark.parametrize("seed", range(6))
def test_walls_tables_noise_and_light_are_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (120, 160, 3), np.uint8)
    clouds = cv2.GaussianBlur(rng.normal(0, 1, (120, 160)), (0, 0), 12)
    clouds = 150 + 8 * clouds / clouds.std()
    empty = {
        "noise": noise,
        "backdrop": draw_backdrop(rng, height=240, width=320, dark=seed % 2 == 0),
        "lamp": paint(np.zeros((240, 320), bool), garment=0, background=lamp(240, 320)),
        "clouds": np.repeat(clouds[:, :, np.newaxis], 3, axis=2).clip(0, 255).astype(np.uint8),
        "even": np.full((120, 160, 3), rng.integers(256), np.uint8),
    }
    assert {
        name: find_garment(frame).presence_score
        for name, frame in empty.items()
        if find_garment(frame).presence_score >= 0.5
    } == {}


@pytest.mark.parametrize("texture", [carpet, planks], ids=["carpet", "planks"])
def test_a_textured_floor_is_less_than_a_garment_on_it(texture: object) -> None:
    floor = texture(240, 320)  # type: ignore[operator]
    mask = shirt_mask(240, 320)
    empty = paint(np.zeros_like(mask), garment=0, background=floor)
    assert find_garment(empty).presence_score < 0.5
    assert find_garment(paint(mask, garment=(150, 40, 30), background=floor)).presence_score > 0.8


def test_drawn_garments_have_a_high_score() -> None:
    assert min(find_garment(draw_frame(n, seed=1, height=240, width=320).image).presence_score for n in range(20)) > 0.8
