"""Fewer drawn garments than the commands ask for: drawing them would take most of the time."""

import pytest

from export import calibration


@pytest.fixture(autouse=True)
def few_drawn_garments(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.node.get_closest_marker("e2e"):
        monkeypatch.setattr(calibration, "_DEMO_IMAGES", 200)
