"""Reports of rows that a test makes, for comparisons."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.analysis.row import Row
from benchmarks.report.schema import Frames, Report, TestImages
from edge.artifact.spec import FASHION_MNIST_LABELS

ENVIRONMENT = {
    "kind": "board", "board": "Pi", "cpu": "A76", "cpu_count": 4, "architecture": "aarch64", "threads": 1,
    "git_commit": "0123456789abcdef", "utc": "2026-11-22T10:00:00Z", "memory_bytes": None, "is_virtual_machine": False,
    "emulator": None,
}  # fmt: skip


@pytest.fixture
def report() -> Callable[..., Report]:
    """A report of some rows, on some images and in an environment that keywords change."""

    def make(*rows: Row, images: str = "same", **environment: Any) -> Report:
        return Report(
            interrupted=False,
            statement="accuracy on drawn garments",
            recommendation=("none",),
            gate=None,
            caveats=(),
            environment=ENVIRONMENT | environment,
            settings={"margin_pp": 0.5},
            definitions={},
            test_images=TestImages(
                dataset="demo", count=10, sha256=images, labels=list(range(10)), class_names=FASHION_MNIST_LABELS
            ),
            noise=(),
            frames=Frames(count=1, height=1, width=1, seed=0),
            rows=rows,
            peers=(),
        )

    return make
