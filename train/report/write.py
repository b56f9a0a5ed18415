"""Writes `report.html` and `report.json` into a finished run directory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.system import atomic_file
from train.config import TrainConfig
from train.data.splits import Splits
from train.report.build import build
from train.report.int8 import measure_int8
from train.report.page import html_page
from train.results.rejection import describe_rejection
from train.results.run_dir import METRICS

PAGE, DATA = "report.html", "report.json"


def write_report(
    folder: Path, config: TrainConfig, splits: Splits, *, validation: NDArray[np.float32], test: NDArray[np.float32]
) -> Path:
    """Make the report of a run and return the path of its page.

    Args:
        folder: finished run directory.
        config: of the run.
        splits: images of the run, with their files.
        validation: probabilities with the temperature, float32, shape (N, classes), 0-1.
        test: the same of the test images.

    Raises:
        OSError: the folder can't be read or written.
    """
    metrics: Mapping[str, Any] = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    int8 = measure_int8(folder, splits.test.pixels)
    rejection = describe_rejection(metrics["rejection"]) if metrics.get("rejection") else ""
    report = build(config, splits, metrics, validation=validation, test=test, int8=int8, rejection=rejection)
    atomic_file.write_text(folder / DATA, json.dumps(asdict(report), indent=2) + "\n")
    atomic_file.write_text(folder / PAGE, html_page(report, splits))
    return folder / PAGE
