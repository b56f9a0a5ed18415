import hashlib
import json
import os
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import keras
from keras import layers

from edge.classify.confidence_score import to_probabilities
from edge.errors import ExportError, SpecError
from export import source
from export.network.keras_file import is_model
from export.source import find_run, load_source

RUN = Path(__file__).parents[1] / "fixtures" / "tiny_run"
PRETRAINED = source.PRETRAINED


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for age, name in enumerate(("newest", "older", ".unfinished")):
        shutil.copytree(RUN, tmp_path / name)
        os.utime(tmp_path / name / "model.keras", (1000 - age, 1000 - age))
    os.utime(tmp_path / ".unfinished" / "model.keras", (2000, 2000))
    return tmp_path


def test_the_newest_finished_run_is_exported(runs: Path) -> None:
    assert find_run(None, runs) == runs / "newest"


def test_a_chosen_run_wins(runs: Path) -> None:
    assert find_run(runs / "older", runs) == runs / "older"


def test_the_model_of_a_run_stands_for_the_run(runs: Path) -> None:
    assert find_run(runs / "older" / "model.keras", runs) == runs / "older"
    assert not is_model(runs / "older" / "model.keras")


def test_without_a_run_the_pretrained_model_is_exported(tmp_path: Path) -> None:
    assert find_run(None, tmp_path / "none") == source.PRETRAINED


def test_without_any_model_the_error_names_the_command_that_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "PRETRAINED", tmp_path)
    with pytest.raises(ExportError, match="`python -m train`"):
        find_run(None, tmp_path)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"model\.keras"):
        find_run(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "folder", [RUN, PRETRAINED, PRETRAINED.parent / "baseline"], ids=["fixture", "edge", "baseline"]
)
def test_what_ships_was_written_by_the_oldest_keras_that_may_read_it(folder: Path) -> None:
    pyproject = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    oldest = re.search(r"keras>=(\d+\.\d+)", pyproject)
    with zipfile.ZipFile(folder / "model.keras") as archive:
        written_by = json.loads(archive.read("metadata.json"))["keras_version"]

    assert oldest is not None
    assert written_by.startswith(f"{oldest[1]}.")


@pytest.mark.parametrize("for_integers", [False, True])
def test_the_network_of_a_file_puts_out_what_the_trained_one_does(for_integers: bool) -> None:
    loaded = load_source(PRETRAINED)
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
    network, spec = loaded.for_device(for_integers=for_integers)

    scores = np.concatenate([np.asarray(network(image[None, :, :, None] / np.float32(255))) for image in images])

    assert (spec.output, loaded.spec.output) == ("logits", "probabilities")
    probabilities = np.asarray(loaded.model(images[..., None] / np.float32(255)))
    np.testing.assert_allclose(to_probabilities(scores, output="logits", temperature=1.0), probabilities, atol=1e-5)
    expected = to_probabilities(scores, output=spec.output, temperature=spec.decision.temperature)
    np.testing.assert_allclose(loaded.probabilities(images), expected, atol=1e-5)


def test_what_does_not_end_in_a_softmax_keeps_its_spec() -> None:
    loaded = load_source(PRETRAINED)
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10, "sigmoid")])
    assert replace(loaded, model=model).for_device()[1] is loaded.spec


def test_a_model_that_its_spec_does_not_describe_is_refused(runs: Path) -> None:
    with (runs / "older" / "model.keras").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ExportError, match="isn't the model that"):
        load_source(runs / "older")


def test_a_model_that_is_no_keras_file_is_refused(runs: Path) -> None:
    (runs / "older" / "model.keras").write_bytes(b"no zip")
    spec = (runs / "older" / "model_spec.json").read_text()
    old = load_source(RUN).spec.provenance.source_sha256
    assert old in spec
    new = hashlib.sha256(b"no zip").hexdigest()
    (runs / "older" / "model_spec.json").write_text(spec.replace(old, new))
    with pytest.raises(ExportError, match=rf"Keras {keras.__version__} .*model\.keras"):
        load_source(runs / "older")


@pytest.mark.parametrize(
    ("text", "error"),
    [pytest.param(None, ExportError, id="missing"), pytest.param("{", SpecError, id="not JSON")],
)
def test_a_run_without_a_readable_spec_is_refused(runs: Path, text: str | None, error: type[Exception]) -> None:
    spec = runs / "older" / "model_spec.json"
    spec.unlink() if text is None else spec.write_text(text)
    with pytest.raises(error):
        load_source(runs / "older")
