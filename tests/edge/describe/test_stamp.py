"""Files that a tool has rewritten, compared with their original and stamped anew, as a user does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.artifact.embed import embed_in_onnx, onnx_entry
from edge.artifact.file import read_artifact
from edge.artifact.formats.onnx import split_onnx
from edge.artifact.metadata import OUR_MARK
from edge.artifact.spec import ModelSpec
from edge.demo import draw_frame

Run = Callable[..., Any]


def spec_of(path: Path) -> ModelSpec:
    """Return the spec in a file."""
    spec = read_artifact(path).spec
    assert spec
    return spec


def test_a_rewritten_file_is_compared_and_keeps_its_temperature(
    facts: Run, edge_classify: Run, fixtures: Path, tmp_path: Path, optimised: Path
) -> None:
    refused = edge_classify("--model", optimised, "--source", "demo")
    assert (refused.code, f"edge-classify describe {optimised}" in refused.sentence) == (1, True)
    assert facts(optimised)["specification"] == "changed"
    original = spec_of(fixtures / "tiny_int8.onnx")
    found = facts(optimised, "--like", fixtures / "tiny_int8.onnx", "--write", optimised)  # onto itself
    comparison = found["comparison"]
    assert (comparison["images"], comparison["agreement"], comparison["source"]) == (200, 1.0, "drawn garments")
    assert comparison["largest_difference"] < 0.01
    stamped = spec_of(optimised)
    assert (stamped.labels, stamped.input, stamped.decision) == (original.labels, original.input, original.decision)
    assert stamped.provenance.run_name == "tiny"
    assert stamped.provenance.needs["opset"]["com.microsoft"] == 1
    (state,) = stamped.provenance.rewritten
    assert (state["network_sha256"], state["parity"]) == (original.network_sha256, original.provenance.parity)
    assert (state["comparison"]["same"], stamped.provenance.parity) == (200, {})
    assert edge_classify("--model", optimised, "--source", "demo", "--max-frames", "1").code == 0
    assert facts(optimised)["specification"] == "embedded"


def test_without_its_original_a_changed_file_is_written_only_on_purpose(
    facts: Run, edge_classify: Run, fixtures: Path, tmp_path: Path, optimised: Path
) -> None:
    out = tmp_path / "out.onnx"
    outcome = edge_classify("describe", optimised, "--write", out, "--quiet")
    assert (outcome.code, "--like" in outcome.sentence, out.exists()) == (1, True, False)
    assert facts(optimised, "--write", out, "--changed-on-purpose")["comparison"] is None
    assert spec_of(out).decision == spec_of(fixtures / "tiny_int8.onnx").decision
    assert "comparison" not in spec_of(out).provenance.rewritten[0]


def test_other_answers_are_not_stamped_unless_that_is_meant(
    facts: Run, edge_classify: Run, fixtures: Path, tmp_path: Path
) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(fixtures / "tiny_none.onnx")
    gemm = next(node for node in model.graph.node if node.op_type == "Gemm")
    bias = next(tensor for tensor in model.graph.initializer if tensor.name == gemm.input[2])
    moved = onnx.numpy_helper.to_array(bias).copy()
    moved[0] += 1000  # now everything is a T-shirt
    bias.CopyFrom(onnx.numpy_helper.from_array(moved, bias.name))
    onnx.save(model, tmp_path / "other.onnx")
    arguments = (tmp_path / "other.onnx", "--like", fixtures / "tiny_none.onnx", "--write", tmp_path / "out.onnx")
    outcome = edge_classify("describe", *arguments, "--quiet")
    assert (outcome.code, "--changed-on-purpose" in outcome.sentence, (tmp_path / "out.onnx").exists()) == (
        3,
        True,
        False,
    )
    found = facts(*arguments, "--changed-on-purpose")
    assert found["comparison"]["agreement"] < 0.5
    written = spec_of(tmp_path / "out.onnx").provenance.rewritten[0]["comparison"]
    assert written["same"] == found["comparison"]["same"]


def test_a_tool_that_drops_the_spec_gets_it_from_the_original(
    facts: Run, edge_classify: Run, fixtures: Path, tmp_path: Path, respec: Callable[..., Path]
) -> None:
    bare = respec(fixtures / "tiny_none.tflite", None)
    images = tmp_path / "images"
    images.mkdir()
    for number in range(3):
        cv2.imwrite(str(images / f"{number}.png"), draw_frame(number, height=240, width=320).image)
    found = facts(bare, "--like", fixtures / "tiny_none.tflite", "--images", images, "--write", tmp_path / "o.tflite")
    comparison = found["comparison"]
    assert (comparison["images"], comparison["largest_difference"], comparison["source"]) == (
        3,
        0.0,
        "images of images",
    )
    original, stamped = spec_of(fixtures / "tiny_none.tflite"), spec_of(tmp_path / "o.tflite")
    assert (stamped.decision, stamped.labels) == (original.decision, original.labels)
    assert stamped.network_sha256 == original.network_sha256


def test_a_lost_temperature_is_said(
    facts: Run, edge_classify: Run, fixtures: Path, tmp_path: Path, labels: Path
) -> None:
    network, _ = split_onnx((fixtures / "tiny_none.onnx").read_bytes())
    lost = tmp_path / "lost.onnx"
    entry = onnx_entry("description", f"Image classifier, {OUR_MARK}")
    lost.write_bytes(network + b"\x72" + bytes([len(entry)]) + entry)  # metadata_props without ours
    found = facts(lost, "--labels", labels, "--pixels", "0-1")
    assert (found["specification"], found["sources"]["temperature"]) == ("lost", "assumed")
    flags = ("--labels", labels, "--pixels", "0-1")
    run = edge_classify("--model", lost, *flags, "--source", "demo", "--max-frames", "1", "--quiet")
    assert run.code == 0
    assumed, dropped = run.err.splitlines()
    assert "temperature 1 (assumed)" in assumed
    assert f"edge-classify describe {lost} --like" in dropped
    assert edge_classify("describe", lost, *flags, "--write", tmp_path / "o.onnx", "--quiet").code == 1


def test_two_different_classifiers_are_not_compared(edge_classify: Run, fixtures: Path, tmp_path: Path) -> None:
    spec = spec_of(fixtures / "tiny_none.onnx")
    network, _ = split_onnx((fixtures / "tiny_none.onnx").read_bytes())
    other = tmp_path / "other.onnx"
    other.write_bytes(embed_in_onnx(network, replace(spec, labels=tuple("abcdefghij"))))
    outcome = edge_classify("describe", other, "--like", fixtures / "tiny_none.onnx", "--quiet")
    assert (outcome.code, "labels" in outcome.sentence) == (1, True)
