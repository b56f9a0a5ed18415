"""Model files good and bad, with a child process that says what a runtime would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.artifact import Artifact, default_model
from edge.doctor.model import check_model
from edge.doctor.patient import Patient
from edge.errors import ModelFileError

MakePatient = Callable[..., Patient]


def refuse(sentence: str) -> Callable[[Artifact, str], None]:
    """A trial that ends with this sentence."""

    def trial(artifact: Artifact, runtime: str) -> None:
        raise ModelFileError(sentence)

    return trial


def test_the_model_that_ships_is_tried_in_a_real_child() -> None:
    (found,) = check_model(Patient(installed=lambda package: None), default_model())
    assert (found.status, found.fix) == ("ok", "")
    assert found.text.startswith("edge_int8.tflite, ")
    assert found.text.endswith(" kB, 10 classes, runs in litert")


def test_a_file_that_is_not_there(make_patient: MakePatient) -> None:
    (found,) = check_model(make_patient(), Path("gone.tflite"))
    assert (found.status, found.text) == ("failure", "no model file gone.tflite")
    assert found.fix.startswith("make one with `python -m export.tflite`")


@pytest.mark.parametrize(
    ("sentence", "fix"),
    [
        ("litert crashes on m.tflite (signal 4): the file is damaged", "copy or export the file again"),
        ("onnxruntime 1.23.0 can't load m.onnx: Unsupported model IR version: 99", "update litert, or export"),
    ],
)
def test_what_a_runtime_says_against_it(make_patient: MakePatient, sentence: str, fix: str) -> None:
    (found,) = check_model(make_patient(try_model=refuse(sentence)), default_model())
    assert (found.status, found.text) == ("failure", sentence)
    assert found.fix.startswith(fix)


def test_a_file_that_is_too_new_for_tflite_runtime_is_a_warning_beside_litert(make_patient: MakePatient) -> None:
    def trial(artifact: Artifact, runtime: str) -> None:
        if runtime == "tflite-runtime":
            raise ModelFileError("m.tflite needs A version 12, tflite-runtime 2.14.0 is too old for it: use LiteRT: so")

    patient = make_patient(try_model=trial, installed={"tflite-runtime": "2.14.0"})
    first, second = check_model(patient, default_model())
    assert (first.status, second.status) == ("ok", "warning")
    assert second.text == "m.tflite needs A version 12, tflite-runtime 2.14.0 is too old for it"
    assert second.fix == "use LiteRT: so"


def test_a_file_without_a_specification_needs_labels(
    make_patient: MakePatient, fixtures: Path, respec: Callable[..., Path]
) -> None:
    (found,) = check_model(make_patient(try_model=lambda *_: None), respec(fixtures / "tiny_int8.tflite", None))
    assert (found.status, found.fix) == ("warning", "give its class names with --labels FILE")
