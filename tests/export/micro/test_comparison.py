"""Comparison of two runtimes that the test plays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.artifact.input_spec import InputSpec
from export.micro.comparison import compare
from tests.export.micro.compiled import loaded_model


class OneClassOff:
    """An interpreter that adds a step to one class, and to all of them by turns."""

    def __init__(self, output: list[int], *, tips_every: int) -> None:
        self.output, self.tips_every, self.calls = np.array([output], np.uint8), tips_every, 0

    def invoke(self, _input: NDArray[Any]) -> NDArray[Any]:
        self.calls += 1
        changed = self.output.copy()
        changed[0, 1] += 5 if self.calls % self.tips_every == 0 else 1
        return changed


def test_equal_answers_and_the_largest_step_are_counted() -> None:
    model = loaded_model(InputSpec(4, 4))
    model.runtime.next_output = np.array([[200, 198, 0, 0]], np.uint8)
    images = np.zeros((6, 4, 4), np.uint8)
    compared = compare(OneClassOff([200, 198, 0, 0], tips_every=3), model, images)
    assert compared.litert.tolist() == [0] * 6
    assert compared.micro.tolist() == [0, 0, 1, 0, 0, 1]
    assert compared.steps.tolist() == [1, 1, 5, 1, 1, 5]
    assert (compared.images, compared.same, compared.largest_steps) == (6, 4, 5)
    assert len(compared.micro_ns) == len(compared.litert_ns) == 6


def test_no_image_is_begun_when_the_time_is_over() -> None:
    model = loaded_model(InputSpec(4, 4))
    model.runtime.next_output = np.zeros((1, 4), np.uint8)
    times = iter([0.0, 3.0, 6.0, 9.0, 12.0])
    done: list[tuple[int, int]] = []
    compared = compare(OneClassOff([9, 0, 0, 0], tips_every=9), model, np.zeros((100, 4, 4), np.uint8), most_s=5,
                       progress=lambda *counts: done.append(counts), clock=lambda: next(times))  # fmt: skip
    assert compared.images == 2
    assert done == [(1, 100), (2, 100)]
