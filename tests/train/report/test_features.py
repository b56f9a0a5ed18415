import numpy as np
import pytest

pytest.importorskip("keras")

from train.report.features import standardised


def test_features_have_mean_0_and_deviation_1_but_flat_ones_are_0() -> None:
    features = standardised(np.array([[1.0, 5.0], [3.0, 5.0]]))

    np.testing.assert_allclose(features, [[-(0.5**0.5), 0], [0.5**0.5, 0]], atol=1e-6)
    assert features.dtype == np.float32
