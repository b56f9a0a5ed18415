"""Presence by hand, and on what is nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.demo import draw_frame
from edge.demo.scene import draw_backdrop
from edge.vision import find_garment
from edge.vision.presence import presence_score
from tests.edge.vision.scenes import carpet, lamp, paint, planks, shirt_mask

NOWHERE = np.zeros((60, 80), bool)


def test_presence_worked_by_hand() -> None:
    mask = np.zeros((10, 10), np.uint8)
    mask[3:7, 3:7] = 1
    outline = mask > 0
    edges = np.where(outline, 2.0, 0.5).astype(np.float32)
    evidence = np.where(outline, 3.0, -1.0).astype(np.float32)
    # 0.8 * 0.5 + 3.1 * 1 + 0.85 * 4 - 12.7 * 0 - 5.7 = 1.2
    sure = presence_score(mask, outline, edges=edges, evidence=evidence, agreement=0.5)
    assert sure == pytest.approx(1 / (1 + np.exp(-1.2)))


def test_what_the_frame_cuts_off_is_less_sure() -> None:
    def sure(top: int) -> float:
        mask = np.zeros((60, 80), np.uint8)
        mask[top : top + 40, 20:60] = 1
        edges, evidence = np.full((60, 80), 2, np.float32), (4 * mask - 2).astype(np.float32)
        return presence_score(mask, mask > 0, edges=edges, evidence=evidence, agreement=1.0)

    assert sure(top=0) < sure(top=10)


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


def test_drawn_garments_are_there() -> None:
    assert min(find_garment(draw_frame(n, seed=1, height=240, width=320).image).presence_score for n in range(20)) > 0.8
