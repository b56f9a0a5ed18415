"""Memory of pictures: reused once nobody holds it, and never while somebody does."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.sources.opencv_capture import Buffers


class Device:
    """Stands for cv2.VideoCapture: reads into what it is given if that has the size, as OpenCV does."""

    def __init__(self, *shapes: tuple[int, ...]) -> None:
        self.left = list(shapes)
        self.number = 0

    def read(self, into: NDArray[np.uint8] | None = None) -> tuple[bool, Any]:
        if not self.left:
            return False, None
        shape = self.left.pop(0)
        picture = into if into is not None and into.shape == shape else np.zeros(shape, np.uint8)
        self.number += 1
        picture[:] = self.number
        return True, picture


def place(picture: NDArray[np.uint8] | None) -> int:
    assert picture is not None
    return picture.ctypes.data


def test_memory_is_read_into_again_once_nobody_holds_it_or_a_part_of_it() -> None:
    buffers, device = Buffers(), Device(*[(2, 2, 3)] * 4)
    first = buffers.read(device)
    second = buffers.read(device)
    assert place(first) != place(second)
    assert first is not None
    corner, first_place = first[:1], place(first)
    del first
    third = buffers.read(device)
    assert place(third) not in (first_place, place(second))
    assert (corner == 1).all()
    del corner
    fourth = buffers.read(device)
    assert place(fourth) == first_place
    assert fourth is not None
    assert (fourth == 4).all()


def test_after_the_last_picture_there_is_none() -> None:
    assert Buffers().read(Device()) is None


def test_no_more_than_eight_buffers_are_kept() -> None:
    buffers, device = Buffers(), Device(*[(2, 2, 3)] * 40)
    held = [buffers.read(device) for _ in range(20)]
    kept = {place(each) for each in held[:8]}
    held.clear()
    held = [buffers.read(device) for _ in range(20)]
    assert {place(each) for each in held[:8]} == kept
    assert not {place(each) for each in held[8:]} & kept


def test_a_new_size_drops_the_memory_of_the_one_before() -> None:
    buffers, device = Buffers(), Device((2, 2, 3), (4, 2, 3), (4, 2, 3), (2, 2, 3))
    gone = weakref.ref(buffers.read(device))
    large = buffers.read(device)
    assert gone() is None
    assert large is not None
    assert large.shape == (4, 2, 3)
    large_place = place(large)
    del large
    assert place(buffers.read(device)) == large_place
    small = buffers.read(device)
    assert small is not None
    assert small.shape == (2, 2, 3)


@pytest.mark.parametrize("shape", [(1, 921600), (480, 640)])
def test_an_array_that_is_no_image_is_returned_and_not_reused(shape: tuple[int, ...]) -> None:
    buffers, device = Buffers(), Device(shape, shape)
    first, second = buffers.read(device), buffers.read(device)
    assert first is not None
    assert first.shape == shape
    assert place(first) != place(second)
