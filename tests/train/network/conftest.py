"""The real weights, where the package that holds them is installed."""

from importlib.metadata import PackageNotFoundError, distribution

import pytest

from train.network.pretrained import DISTRIBUTION, EXTRA


@pytest.fixture(scope="session")
def lite0_weights() -> None:
    """Skip with a sentence where the package with the weights of EfficientNet-Lite0 is absent."""
    try:
        distribution(DISTRIBUTION)
    except PackageNotFoundError:
        pytest.skip(f"{DISTRIBUTION} isn't installed: {EXTRA}")
