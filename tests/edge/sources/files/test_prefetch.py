"""Every item in order, errors in their place, and a thread that ends when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from edge.sources.files.prefetch import Prefetcher


def test_every_item_in_order() -> None:
    assert list(Prefetcher(iter(range(50)))) == list(range(50))
    assert list(Prefetcher(iter(()))) == []


def test_it_is_two_ahead_and_one_in_the_hand_and_no_more() -> None:
    taken: list[int] = []
    reached = threading.Event()

    def items() -> Iterator[int]:
        for number in range(9):
            taken.append(number)
            if number == 2:
                reached.set()
            yield number

    ahead = Prefetcher(items())
    assert reached.wait(5)
    assert taken == [0, 1, 2]
    assert list(ahead) == list(range(9))


def test_an_error_comes_after_what_was_read_before_it() -> None:
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


def test_closing_lets_go_of_what_the_iterator_holds() -> None:
    released = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            released.set()

    ahead = Prefetcher(items())
    assert next(iter(ahead)) == 0
    ahead.close()
    assert released.is_set()
    assert not ahead._thread.is_alive()
    ahead.close()


def test_a_read_that_hangs_is_left_alone() -> None:
    hang = threading.Event()

    def items() -> Iterator[int]:
        hang.wait(30)
        yield 0

    ahead = Prefetcher(items())
    ahead.close()
    assert ahead._thread.is_alive()
    hang.set()
    ahead._thread.join(5)
    assert not ahead._thread.is_alive()
