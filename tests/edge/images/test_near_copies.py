import numpy as np

from edge.images.near_copies import group_near_copies, is_near_copy, look_of


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
    """A bar moves by a sixteenth of the width in each frame, and by four between the ends."""
    images = [np.full((64, 64, 3), 110, np.uint8) for _ in range(5)]
    for image, step in zip(images, (0, 4, 2, 1, 3), strict=True):
        image[:, 8 + 4 * step : 16 + 4 * step] = 160  # two cells of sixteen, one of which is left behind

    assert group_near_copies([look_of(image) for image in images]).tolist() == [0] * 5
    assert group_near_copies([look_of(image) for image in images[:2]]).tolist() == [0, 1]


def test_exposure_alone_makes_no_other_picture() -> None:
    images = [scene(0) // 2 + 20, ((scene(0) // 2 + 20) * 1.3).astype(np.uint8)]

    assert group_near_copies([look_of(image) for image in images]).tolist() == [0, 0]


def test_a_small_thing_elsewhere_before_the_same_ground_is_another_picture() -> None:
    """It covers one cell of 256, so the mean differs by less than a level."""
    first, second = (np.full((64, 64, 3), 200, np.uint8) for _ in range(2))
    first[8:12, 8:12], second[40:44, 40:44] = (0, 0, 255), (0, 0, 255)

    assert group_near_copies([look_of(first), look_of(second)]).tolist() == [0, 1]


def test_a_red_and_a_green_ball_at_one_place_are_no_copies() -> None:
    """The hash of grey levels can't tell them apart: (0, 150, 0) and (0, 0, 255) have nearly the same grey."""
    red, green = (np.full((64, 64, 3), 200, np.uint8) for _ in range(2))
    red[20:44, 20:44], green[20:44, 20:44] = (0, 0, 255), (0, 130, 0)

    looks = [look_of(red), look_of(green)]
    assert (looks[0].hash == looks[1].hash).all()
    assert group_near_copies(looks).tolist() == [0, 1]


def test_no_images_are_no_groups() -> None:
    assert group_near_copies([]).tolist() == []


def test_one_image_is_compared_with_all_others_by_the_same_rule() -> None:
    looks = [look_of(scene(0)), look_of(scene(1))]

    assert is_near_copy(look_of(brighter(scene(1), 3)), looks)
    assert not is_near_copy(look_of(scene(2)), looks)
    assert not is_near_copy(looks[0], [])
