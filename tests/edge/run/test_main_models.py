"""`edge-classify` and model files: every kind and runtime, damaged ones, newer ones, those without a spec."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.artifact.file import read_artifact
from edge.artifact.input_spec import InputSpec, ModelOptions
from edge.artifact.spec import ModelSpec
from edge.demo import draw_frame

Run = Callable[..., Any]
Respec = Callable[[Path, "ModelSpec | str | None"], Path]


@pytest.mark.parametrize(
    ("model", "runtime", "threads"),
    [
        ("tiny_int8.tflite", "auto", 1),
        ("tiny_int8.tflite", "litert", 2),
        ("tiny_none.tflite", "litert", 1),
        ("tiny_int8.onnx", "auto", 1),
        ("tiny_none.onnx", "onnxruntime", 2),
    ],
)
def test_every_model_and_runtime(edge_classify: Run, fixtures: Path, model: str, runtime: str, threads: int) -> None:
    if model.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    path = fixtures / model
    outcome = edge_classify(
        "--model", path, "--runtime", runtime, "--threads", threads, "--max-frames", 2, "--json", "--top-k", 2
    )
    assert outcome.code == 0
    records = [json.loads(line) for line in outcome.out.splitlines()]
    assert [record["model_sha256"] for record in records] == [read_artifact(path).sha256] * 2
    assert [len(record["top_k"]) for record in records] == [2, 2]


def test_options_reach_the_classifier(edge_classify: Run, monkeypatch: pytest.MonkeyPatch, fixtures: Path) -> None:
    from edge.classify.classifier import Classifier

    seen: list[dict[str, Any]] = []
    load = Classifier.load
    monkeypatch.setattr(Classifier, "load", lambda path, **options: (seen.append(options), load(path))[1])
    edge_classify("--runtime", "litert", "--threads", 3, "--max-frames", 1)
    assert len(seen) == 1
    assert seen[0].items() >= {"runtime": "litert", "threads": 3, "options": ModelOptions(), "policy": None}.items()


@pytest.mark.parametrize("name", ["tiny_int8.tflite", "tiny_int8.onnx"])
def test_a_model_cut_anywhere_is_one_line_and_exit_code_1(
    edge_classify: Run, fixtures: Path, tmp_path: Path, name: str
) -> None:
    if name.endswith(".onnx"):
        pytest.importorskip("onnxruntime")
    content = (fixtures / name).read_bytes()
    path = tmp_path / name
    for length in [0, 1, 3, 7, 8, 64, *range(500, len(content), 997), len(content) - 1]:
        path.write_bytes(content[:length])
        outcome = edge_classify("--model", path)
        assert (outcome.code, outcome.out) == (1, ""), length
        assert str(path) in outcome.sentence


def test_a_model_of_a_newer_schema_says_what_to_do(edge_classify: Run, fixtures: Path, respec: Respec) -> None:
    path = respec(fixtures / "tiny_int8.tflite", '{"schema_version": 7}')
    outcome = edge_classify("--model", path)
    assert outcome.code == 1
    assert outcome.sentence.startswith(f"{path}: ")
    assert "schema 7" in outcome.sentence
    assert "up to 4: update" in outcome.sentence


def test_settings_of_garments_are_refused_for_other_models(
    edge_classify: Run, fixtures: Path, tmp_path: Path, respec: Respec
) -> None:
    own = replace(ModelSpec(), labels=tuple("abcdefghij"), input=InputSpec(recipe="image-v1"))
    model = respec(fixtures / "tiny_int8.tflite", own)
    outcome = edge_classify("--model", model, "--max-frames", 1)
    assert outcome.code != 0
    assert "--source demo" in outcome.sentence
    cv2.imwrite(str(tmp_path / "a.png"), draw_frame(0).image)
    outcome = edge_classify("--model", model, "--source", tmp_path / "a.png", "--background", "learn")
    assert outcome.code != 0
    assert "--roi" in outcome.sentence
    assert edge_classify("--model", model, "--source", tmp_path / "a.png").code == 0


def test_a_built_in_model_goes_by_its_name(edge_classify: Run) -> None:
    assert edge_classify("--model", "edge", "--max-frames", 1).code == 0
    assert "gone" in edge_classify("--model", "gone", "--max-frames", 1).sentence


def test_a_model_without_a_spec_takes_its_labels_from_a_file(
    edge_classify: Run, fixtures: Path, tmp_path: Path, respec: Respec
) -> None:
    model = respec(fixtures / "tiny_int8.tflite", None)
    labels = tmp_path / "labels.txt"
    cv2.imwrite(str(tmp_path / "a.png"), draw_frame(0).image)
    arguments = ("--model", model, "--labels", labels, "--source", tmp_path / "a.png", "--json")

    labels.write_text("\n".join(f" name {number}" for number in range(10)) + "\n\n", encoding="utf-8")
    outcome = edge_classify(*arguments)
    assert outcome.code == 0
    assert all(part in outcome.err for part in ("28x28", "pixels 0-1 (the input's quantization)", "image-v1"))
    assert re.fullmatch(r"name \d", json.loads(outcome.out)["label"])

    labels.write_text("Hut\nRock\n", encoding="utf-8")
    outcome = edge_classify(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "10 outputs" in outcome.sentence
    assert "2 labels" in outcome.sentence

    labels.write_bytes(b"\xff\xfe\x00")
    outcome = edge_classify(*arguments)
    assert outcome.code == 2
    assert str(labels) in outcome.sentence
    assert "UTF-8" in outcome.sentence

    outcome = edge_classify("--model", model)
    assert outcome.code == 1
    assert "--labels FILE" in outcome.sentence
