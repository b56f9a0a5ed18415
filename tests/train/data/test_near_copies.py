import numpy as np

from train.data.near_copies import group_near_copies, look_of


def scene(seed: int) -> np.ndarray:
    """Random patches, so that two scenes differ everywhere."""
    cells = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.kron(cells, np.ones((20, 20, 1), np.uint8))


def brighter(image: np.ndarray, levels: int) -> np.ndarray:
    return np.clip(image.astype(np.int16) + levels, 0, 255).astype(np.uint8)


def test_the_hash_has_a_bit_for_each_cell_that_is_brighter_than_its_right_neighbour() -> None:
    ramp = np.repeat(np.arange(9, dtype=np.uint8)[np.newaxis] * 20, 8, axis=0)
    rising, falling = (np.repeat(row[..., np.newaxis], 3, axis=2) for row in (ramp, ramp[:, ::-1]))

    assert look_of(rising).hash.tolist() == [0, 0, 0, 0]
    assert look_of(falling).hash.tolist() == [0xFFFF] * 4
    assert look_of(np.full((40, 40, 3), 90, np.uint8)).hash.tolist() == [0, 0, 0, 0]


def test_frames_of_a_burst_are_one_group_and_other_scenes_are_none() -> None:
    noise = np.random.default_rng(9).integers(-3, 4, (180, 240, 3))
    images = [scene(0), scene(1), brighter(scene(0), 3), scene(2), np.clip(scene(1) + noise, 0, 255).astype(np.uint8)]

    assert group_near_copies([look_of(image) for image in images]).tolist() == [0, 1, 0, 3, 1]


def test_a_recording_is_one_group_though_its_ends_differ_more_than_near_copies_may() -> None:
    """Steps of 4 levels are within 6, the ends are 16 apart."""
    images = [np.full((64, 64, 3), 100 + 4 * step, np.uint8) for step in (0, 4, 2, 1, 3)]

    assert group_near_copies([look_of(image) for image in images]).tolist() == [0] * 5
    assert group_near_copies([look_of(image) for image in images[:2]]).tolist() == [0, 1]


def test_a_red_and_a_green_ball_at_one_place_are_no_copies() -> None:
    """The hash of grey levels can't tell them apart: (0, 150, 0) and (0, 0, 255) have nearly the same grey."""
    red, green = (np.full((64, 64, 3), 200, np.uint8) for _ in range(2))
    red[20:44, 20:44], green[20:44, 20:44] = (0, 0, 255), (0, 130, 0)

    looks = [look_of(red), look_of(green)]
    assert (looks[0].hash == looks[1].hash).all()
    assert group_near_copies(looks).tolist() == [0, 1]


def test_no_images_are_no_groups() -> None:
    assert group_near_copies([]).tolist() == []
