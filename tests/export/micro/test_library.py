"""The exported library as a whole: its files, and Python's decisions in C++ around a network that the test plays."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.device.timing import read_timing
from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec
from edge.classify.classifier import Classifier
from export.micro.library import Checked, known_input, ram_bytes, render
from export.micro.network import MicroNetwork
from tests.export.micro.compiled import (
    FACTS,
    HOST,
    LABELS,
    RGB888,
    Target,
    as_frame,
    build,
    known_answer_bytes,
    loaded_model,
    written,
)

COLOUR = InputSpec(12, 16, channels=3, recipe=IMAGE_RECIPE, resize="letterbox", mean=(127.0,), std=(128.0,))
GREY = InputSpec(16, 16, recipe=IMAGE_RECIPE, resize="crop")
GARMENT = InputSpec(6, 5)


def answers(program: Path, outputs: bytes) -> tuple[list[list[str]], bytes, int]:
    """Return the words of each decision, the network's inputs, and the exit code."""
    done = subprocess.run([program], input=outputs, capture_output=True, check=False)
    return [line.split(" ", 5) for line in done.stderr.decode().splitlines()], done.stdout, done.returncode


@pytest.mark.parametrize(
    ("size", "settings"),
    [
        (COLOUR, {"decision": DecisionSpec(temperature=1.3, threshold=0.5)}),
        (COLOUR, {"decision": DecisionSpec(temperature=0.5, score="margin", threshold=0.3),
                  "dtypes": ("int8", "int8")}),
        (GREY, {"decision": DecisionSpec(score="energy", threshold=2.5), "dtypes": ("int8", "uint8")}),
        (GREY, {"decision": DecisionSpec(temperature=2, score="joint", threshold=0.9), "dtypes": ("uint8", "int8")}),
        (GREY, {"decision": DecisionSpec(threshold=0.4), "output": "probabilities"}),
        (GREY, {"decision": DecisionSpec(temperature=1.7, threshold=0.4, presence_threshold=0.3),
                "output": "probabilities"}),
    ],
    ids=["probability", "margin, int8", "energy", "joint", "probabilities", "tempered probabilities"],
)  # fmt: skip
def test_frames_are_decided_as_in_python(
    tmp_path: Path, size: InputSpec, settings: dict[str, Any], target: Target
) -> None:
    model = loaded_model(size, **settings)
    dtype = model.runtime.output_tensor.dtype
    rng = np.random.default_rng(1)
    known = rng.integers(0, 100, (1, len(LABELS))).astype(dtype)
    written(tmp_path, model, known)
    classifier, sent, predictions = Classifier(model), known.tobytes(), []
    inputs = known_answer_bytes(model)
    for number in range(60):
        noise = rng.integers(0, 256, (24, 31, 3), np.uint8)
        rgb = np.full_like(noise, 90) if number % 10 == 3 else (noise // (1 + number % 7)).astype(np.uint8)
        output = rng.integers(0, 256, (1, len(LABELS))).astype(np.uint8).view(dtype)
        model.runtime.next_output = output
        predictions.append(classifier.classify(rgb[..., ::-1]))
        sent += as_frame(rgb, RGB888) + output.tobytes()

    decisions, seen, code = answers(build(tmp_path, main="classify.cpp", target=target), sent)

    assert code == 0
    assert seen == inputs + b"".join(model.runtime.inputs)
    assert [words[5] for words in decisions] == [prediction.label for prediction in predictions]
    assert {"unknown", "nothing"} < {prediction.label for prediction in predictions}
    for words, prediction in zip(decisions, predictions, strict=True):
        assert (words[0] == "-2", words[1] == "0") == (prediction.label == "nothing",) * 2
        assert float(words[2]) == pytest.approx(prediction.probability, rel=1e-5, abs=1e-6)
        if prediction.label != "nothing":
            assert float(words[3]) == pytest.approx(prediction.score, rel=1e-5, abs=1e-6)
        assert float(words[4]) == pytest.approx(prediction.presence_score, rel=1e-6)


def test_a_garment_comes_prepared_and_is_never_nothing(tmp_path: Path) -> None:
    model = loaded_model(GARMENT)
    sources = written(tmp_path, model)
    assert not list(sources.glob("*_image.*"))
    pixels = np.zeros((6, 5), np.uint8)
    output = np.array([[100, 116, 132, 100]], np.uint8)  # logits 0, 1, 2, 0
    sent = bytes(4) + as_frame(pixels, 3) + output.tobytes()

    (decision,), seen, code = answers(build(tmp_path, main="classify.cpp"), sent)

    exponentials = np.exp([0.0, 1, 2, 0])
    assert code == 0
    assert (decision[0], decision[5]) == ("2", "Käse")
    assert float(decision[2]) == pytest.approx(exponentials[2] / exponentials.sum(), rel=1e-5)
    assert seen[30:] == pixels.tobytes()


@pytest.mark.parametrize(("off_by", "code"), [(8, 0), (9, 7)])
def test_kernels_that_give_another_answer_are_refused(tmp_path: Path, off_by: int, code: int) -> None:
    model = loaded_model(GARMENT, dtypes=("uint8", "int8"))
    known = np.array([[-100, 5, 0, 20]], np.int8)
    written(tmp_path, model, known)
    got = known.copy()
    got[0, 0] += off_by
    assert answers(build(tmp_path, main="classify.cpp"), got.tobytes())[2] == code


def test_the_known_input_is_pixels_in_the_network_s_numbers() -> None:
    model = loaded_model(COLOUR, dtypes=("int8", "int8"))  # real = (pixel - 127) / 128 = (stored + 1) / 128
    at = np.arange(12 * 16 * 3)
    expected = ((at * 37 + at // 32 * 11) % 256 - 128).reshape(1, 12, 16, 3)
    assert known_input(model).dtype == np.int8
    np.testing.assert_array_equal(known_input(model), expected)


def test_a_planar_network_has_its_table_by_planes() -> None:
    planar = InputSpec(2, 2, channels=3, layout="NCHW", recipe=IMAGE_RECIPE, mean=(0.0, 1.0, 2.0), std=(255.0,))
    stored = known_input(loaded_model(planar)).reshape(-1).tolist()
    assert stored == [0, 37, 74, 111, 147, 184, 221, 2, 38, 75, 112, 149]  # less 1 in the second plane, 2 in the third


def test_the_memory_is_the_arena_a_float_a_class_and_a_frame_s_columns() -> None:
    assert ram_bytes(loaded_model(GREY), 1000) == 1000 + 4 * 4 + 12 * 16
    assert ram_bytes(loaded_model(GARMENT), 1000) == 1000 + 4 * 4


@pytest.mark.parametrize("size", [GREY, GARMENT], ids=["image", "garment"])
def test_every_placeholder_of_the_templates_is_filled_in(tmp_path: Path, size: InputSpec) -> None:
    written(tmp_path, loaded_model(size))
    placeholder = re.compile(r"NAME|MACRO|/\*(IMAGE|GARMENT)\*/|\b(LABELS|USAGE|OPERATOR_\w+|TFLM_VERSION)\b")
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert not placeholder.search(path.read_text(encoding="utf-8")), path
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "library.properties", "src", "examples"}


@pytest.mark.parametrize("name", ["Ornaments", "SCORE"])
def test_a_name_may_hold_a_placeholder(name: str) -> None:
    """ORNAMENTS holds NAME: the header's macros were called otherwise than those that the code uses."""
    loaded = loaded_model(GREY)
    network = MicroNetwork(loaded.artifact.network, ("CONV_2D",), 3)
    files = render(name, loaded, network, Checked("1", 1000, 1280, np.zeros(len(LABELS), np.uint8), FACTS))
    used = {word for text in files.values() for word in re.findall(r"\b\w+_MODEL_DATA_H\b|\b\w+_WIDTH\b", text)}
    assert {word for word in used if word.endswith("_WIDTH")} == {f"{name.upper()}_WIDTH"}
    assert f"src/{name}.h" in files
    assert f"{name}_classify" in files[f"src/{name}.h"]


@pytest.mark.parametrize("size", [GREY, GARMENT], ids=["image", "garment"])
def test_the_sketch_prints_its_times_as_json_and_then_its_answers(tmp_path: Path, size: InputSpec) -> None:
    written(tmp_path, loaded_model(size))
    program = build(tmp_path, main="sketch.cpp")

    arena, timing, *rest = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()

    assert arena == "arena: 640 bytes used of 1280"
    assert json.loads(timing) == {
        "timing_schema_version": 1, "file": "a _cat_.tflite", "format": "tflite", "sha256": "0" * 64, "size_bytes": 100,
        "runtime": "tflite-micro", "runtime_version": "Chirale_TensorFLowLite", "kind": "microcontroller",
        "machine": "TEST_BOARD", "threads": 1, "utc": None, "load_ns": None, "first_invoke_ns": None,
        "memory_peak_bytes": ram_bytes(loaded_model(size), 1280), "invoke_ns": [1_750_000] * 20,
        "frame_to_decision_ns": [1_750_000] * 20 if size is GREY else [],
    }  # fmt: skip
    assert rest == ["cat 0.25"] * 3  # four equal logits


@pytest.mark.parametrize(
    "size",
    [
        COLOUR,
        GREY,
        replace(COLOUR, height=96, width=96, resize="stretch"),
        replace(COLOUR, height=224, width=224, resize="crop", crop=0.5),
        replace(GREY, height=28, width=28, interpolation="nearest"),
    ],
    ids=["letterbox", "grey", "stretch", "half", "nearest"],
)
@pytest.mark.parametrize("is_covered", [False, True], ids=["drawn", "covered"])
def test_the_sketch_times_frames_that_the_network_is_run_on(
    tmp_path: Path, size: InputSpec, *, is_covered: bool
) -> None:
    """The network isn't run on a covered lens: the times of such a frame would be those of its preprocessing."""
    written(tmp_path, loaded_model(size))
    if is_covered:
        sketch = tmp_path / "examples" / "classify" / "classify.ino"
        camera = "static bool take_frame(lib_frame *frame) {\n"
        text = sketch.read_text(encoding="utf-8")
        assert camera in text
        black = "  static uint8_t black[4]; *frame = {black, 2, 2, 0, lib_GREY8}; return true;\n"
        sketch.write_text(text.replace(camera, camera + black), encoding="utf-8")
    program = build(tmp_path, main="sketch.cpp")

    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()

    timing = json.loads(next(line for line in lines if line.startswith("{")))
    assert read_timing(timing, "board.json").frame_to_decision_ns == [1_750_000] * 20
    assert [line.split()[0] for line in lines[-3:]] == (["nothing"] if is_covered else ["cat"]) * 3
    assert len(lines) == (6 if is_covered else 5)


def test_the_network_may_lie_in_memory_that_the_program_gives(tmp_path: Path, target: Target) -> None:
    written(tmp_path, loaded_model(GARMENT))
    linked = ("-Wl,--gc-sections",) if sys.platform == "linux" and target is HOST else ()
    program = build(
        tmp_path, main="begin_in.cpp", flags=("-ffunction-sections", "-fdata-sections"), link=linked, target=target
    )
    assert subprocess.run([program], check=False).returncode == 0
    if linked and (
        nm := shutil.which("nm")
    ):  # as Arduino links: without the memory of NAME_begin(), which isn't called
        symbols = subprocess.run([nm, program], capture_output=True, text=True, check=True).stdout
        assert "lib_begin_in" in symbols
        assert not re.search(r"begin\w*arena", symbols)
        (tmp_path / "other").mkdir()
        written(tmp_path / "other", loaded_model(GARMENT))
        with_arena = subprocess.run([nm, build(tmp_path / "other", main="sketch.cpp")], capture_output=True, text=True,
                                    check=True).stdout  # fmt: skip
        assert re.search(r"begin\w*arena", with_arena)


@pytest.mark.parametrize(("arena_bytes", "is_external"), [(100_000, False), (100_096, True)])
def test_the_sketch_takes_external_ram_for_a_large_arena(
    tmp_path: Path, arena_bytes: int, *, is_external: bool
) -> None:
    written(tmp_path, loaded_model(GREY), arena_bytes=arena_bytes)
    program = build(tmp_path, main="sketch.cpp", flags=("-DBOARD_HAS_PSRAM",))
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    assert (printed[0] == f"ps_malloc {arena_bytes}") is is_external
    assert f"arena: {arena_bytes // 2} bytes used of {arena_bytes}" in printed


def test_the_sketch_says_why_it_can_t_run(tmp_path: Path) -> None:
    written(tmp_path, loaded_model(GARMENT))
    program = build(tmp_path, main="sketch.cpp")
    printed = subprocess.run([program, "small arena"], capture_output=True, text=True, check=True).stdout
    assert "LIB_ARENA_BYTES" in printed
    assert len(printed.splitlines()) == 1
