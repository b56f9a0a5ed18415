"""Images that files are judged on, from folders, from runs, and none."""

from __future__ import annotations

import logging
import re
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.config import BenchmarkConfig
from benchmarks.measure.evaluation import choose, photographs_evaluation, run_evaluation, without_truth
from benchmarks.measure.model_spec import claimed_labels, model_specs
from benchmarks.measure.photographs import Photograph
from benchmarks.measure.variants import list_variants
from edge.artifact.input_spec import IMAGE_RECIPE, InputSpec, ModelOptions
from edge.artifact.spec import FASHION_MNIST_LABELS, ModelSpec
from edge.datasets.folder_labels import LabelledFolder
from edge.errors import DatasetError, SourceError

FIXTURES = Path(__file__).parents[2] / "fixtures"
COLOUR = ModelSpec(("cat", "dog"), input=InputSpec(8, 6, 3, recipe=IMAGE_RECIPE))
GREY = replace(COLOUR, input=InputSpec(4, 4, 1, recipe=IMAGE_RECIPE))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three dark dogs and two bright cats, a folder that is no label, and a file that is damaged."""
    for name, level, count in (("dog", 20, 3), ("Cat", 230, 2), ("rest", 128, 1)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(count):
            cv2.imwrite(str(tmp_path / "pets" / name / f"{number}.png"), np.full((16, 12, 3), level + number, np.uint8))
    (tmp_path / "pets" / "dog" / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    return tmp_path / "pets"


def test_photographs_are_listed_with_the_known_ones_first(data: Path) -> None:
    mapped = BenchmarkConfig(truths={"rest": ("unknown",)})

    found = photographs_evaluation(data, mapped, [COLOUR])

    facts, listed = found.facts, found.facts.photographs
    assert listed is not None
    assert (facts.count, facts.class_names, found.labels) == (6, ("cat", "dog", "nothing"), ("cat", "dog"))
    assert Counter(facts.labels) == {0: 2, 1: 3}
    assert [photograph.label for photograph in found.photographs] == [*facts.labels, -1]
    assert [photograph.right for photograph in found.photographs] == [*((label,) for label in facts.labels), ()]
    assert [Path(photograph.path).name for photograph in found.photographs] == [
        Path(name).name for name in listed.names
    ]
    assert [listed.folders[index].folder for index in listed.folder_indices] == [
        name.partition("/")[0] for name in listed.names
    ]
    assert listed.names[-1] == "rest/0.png"
    assert [skipped.path for skipped in listed.skipped] == ["dog/damaged.jpg"]
    assert re.findall(r"\d+ (?:\w+)", found.statement) == ["5 known", "1 unknown", "3 folders"]


def test_a_folder_that_several_labels_are_right_for_is_a_class_of_its_own(data: Path) -> None:
    config = BenchmarkConfig(truths={"rest": ("dog", "cat"), "dog": ("dog", "cat")})

    found = photographs_evaluation(data, config, [COLOUR])

    assert found.facts.class_names == ("cat", "dog", "nothing", "dog or cat")
    assert Counter(found.facts.labels) == {0: 2, 3: 4}
    assert {photograph.right for photograph in found.photographs if photograph.label == 3} == {(1, 0)}


def test_a_folder_that_names_no_label_is_left_out_and_said(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = photographs_evaluation(data, BenchmarkConfig(), [COLOUR])
    assert (len(found.photographs), "rest" in found.statement, "--map" in caplog.text) == (5, True, True)


def test_the_digest_is_of_the_photographs_and_not_of_the_files_that_are_judged(data: Path) -> None:
    both, one = (photographs_evaluation(data, BenchmarkConfig(), specs) for specs in ([COLOUR, GREY], [GREY]))
    less = photographs_evaluation(data, BenchmarkConfig(max_images=3), [GREY])
    assert both.facts.sha256 == one.facts.sha256 != less.facts.sha256
    assert "of 6 " in less.statement


def test_labels_that_fit_a_folder_go_before_those_that_know_none(data: Path) -> None:
    other = replace(COLOUR, labels=("a", "b"))
    mapped = BenchmarkConfig(truths={"rest": ("unknown",)})
    assert photographs_evaluation(data, mapped, [other, COLOUR]).labels == COLOUR.labels


def test_unknown_photographs_alone_have_no_labels(tmp_path: Path) -> None:
    (tmp_path / "unknown").mkdir()
    cv2.imwrite(str(tmp_path / "unknown" / "1.png"), np.zeros((16, 12, 3), np.uint8))

    found = photographs_evaluation(tmp_path / "unknown", BenchmarkConfig(), [COLOUR])

    assert (found.facts.labels, len(found.photographs)) == ([], 1)


def test_photographs_of_which_none_can_be_read_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "dog").mkdir()
    for name, content in (("torn.jpg", b"\xff\xd8\xff"), ("empty.png", b"")):
        (tmp_path / "dog" / name).write_bytes(content)
    (tmp_path / "dog" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SourceError, match=r"none of 3 .*dog/"):
        photographs_evaluation(tmp_path, BenchmarkConfig(), [COLOUR])


def test_a_limit_takes_of_each_folder_in_turn() -> None:
    kinds = [LabelledFolder("a", ("A",)), LabelledFolder("b", ("B",))]
    photographs = [Photograph(Path(f"{n}"), f"{n}", kinds[n >= 8]) for n in range(10)]
    assert Counter(each.kind.folder for each in choose(photographs, most=5, seed=0)) == {"a": 3, "b": 2}
    assert choose(photographs, most=5, seed=0) != choose(photographs, most=5, seed=1)
    assert sorted(each.name for each in choose(photographs, most=99, seed=0)) == [each.name for each in photographs]


def test_folders_that_fit_no_label_of_any_file_are_an_error(data: Path) -> None:
    with pytest.raises(SourceError, match="rest"):
        photographs_evaluation(data, BenchmarkConfig(), [replace(COLOUR, labels=("a", "b"))])
    with pytest.raises(SourceError, match="--labels"):
        photographs_evaluation(data, BenchmarkConfig(), [])
    mapped = BenchmarkConfig(truths={"rest": ("a",)})
    assert photographs_evaluation(data, mapped, [replace(COLOUR, labels=("a", "b"))]).facts.labels == [0]


@pytest.mark.parametrize(
    ("parts", "judged", "level"),
    [
        (("train", "valid", "Test"), "Test", logging.INFO),
        (("train", "valid"), "valid", logging.WARNING),
    ],
)
def test_a_folder_that_comes_split_is_judged_on_what_was_not_trained_on(
    data: Path, caplog: pytest.LogCaptureFixture, parts: tuple[str, ...], judged: str, level: int
) -> None:
    for number, part in enumerate(parts, start=1):
        for name in ("dog", "rest"):
            shutil.copytree(data / name, data.parent / "split" / part / name)
        for copy in range(number):  # as many readable dogs as tell the part
            shutil.copy(data / "Cat" / "0.png", data.parent / "split" / part / "dog" / f"more{copy}.png")
    mapped = BenchmarkConfig(truths={"rest": ("unknown",)})

    with caplog.at_level(logging.INFO):
        found = photographs_evaluation(data.parent / "split", mapped, [COLOUR])

    assert len(found.photographs) == 3 + len(parts) + 1
    assert {Path(photograph.path).parents[1].name for photograph in found.photographs} == {judged}
    assert (found.facts.dataset, f" of split/{judged}" in found.statement) == (f"folder split/{judged}", True)
    (line,) = [record for record in caplog.records if str(data.parent / "split" / judged) in record.getMessage()]
    assert line.levelno == level


@pytest.mark.parametrize(
    ("folders", "remedy"),
    [
        (["train/dog"], "/train to judge on "),
        (["train/dog", "valid/dog", "test/dog", "extra"], "/test$"),
        (["train/dog", "test/dog", "unknown"], "/test$"),
        (["train", "extra"], "FOLDER=LABEL$"),
    ],
    ids=["training images alone", "parts beside another folder", "parts beside what is unknown", "no parts"],
)
def test_parts_that_can_not_be_chosen_from_are_hinted_at(tmp_path: Path, folders: list[str], remedy: str) -> None:
    for name in folders:
        (tmp_path / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / name / "1.png"), np.zeros((16, 12, 3), np.uint8))

    with pytest.raises(SourceError, match=remedy):
        photographs_evaluation(tmp_path, BenchmarkConfig(), [COLOUR])


def test_images_alone_in_a_folder_called_like_a_part_have_no_parts(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    cv2.imwrite(str(tmp_path / "train" / "1.png"), np.zeros((16, 12, 3), np.uint8))

    with pytest.raises(SourceError, match="FOLDER=LABEL$"):
        photographs_evaluation(tmp_path / "train", BenchmarkConfig(), [COLOUR])


def test_a_run_s_own_test_images_are_those_it_keeps(tmp_path: Path) -> None:
    run = tmp_path / "mine"
    run.mkdir()
    (run / "model_spec.json").write_text(COLOUR.to_json(), encoding="utf-8")
    images, labels = (
        np.arange(3 * 144, dtype=np.uint16).astype(np.uint8).reshape(3, 8, 6, 3),
        np.array([1, 0, 1], np.int32),
    )
    with pytest.raises(DatasetError, match="mine"):
        run_evaluation(run, BenchmarkConfig(), tmp_path)
    np.savez_compressed(run / "images.npz", test_images=images, test_labels=labels)

    found = run_evaluation(run, BenchmarkConfig(max_images=2), tmp_path)

    assert (found.facts.labels, found.facts.class_names) == ([1, 0], ("cat", "dog"))
    np.testing.assert_array_equal(np.load(found.file), images[:2])


def test_specs_are_embedded_or_inferred_in_a_process_of_their_own(tmp_path: Path) -> None:
    content = (FIXTURES / "tiny_int8.tflite").read_bytes()
    (tmp_path / "bare.tflite").write_bytes(content[: content.index(b"PK\x03\x04")])
    variants = list_variants([FIXTURES / "tiny_none.tflite", tmp_path / "bare.tflite"], runtimes=["litert"])
    labels = tuple("abcdefghij")
    options = ModelOptions(labels=labels, pixels=((0.0,), (255.0,)))

    specs = model_specs(variants, options, timeout_s=60)

    assert [spec.labels for spec in specs.values()] == [FASHION_MNIST_LABELS, labels]
    assert [claimed_labels(variant, options) for variant in variants] == [FASHION_MNIST_LABELS, labels]
    assert model_specs(variants[1:], replace(options, labels=("a", "b")), timeout_s=60) == {}


def test_without_truth_there_are_no_images() -> None:
    assert (without_truth().facts.labels, without_truth().file) == ([], "")
