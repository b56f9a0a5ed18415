import importlib.util

import pytest

from edge.errors import RuntimeMissingError
from train.network import backend


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


def test_tensorboard_without_its_libraries_names_the_extra(only_installed) -> None:
    only_installed("keras", "jax", "tensorflow")

    with pytest.raises(RuntimeMissingError, match=r"--tensorboard .*edge-classify\[tensorboard\]"):
        backend.require_tensorboard()


@pytest.mark.parametrize("is_writer", [True, False])
def test_one_process_of_a_cluster_writes(is_writer: bool) -> None:
    assert backend.Cluster(process=0 if is_writer else 1, processes=2, devices=2).is_writer == is_writer
