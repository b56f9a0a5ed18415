"""A classifier that needs no time: it tells black from what isn't, and calls the rest a coat."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.classify.results import Prediction

COAT = FASHION_MNIST_LABELS.index("Coat")


class QuickClassifier:
    """Stand-in for `edge.classify.classifier.Classifier`, with what the loop and the messages need."""

    artifact = SimpleNamespace(sha256="ab" * 32)
    spec = SimpleNamespace(labels=FASHION_MNIST_LABELS, decision=DecisionSpec(threshold=0.5))

    def classify(self, frame: NDArray[np.uint8], *, top_k: int = 3) -> Prediction:
        is_black = not frame[::7].any()
        probabilities = np.zeros(10, np.float32)
        probabilities[COAT] = 0.0 if is_black else 0.875
        label = "nothing" if is_black else "Coat"
        return Prediction(
            label, float(probabilities[COAT]), (("Coat", 0.875),), {"vision": 1, "invoke": 1, "decide": 1, "total": 3},
            np.zeros((28, 28), np.uint8), probabilities, score=float(probabilities[COAT]),
            presence_score=0.0 if is_black else 1.0, outline=np.zeros((0, 2), np.int32), reason="made up",
        )  # fmt: skip


@pytest.fixture
def classifier() -> Any:
    """The quick one."""
    return QuickClassifier()
