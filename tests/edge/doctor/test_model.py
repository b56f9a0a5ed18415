"""Model files good and bad, with a child process that says what a runtime would."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.artifact.file import Artifact, default_model
from edge.artifact.trust import TrustPolicy
from edge.doctor.host_probe import HostProbe
from edge.doctor.model import check_model
from edge.errors import ModelFileError

MakeProbe = Callable[..., HostProbe]


def refuse(sentence: str) -> Callable[[Artifact, str], None]:
    """A trial that ends with this sentence."""

    def trial(artifact: Artifact, runtime: str) -> None:
        raise ModelFileError(sentence)

    return trial


def test_the_model_that_ships_is_tried_in_a_real_child() -> None:
    (finding,) = check_model(HostProbe(installed=lambda package: None), default_model())
    assert (finding.status, finding.fix) == ("ok", "")
    facts = ("edge_int8.tflite, ", " kB", "10 classes", "litert", "digest right", "18 operators", "built-in")
    assert all(fact in finding.text for fact in facts)


def test_a_missing_file_is_a_failure_that_names_the_exporter(make_probe: MakeProbe) -> None:
    (finding,) = check_model(make_probe(), Path("gone.tflite"))
    assert (finding.status, "gone.tflite" in finding.text) == ("failure", True)
    assert "`python -m export.tflite`" in finding.fix


@pytest.mark.parametrize(
    ("sentence", "fix"),
    [
        ("litert crashes on m.tflite (signal 4): the file is damaged", "copy or export the file again"),
        ("onnxruntime 1.23.0 can't load m.onnx: Unsupported model IR version: 99", "update litert, or export"),
    ],
)
def test_the_message_of_a_runtime_that_refuses_the_file_decides_the_remedy(
    make_probe: MakeProbe, sentence: str, fix: str
) -> None:
    (finding,) = check_model(make_probe(try_model=refuse(sentence)), default_model())
    assert (finding.status, finding.text) == ("failure", sentence)
    assert finding.fix.startswith(fix)


def test_a_file_that_is_too_new_for_tflite_runtime_is_a_warning_beside_litert(make_probe: MakeProbe) -> None:
    def trial(artifact: Artifact, runtime: str) -> None:
        if runtime == "tflite-runtime":
            raise ModelFileError("m.tflite needs A version 12, tflite-runtime 2.14.0 is too old for it: use LiteRT: so")

    probe = make_probe(try_model=trial, installed={"tflite-runtime": "2.14.0"})
    first, second = check_model(probe, default_model())
    assert (first.status, second.status) == ("ok", "warning")
    assert all(fact in second.text for fact in ("m.tflite", "A version 12", "tflite-runtime 2.14.0"))
    assert second.fix == "use LiteRT: so"


def test_a_file_without_a_specification_needs_labels(
    make_probe: MakeProbe, fixtures: Path, respec: Callable[..., Path]
) -> None:
    (finding,) = check_model(make_probe(try_model=lambda *_: None), respec(fixtures / "tiny_int8.tflite", None))
    assert (finding.status, "edge-classify describe" in finding.fix) == ("warning", True)


def test_a_file_with_the_required_digest_is_trusted_and_another_is_refused(
    make_probe: MakeProbe, fixtures: Path
) -> None:
    path = fixtures / "tiny_none.onnx"
    policy = TrustPolicy(sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    (finding,) = check_model(make_probe(try_model=lambda *_: None), path, policy=policy)
    assert finding.status == "ok"
    assert all(fact in finding.text for fact in ("digest right", "6 operators", "SHA-256"))
    (refused,) = check_model(make_probe(), path, policy=TrustPolicy(sha256="0" * 64))
    assert (refused.status, refused.text.partition(" has SHA-256 ")[0]) == ("failure", str(path))


def test_a_forged_file_is_a_failure_before_any_trial(make_probe: MakeProbe, fixtures: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((fixtures / "tiny_int8.tflite").read_bytes()[:3000])
    (finding,) = check_model(make_probe(), path)
    assert (finding.status, finding.text) == ("failure", f"{path} is damaged or forged")
    assert finding.fix.startswith("byte ")


def test_without_numpy_the_structure_is_not_looked_at(make_probe: MakeProbe) -> None:
    (finding,) = check_model(make_probe(try_model=lambda *_: None), default_model(), has_numpy=False)
    assert "digest right" in finding.text
    assert "operators" not in finding.text
