"""Both ways from a frame to a colour network's tensor."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.overhead.measure import PREPARATION, run_process
from benchmarks.overhead.preparation import BarePreparation, ToolkitPreparation, colour_input
from edge.demo import draw_frame


@pytest.mark.parametrize("interpolation", ["area", "linear"])
def test_both_sides_make_the_same_tensor_within_one_level(interpolation: str) -> None:
    frame, spec = draw_frame(3).image, colour_input(interpolation)
    ours, bare = ToolkitPreparation(spec)(frame), BarePreparation(spec, frame)(frame)
    np.testing.assert_allclose(ours, bare, rtol=0, atol=1.01 / min(spec.std))


def test_a_process_measures_both_sides(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.stack([draw_frame(0).image]))
    cv2.imwrite(str(tmp_path / "p.jpg"), cv2.resize(draw_frame(0).image, (4000, 3000)))
    for part, file in (("linear", "f.npy"), ("decode", "p.jpg")):
        readings = run_process(PREPARATION, part, str(tmp_path / file), "2")
        assert readings["toolkit_s"] > 0
        assert readings["baseline_s"] > 0
