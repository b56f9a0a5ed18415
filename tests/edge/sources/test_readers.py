"""Threads that read a device or a file: what they give, in which order, and that all is released at their end."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from queue import Queue

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.sources.readers import CapturedFrame, Prefetcher, Reader

LONG_S = 30.0  # never waited for: a test that does has failed


class HandFed:
    """A device that gives what a test puts into it, and says when it waits for more."""

    def __init__(self) -> None:
        self.pictures: Queue[NDArray[np.uint8] | Exception] = Queue()
        self.reads = threading.Semaphore(0)
        self.closed = threading.Event()

    def open(self) -> HandFed:
        return self

    def read(self) -> NDArray[np.uint8]:
        self.reads.release()
        picture = self.pictures.get()
        if isinstance(picture, Exception):
            raise picture
        return picture

    def close(self) -> None:
        self.closed.set()

    def give(self, grey: int) -> None:
        self.pictures.put(np.full((1, 1, 3), grey, np.uint8))

    def wait_for_read(self, number: int) -> None:
        """Until so many more reads have begun: all that was given before has arrived."""
        for _ in range(number):
            assert self.reads.acquire(timeout=LONG_S)


def grey(shot: CapturedFrame | None) -> int:
    """The one pixel of a picture."""
    assert shot is not None
    return int(shot.image[0, 0, 0])


def test_only_the_newest_picture_is_kept_with_its_time() -> None:
    device, now = HandFed(), [5.0]
    reader = Reader(device.open, clock=lambda: now[0])
    for number in (1, 2, 3):
        device.give(number)
    device.wait_for_read(4)
    shot = reader.newest(LONG_S)
    assert grey(shot) == 3
    assert shot is not None
    assert shot.captured_s == 5.0
    assert shot.time.utcoffset() is not None
    assert reader.dropped == 2
    assert reader.newest(0.0) is None
    device.give(4)
    assert grey(reader.newest(LONG_S)) == 4
    assert reader.dropped == 2
    device.pictures.put(SourceError("done"))


def test_after_a_failed_read_nothing_keeps_its_last_picture() -> None:
    """Nor has it to wait for Python's collector, which comes by after thousands of frames."""
    device, picture = HandFed(), np.zeros((1, 1, 3), np.uint8)
    seen = weakref.ref(picture)
    gc.disable()
    try:
        reader = Reader(device.open)
        device.pictures.put(picture)
        del picture
        device.wait_for_read(2)
        device.pictures.put(SourceError("unplugged"))
        assert device.closed.wait(LONG_S)
        assert reader.newest(LONG_S) is not None
        reader.join()
        assert isinstance(reader.error, SourceError)
        del device, reader
        assert seen() is None
    finally:
        gc.enable()


def test_a_failed_read_releases_the_device_and_keeps_the_last_frame() -> None:
    device = HandFed()
    reader = Reader(device.open)
    device.give(7)
    device.pictures.put(SourceError("unplugged"))
    assert device.closed.wait(LONG_S)
    assert grey(reader.newest(LONG_S)) == 7
    assert reader.newest(LONG_S) is None  # at once: it has ended
    assert not reader.is_running
    assert reader.is_open
    assert isinstance(reader.error, SourceError)


def test_a_device_that_can_not_be_opened_keeps_its_error() -> None:
    def refuse() -> HandFed:
        raise SourceError("no such camera")

    reader = Reader(refuse)
    assert reader.newest(LONG_S) is None
    assert (reader.is_open, reader.is_running, str(reader.error)) == (False, False, "no such camera")


def test_a_bug_in_a_device_is_not_lost() -> None:
    device = HandFed()
    device.pictures.put(ZeroDivisionError("a bug"))
    reader = Reader(device.open)
    assert reader.newest(LONG_S) is None
    assert isinstance(reader.error, ZeroDivisionError)
    assert device.closed.is_set()


def test_stopping_ends_it_after_the_read_under_way() -> None:
    device = HandFed()
    reader = Reader(device.open)
    device.wait_for_read(1)
    reader.stop()
    device.give(1)
    assert device.closed.wait(LONG_S)
    reader.join()
    assert reader.error is None
    assert device.reads.acquire(blocking=False) is False  # no further read was begun


def test_joining_does_not_wait_for_a_read_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.sources.readers._JOIN_TIMEOUT_S", 0.0)
    device = HandFed()
    reader = Reader(device.open)
    device.wait_for_read(1)
    assert reader.newest(0.0) is None
    reader.stop()
    reader.join()
    assert reader.is_running
    device.pictures.put(SourceError("so that the thread ends with the test"))
    assert device.closed.wait(LONG_S)


# ---- every item of a file


def test_a_prefetcher_gives_every_item_in_order() -> None:
    assert list(Prefetcher(iter(range(50)))) == list(range(50))
    assert list(Prefetcher(iter(()))) == []


def test_a_prefetcher_is_two_ahead_and_one_in_the_hand_and_no_more() -> None:
    taken: list[int] = []
    reached = threading.Event()

    def items() -> Iterator[int]:
        for number in range(9):
            taken.append(number)
            if number == 2:
                reached.set()
            yield number

    prefetcher = Prefetcher(items())
    assert reached.wait(5)
    assert taken == [0, 1, 2]
    assert list(prefetcher) == list(range(9))


def test_an_iterators_error_comes_after_what_was_read_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("broken")

    seen = []
    with pytest.raises(OSError, match="broken"):
        seen.extend(Prefetcher(items()))
    iterator = iter(Prefetcher(items()))
    assert next(iterator) == 1
    with pytest.raises(OSError, match="broken"):
        next(iterator)


def test_closing_a_prefetcher_closes_its_iterator() -> None:
    released = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            released.set()

    prefetcher = Prefetcher(items())
    assert next(iter(prefetcher)) == 0
    prefetcher.close()
    assert released.is_set()
    assert not prefetcher._thread.is_alive()
    prefetcher.close()


def test_closing_a_prefetcher_does_not_wait_for_a_read_that_hangs() -> None:
    hang = threading.Event()

    def items() -> Iterator[int]:
        hang.wait(30)
        yield 0

    prefetcher = Prefetcher(items())
    prefetcher.close()
    assert prefetcher._thread.is_alive()
    hang.set()
    prefetcher._thread.join(5)
    assert not prefetcher._thread.is_alive()
