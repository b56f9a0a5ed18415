"""Reports of rows that a test makes, for comparisons."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.analysis.row import Row
from benchmarks.config import BenchmarkConfig
from benchmarks.host.environment import Environment
from benchmarks.measure.inputs import EvaluationSet
from benchmarks.report.schema import Frames, Report

ENVIRONMENT = Environment(
    kind="board", board="Pi", cpu="A76", cpu_count=4, architecture="aarch64", threads=1,
    git_commit="0123456789abcdef", utc="2026-11-22T10:00:00Z", is_virtual_machine=False,
)  # fmt: skip


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
            environment=replace(ENVIRONMENT, **environment),
            settings=BenchmarkConfig(margin_pp=0.5),
            definitions={},
            test_images=EvaluationSet("demo", 10, images, list(range(10))),
            noise=(),
            frames=Frames(count=1, height=1, width=1, seed=0),
            rows=rows,
            peers=(),
        )

    return make
