import numpy as np
import pytest

from train.data.shapes import bars_that_tell

NAMES = ("open", "shut", "unknown")


def warned(*classes: list[float]) -> str | None:
    labels = np.repeat(np.arange(len(classes), dtype=np.int32), [len(each) for each in classes])
    return bars_that_tell([aspect for each in classes for aspect in each], labels, NAMES)


def test_classes_of_upright_and_of_wide_images_are_named_with_their_shapes() -> None:
    warning = warned([0.75] * 10, [4 / 3] * 10)

    assert warning is not None
    assert "0.75 in open" in warning
    assert "1.33 in shut" in warning
    assert "--resize crop" in warning


def test_a_tenth_of_other_shapes_hides_nothing_and_half_of_them_does() -> None:
    assert warned([0.75] * 19 + [4 / 3], [4 / 3] * 20) is not None
    assert warned([0.75] * 10 + [4 / 3] * 10, [4 / 3] * 20) is None


@pytest.mark.parametrize(("first", "second", "tells"), [(4 / 3, 16 / 9, True), (4 / 3, 1.4, False), (1.0, 1.0, False)])
def test_the_bars_of_two_wide_shapes_differ_too(first: float, second: float, tells: bool) -> None:
    assert (warned([first] * 5, [second] * 5) is not None) == tells


def test_a_class_between_two_others_is_not_named() -> None:
    warning = warned([0.75] * 5, [0.75, 1.0, 1.33, 1.5, 1.78], [16 / 9] * 5)

    assert warning is not None
    assert "open" in warning
    assert "unknown" in warning
    assert "shut" not in warning


def test_a_class_without_images_is_passed_over() -> None:
    assert warned([0.75] * 5, [], [0.75] * 5) is None
    assert warned([0.75] * 5, [], [2.0] * 5) is not None
