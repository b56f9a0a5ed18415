import importlib.util

import pytest

from edge.errors import RuntimeMissingError
from train import backend


@pytest.fixture
def only_installed(monkeypatch: pytest.MonkeyPatch):
    def pretend(*names: str) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: name in names or None)
        monkeypatch.setattr(importlib, "import_module", lambda name: None)

    return pretend


@pytest.mark.parametrize(
    ("installed", "chosen", "expected"),
    [
        pytest.param(("keras", "tensorflow", "jax"), None, "tensorflow", id="both, no choice"),
        pytest.param(("keras", "jax"), None, "jax", id="only JAX"),
        pytest.param(("keras", "tensorflow", "jax"), "jax", "jax", id="the user chose"),
    ],
)
def test_the_backend_is_what_the_user_chose_or_what_is_there(
    monkeypatch: pytest.MonkeyPatch, only_installed, installed, chosen, expected
) -> None:
    only_installed(*installed)
    monkeypatch.setenv("KERAS_BACKEND", chosen or "")

    assert backend.start_backend() == expected


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        pytest.param((), None, id="nothing installed"),
        pytest.param(("tensorflow",), None, id="no keras"),
        pytest.param(("keras", "tensorflow"), "jax", id="the chosen one is missing"),
        pytest.param(("keras", "tensorflow", "torch"), "torch", id="one that was never tried"),
    ],
)
def test_a_missing_backend_names_the_extra(monkeypatch: pytest.MonkeyPatch, only_installed, installed, chosen) -> None:
    only_installed(*installed)
    monkeypatch.setenv("KERAS_BACKEND", chosen or "")

    with pytest.raises(RuntimeMissingError, match=r"edge-classify\[train\]"):
        backend.start_backend()
