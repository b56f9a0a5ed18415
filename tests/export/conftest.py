"""Drawing the same thousand garments for every export test would take most of the time."""

import functools

import pytest

from edge import demo

_draw_once = functools.cache(demo.draw_dataset)


@pytest.fixture(autouse=True)
def draw_each_dataset_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "draw_dataset", _draw_once)
