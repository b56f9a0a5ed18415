import numpy as np
from numpy.typing import NDArray

from edge.sources.buffers import Buffers


def _picture() -> NDArray[np.uint8]:
    return np.zeros((2, 2, 3), np.uint8)


def test_a_picture_is_free_once_nobody_holds_it_or_a_part_of_it() -> None:
    buffers = Buffers()
    assert buffers.free() is None
    held = _picture()
    buffers.keep(held)
    assert buffers.free() is None
    corner = held[:1]
    address = held.ctypes.data
    del held
    assert buffers.free() is None
    del corner
    free = buffers.free()
    assert free is not None
    assert free.ctypes.data == address


def test_the_free_one_of_several_is_found() -> None:
    buffers = Buffers()
    pictures = [_picture() for _ in range(3)]
    for picture in pictures:
        buffers.keep(picture)
    del picture
    addresses = [each.ctypes.data for each in pictures]
    del pictures[1]
    free = buffers.free()
    assert free is not None
    assert free.ctypes.data == addresses[1]


def test_no_more_than_eight_are_kept_and_none_twice() -> None:
    buffers = Buffers()
    first = _picture()
    for _ in range(2):
        buffers.keep(first)
    for _ in range(20):
        buffers.keep(_picture())
    del first
    held = []
    while (picture := buffers.free()) is not None:
        held.append(picture)
        del picture
    assert len({each.ctypes.data for each in held}) == len(held) == 8
