"""The command on drawn garments: folders in, report out; exit codes and sentences."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import cv2
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.photos.command import main, parser
from benchmarks.photos.measure import PhotosConfig
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.demo import draw_frame


@pytest.fixture
def wardrobe(tmp_path: Path) -> Path:
    """Ten drawn garments, each in a folder called like its label; a scarf that the model doesn't know."""
    folder = tmp_path / "wardrobe"
    for number in range(10):
        frame = draw_frame(number, height=96, width=128)
        kind = folder / FASHION_MNIST_LABELS[frame.label_index].replace("/", " ")
        kind.mkdir(parents=True)
        cv2.imwrite(str(kind / "drawn.png"), frame.image)
    (folder / "scarves").mkdir()
    cv2.imwrite(str(folder / "scarves" / "drawn.png"), draw_frame(11, height=96, width=128).image)
    return folder


def test_folders_of_garments_give_a_report(wardrobe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"

    code = benchmarks.main(["photos", str(wardrobe), "--map", "scarves=unknown", "--out", str(out)])

    printed = capsys.readouterr().out.splitlines()
    assert code == 0
    assert re.findall(r"\d+ \w+", printed[0])[:2] == ["10 known", "1 unknown"]
    assert printed[0].endswith(f"11 folders of {wardrobe}")
    assert printed[-1] == f"report: {out / 'report.html'}"
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [folder["labels"] for folder in report["folders"] if folder["folder"] == "T-shirt top"] == [["T-shirt/top"]]
    assert report["totals"]["known"]["count"] == 10
    assert len(report["photos"][0]["probabilities"]) == 10
    assert f"photos {wardrobe} --map scarves=unknown" in report["environment"]["command"]


def test_unreadable_photographs_are_an_error_after_the_report(
    wardrobe: Path, fixtures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (wardrobe / "Bag" / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    model, out = str(fixtures / "tiny_int8.tflite"), tmp_path / "out"

    code = main([str(wardrobe), "--map", "scarves=nothing", "--model", model, "--out", str(out), "--mistakes", "0"])

    printed, errors = capsys.readouterr()
    assert code == 1
    assert errors.splitlines()[-1].startswith("error: 1 of 12 ")
    assert errors.splitlines()[-1].endswith(": Bag/torn.jpg")
    assert "\nBag/torn.jpg: " in printed
    assert (out / "report.json").is_file()
    assert not (out / "mistakes.png").exists()


def test_one_folder_of_one_kind_beside_earlier_reports(
    wardrobe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main([str(wardrobe / "Coat"), "-q"]) == 0

    (folder,) = (tmp_path / "reports").iterdir()
    assert folder.name.startswith("photos-")


def test_a_model_without_a_specification_takes_the_flags_of_the_runner(wardrobe: Path, tmp_path: Path) -> None:
    content = (Path(__file__).parents[2] / "fixtures" / "tiny_int8.tflite").read_bytes()
    (tmp_path / "bare.tflite").write_bytes(content[: content.index(b"PK\x03\x04")])  # the specification is in a ZIP
    (tmp_path / "labels.txt").write_text("\n".join(["Coat", *"bcdefghij"]), encoding="utf-8")
    flags = ["--model", str(tmp_path / "bare.tflite"), "--labels", str(tmp_path / "labels.txt")]

    assert main([str(wardrobe / "Coat"), *flags, "--out", str(tmp_path / "out"), "-q"]) == 0

    model = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["model"]
    assert (model["labels"][0], len(model["labels"])) == ("Coat", 10)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "error: no label of the model is called like scarves: say what is right with --map scarves=T-shirt/top, "),
        (["--map", "scarves=Scarf"], "error: --map scarves=Scarf: the model has no label Scarf, expected some of "),
        (["--model", "/nowhere.tflite"], "error: no model file /nowhere.tflite: "),
    ],
)
def test_expected_errors_are_one_line(
    wardrobe: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert main([str(wardrobe), *arguments]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(sentence)


@pytest.mark.parametrize(
    "arguments", [[], ["x", "--map", "scarves"], ["x", "--mistakes", "-1"], ["x", "--runtime", "y"]]
)
def test_wrong_flags_are_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2


def test_flags_and_fields_are_the_same() -> None:
    options = vars(parser().parse_args(["x"]))

    model = {"labels", "pixels", "resize", "interpolation", "recipe", "colour", "input_size"}  # edge.cli.model_flags
    assert options.keys() - {"verbose", "quiet"} - model == set(PhotosConfig.__slots__)
    default = PhotosConfig(Path("x"))
    assert {name: options[name] or getattr(default, name) for name in PhotosConfig.__slots__} == asdict(default)


def test_each_help_names_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        benchmarks.main(["--help"])
    assert "benchmarks photos --help" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        benchmarks.main(["photos", "--help"])
    assert "python -m benchmarks --help" in capsys.readouterr().out


def test_a_model_file_called_photos_can_still_be_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert benchmarks.main(["./photos", "--max-images", "1", "--out", str(tmp_path)]) == 1

    assert "photos" in capsys.readouterr().err.splitlines()[-1]
