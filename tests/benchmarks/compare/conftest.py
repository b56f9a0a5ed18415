"""Reports of rows that a test makes, for comparisons."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.analysis.rows import Row
from edge.artifact.labels import FASHION_MNIST_LABELS

ENVIRONMENT = {
    "kind": "board", "board": "Pi", "cpu": "A76", "cpu_count": 4, "architecture": "aarch64", "threads": 1,
    "git_commit": "0123456789abcdef", "utc": "2026-11-22T10:00:00Z", "memory_bytes": None, "is_virtual_machine": False,
    "emulator": None,
}  # fmt: skip


@pytest.fixture
def report() -> Callable[..., dict[str, Any]]:
    """A report of some rows, on some images and in an environment that keywords change."""

    def make(*rows: Row, images: str = "same", **environment: Any) -> dict[str, Any]:
        return {
            "environment": ENVIRONMENT | environment,
            "settings": {"margin_pp": 0.5},
            "test_images": {"sha256": images, "labels": list(range(10)), "class_names": list(FASHION_MNIST_LABELS)},
            "rows": list(rows),
        }

    return make
