"""Two models on the same frames: the counts for labels that are the same, permuted or new, and for samples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.artifact.file import default_model, read_artifact
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.classify.classifier import Classifier
from edge.demo import draw_frame
from edge.errors import ModelFileError, RuntimeMissingError, SourceError, SpecError
from edge.update import evaluate as program
from edge.update.evaluate import evaluate
from edge.update.evaluation_process import Tally

Respec = Callable[[Path, "ModelSpec | str | None"], Path]

BUILT_IN = (default_model(), "")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each garment once: that is enough to count."""
    monkeypatch.setattr(program, "_GARMENTS", 10)


def spec_of(path: Path) -> ModelSpec:
    """The spec in a file."""
    spec = read_artifact(path).spec
    assert spec
    return spec


def test_a_model_agrees_with_itself() -> None:
    metrics = evaluate(BUILT_IN, BUILT_IN, None, {})
    assert metrics.drawn == Tally(10, 10, 10, 10)
    assert metrics.samples is None
    assert metrics.time_ratio > 0
    assert metrics.labels == metrics.current_labels == FASHION_MNIST_LABELS


def test_labels_in_a_wrong_order_have_no_right_prediction(respec: Respec) -> None:
    spec = spec_of(default_model())
    shifted = respec(default_model(), replace(spec, labels=(*spec.labels[1:], spec.labels[0])))
    metrics = evaluate((shifted, ""), BUILT_IN, None, {})
    assert metrics.drawn == Tally(10, 0, None, None)
    assert metrics.labels != metrics.current_labels


def test_drawn_garments_count_no_right_predictions_for_other_labels(respec: Respec) -> None:
    spec = spec_of(default_model())
    other = respec(default_model(), replace(spec, labels=("Hat", *spec.labels[1:])))
    assert evaluate((other, ""), BUILT_IN, None, {}).drawn == Tally(10, None, None, None)
    assert evaluate((other, ""), (other, ""), None, {}).drawn == Tally(10, None, None, None)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A folder of labelled pictures: four drawn garments, a black picture, and what is no picture."""
    folder = tmp_path / "samples"
    for number in range(4):
        drawn = draw_frame(number, seed=7)
        inside = folder / FASHION_MNIST_LABELS[drawn.label_index].replace("/", "-")
        inside.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(inside / f"{number}.png"), drawn.image)
    (folder / "nothing").mkdir()
    cv2.imwrite(str(folder / "nothing" / "a.png"), 0 * drawn.image)
    (folder / "nothing" / "b.png").write_text("no picture")
    (folder / "nothing" / "b.json").write_text("{}")
    (folder / "empty").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "note.txt").write_text("x")
    return folder


def test_samples_are_counted_by_their_folders(samples: Path) -> None:
    assert evaluate(BUILT_IN, BUILT_IN, samples, {}).samples == Tally(5, 5, 5, 5)
    (samples / "nothing").rename(samples / "Dress-up")
    truths = {"Dress-up": ("Dress", "Coat")}
    assert evaluate(BUILT_IN, BUILT_IN, samples, truths).samples == Tally(5, 4, 4, 5)
    with pytest.raises(SourceError, match="Dress-up: .* --map"):
        evaluate(BUILT_IN, BUILT_IN, samples, {})


def test_a_folder_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="gone is no folder"):
        evaluate(BUILT_IN, BUILT_IN, tmp_path / "gone", {})
    with pytest.raises(SourceError, match=re.escape(str(tmp_path))):
        evaluate(BUILT_IN, BUILT_IN, tmp_path, {})


def test_outputs_that_are_no_probabilities_are_refused(fake_runtime: Any) -> None:
    new, current = Classifier.load(default_model()), Classifier.load(default_model())
    new.model.runtime = fake_runtime([float("nan")] * 10, shape=(1, 28, 28, 1))
    with pytest.raises(ModelFileError, match="finite"):
        program._Pair(new, current).classify(draw_frame(0).image)


def test_a_file_must_have_the_digest_that_is_required() -> None:
    with pytest.raises(ModelFileError, match="--require-sha256 asks for 0000"):
        evaluate((default_model(), "0" * 64), BUILT_IN, None, {})


def test_the_program_prints_the_figures_or_ends_with_a_sentence(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    program.main([str(default_model()), ""], [str(default_model()), ""], "", {})
    assert json.loads(capfd.readouterr().out)["drawn"] == {"frames": 10, "right": 10, "current_right": 10, "same": 10}
    with pytest.raises(SystemExit, match="^1$"):
        program.main([str(tmp_path / "gone"), ""], [str(default_model()), ""], "", {})
    assert capfd.readouterr().err.startswith("no model file ")


def test_the_exit_status_of_the_program_tells_whose_fault_an_error_is(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(b"\0\0\0\0TFL3" * 100)
    good, bad = [str(default_model()), ""], [str(damaged), ""]
    for new, current, samples, status in ((bad, good, "", 10), (good, bad, "", 1), (good, good, str(tmp_path), 12)):
        with pytest.raises(SystemExit, match=f"^{status}$"):
            program.main(new, current, samples, {})


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("Invoke failed"), 10),
        (ModelFileError("no"), 10),
        (SpecError("no"), 10),
        (RuntimeMissingError("no"), 11),
        (SourceError("no"), 12),
        (MemoryError(), 1),
        (PermissionError("no"), 1),
        (ImportError("no"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_error_has_its_exit_status(monkeypatch: pytest.MonkeyPatch, error: Exception, status: int) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(program, "evaluate", fail)
    with pytest.raises(SystemExit, match=f"^{status}$"):
        program.main(["new", ""], ["current", ""], "", {})
