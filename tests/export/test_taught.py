"""A taught file for other programs: metadata that they read, the same answers, and nothing of the images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.artifact.file import builtin_models, read_artifact
from edge.artifact.formats import tflite_metadata
from edge.artifact.spec import ModelSpec
from edge.classify.loaded_model import LoadedModel
from edge.errors import ExportError
from edge.teach.backbone import load_backbone
from edge.teach.cross_validation import learn
from edge.teach.evaluation import evaluate
from edge.teach.examples import MEMBER, Examples
from edge.teach.taught_file import Taught, write_taught
from export import onnx, tflite
from export.micro.network import read_network
from export.web.__main__ import for_everybody


def teach(path: Path, *, counter_examples: int = 0) -> Path:
    """Write a file that was taught noise."""
    labels = np.array([*(np.arange(20) % 2), *[-1] * counter_examples], np.int32)
    features = np.random.default_rng(0).normal(1, 0.3, (len(labels), 1280)).astype(np.float16)
    examples = Examples.of(features, labels, np.arange(len(labels), dtype=np.int32))
    learned = learn(examples, 2)
    lesson = Taught(("left", "right"), examples, ModelSpec(labels=("left", "right")))
    evaluation = evaluate(learned, labels, 2)
    write_taught(path, lesson, learned.head, evaluation, load_backbone(), keeps_examples=True)
    return path


@pytest.fixture
def taught(tmp_path: Path) -> Path:
    """A file that was taught without counter-examples."""
    return teach(tmp_path / "mine.tflite")


def test_a_threshold_of_logits_goes_without_a_softmax(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = teach(tmp_path / "mine.tflite", counter_examples=8), tmp_path / "out.tflite"
    assert LoadedModel.load(model).spec.decision.score == "joint"
    assert tflite.main([str(model), "--out", str(out), "--softmax"]) == 1
    assert not out.exists()
    assert "--softmax" in capsys.readouterr().err
    assert tflite.main([str(model), "--out", str(out)]) == 0


@pytest.mark.parametrize("softmax", [False, True], ids=["logits", "probabilities"])
def test_it_answers_alike_and_tells_what_others_read(taught: Path, softmax: bool, tmp_path: Path) -> None:
    out = tmp_path / "out.tflite"
    assert tflite.main([str(taught), "--out", str(out), *["--softmax"] * softmax]) == 0
    assert MEMBER.encode() in taught.read_bytes()
    assert MEMBER.encode() not in out.read_bytes()
    assert tflite_metadata.ENTRY.encode() in out.read_bytes()
    before, after = LoadedModel.load(taught), LoadedModel.load(out)
    assert after.spec.output == ("probabilities" if softmax else "logits")
    assert after.spec.decision == before.spec.decision
    pixels = np.random.default_rng(1).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    assert after.probabilities(pixels) == pytest.approx(before.probabilities(pixels), abs=1e-6)
    assert read_artifact(out).spec.provenance.taught["images"] == 20


@pytest.mark.parametrize("command", [tflite, onnx], ids=["not taught", "another format"])
def test_other_files_are_refused(command: object, taught: Path, fixtures: Path, tmp_path: Path) -> None:
    model = fixtures / "tiny_int8.tflite" if command is tflite else taught
    out = tmp_path / ("no.tflite" if command is tflite else "no.onnx")
    assert command.main([str(model), "--out", str(out)]) == 1
    assert not out.exists()


def test_a_page_for_everybody_holds_nothing_of_the_images(taught: Path, tmp_path: Path) -> None:
    public = for_everybody(taught, tmp_path / "public")
    assert public.name == taught.name
    assert public.parent != taught.parent
    assert MEMBER.encode() not in public.read_bytes()
    before, after = LoadedModel.load(taught), LoadedModel.load(public)
    assert (after.spec.labels, after.spec.decision) == (before.spec.labels, before.spec.decision)
    assert after.artifact.network == before.artifact.network
    assert for_everybody(public, tmp_path / "again") == public
    builtin = builtin_models()["clothes"]
    assert for_everybody(builtin, tmp_path / "again") == builtin


def test_a_microcontroller_s_library_is_refused_with_the_way_to_one(taught: Path) -> None:
    with pytest.raises(ExportError, match="--preset micro"):
        read_network(taught)
