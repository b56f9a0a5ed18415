import shutil
from pathlib import Path

import pytest

from benchmarks.measure.variants import default_artifacts, list_variants
from edge.artifact.file import default_model
from edge.errors import ConfigError, ModelFileError

FIXTURES = Path(__file__).parents[2] / "fixtures"
TINY, TINY_ONNX = FIXTURES / "tiny_int8.tflite", FIXTURES / "tiny_int8.onnx"


def test_each_file_meets_every_runtime_that_fits_its_format() -> None:
    found = [(variant.name, variant.runtime) for variant in list_variants([TINY, TINY_ONNX])]

    assert found == [
        ("tiny_int8.tflite", "litert"),
        ("tiny_int8.tflite", "tflite-runtime"),
        ("tiny_int8.onnx", "onnxruntime"),
    ]


def test_runtimes_can_be_chosen_and_files_they_do_not_fit_are_left_out() -> None:
    found = list_variants([TINY, TINY_ONNX], runtimes=["litert", "litert"])

    assert [(variant.name, variant.runtime) for variant in found] == [("tiny_int8.tflite", "litert")]
    with pytest.raises(ModelFileError, match="--runtime litert"):
        list_variants([TINY_ONNX], runtimes=["litert"])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "neither a TFLite nor an ONNX model"),
        (None, "no model file"),
    ],
    ids=["empty", "picture", "missing"],
)
def test_a_file_that_is_no_model_is_a_variant_with_a_reason(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "broken.tflite"
    if content is not None:
        path.write_bytes(content)

    broken, *others = list_variants([path, TINY], runtimes=["litert"])

    assert (broken.artifact, broken.runtime) == (None, "")
    assert reason in broken.reason
    assert [variant.name for variant in others] == ["tiny_int8.tflite"]


@pytest.mark.parametrize(
    "text", ["https://ada:hunter2@host/a.tflite", "ada:hunter2@host/a.tflite", "https://host/a.tflite?token=hunter2"]
)
def test_an_address_with_a_secret_comes_into_no_report(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        list_variants([Path(text)])
    assert "hunter2" not in str(caught.value)


def test_a_folder_stands_for_the_models_in_it_and_copies_are_left_out(tmp_path: Path) -> None:
    for name in ("b.tflite", "a.tflite", "notes.txt"):
        shutil.copy(TINY, tmp_path / name)

    assert [variant.name for variant in list_variants([tmp_path], runtimes=["litert"])] == ["a.tflite"]


def test_a_folder_without_models_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="holds no model"):
        list_variants([tmp_path])


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for number, folder in enumerate(("a/x", "b/x", "b/y")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "m.tflite").write_bytes(TINY.read_bytes() + bytes(number))

    paths = [tmp_path / folder / "m.tflite" for folder in ("a/x", "b/x", "b/y")]

    names = [variant.name for variant in list_variants(paths, runtimes=["litert"])]
    assert names == ["a/x/m.tflite", "b/x/m.tflite", "y/m.tflite"]


def test_by_default_all_artifacts_and_the_model_that_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert default_artifacts() == (default_model(),)

    (tmp_path / "artifacts").mkdir()
    shutil.copy(TINY, "artifacts/mine.tflite")
    assert default_artifacts() == (Path("artifacts/mine.tflite"), default_model())
