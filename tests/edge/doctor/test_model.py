"""Model files good and bad, with a child process that says what a runtime would."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.artifact.file import Artifact, default_model
from edge.artifact.trust import TrustPolicy
from edge.doctor.host_probe import Patient
from edge.doctor.model import check_model
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
    assert " kB, 10 classes, runs in litert; digest right, all 18 operators known, vouched for: built-in" in found.text


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


def test_a_file_that_is_required_says_what_vouches_for_it(make_patient: MakePatient, fixtures: Path) -> None:
    path = fixtures / "tiny_none.onnx"
    policy = TrustPolicy(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    (found,) = check_model(make_patient(try_model=lambda *_: None), path, policy=policy)
    assert found.status == "ok"
    assert found.text.endswith("digest right, all 6 operators known, vouched for: SHA-256")
    (refused,) = check_model(make_patient(), path, policy=TrustPolicy(sha256="0" * 64))
    assert (refused.status, refused.text.partition(" has SHA-256 ")[0]) == ("failure", str(path))


def test_a_forged_file_is_a_failure_before_any_trial(make_patient: MakePatient, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((fixtures / "tiny_int8.tflite").read_bytes()[:3000])
    (found,) = check_model(make_patient(), path)
    assert (found.status, found.text) == ("failure", f"{path} is damaged or forged")
    assert found.fix.startswith("byte ")


def test_without_numpy_the_structure_is_not_looked_at(make_patient: MakePatient) -> None:
    (found,) = check_model(make_patient(try_model=lambda *_: None), default_model(), has_numpy=False)
    assert found.text.endswith("runs in litert; digest right, vouched for: built-in")
