import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from benchmarks.__main__ import main, parser
from benchmarks.config import QUICK as quick  # noqa: N811  # QUICK here is quicker still
from benchmarks.config import BenchmarkConfig, Limits, apply_quick
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.demo import draw_frame

FIXTURES = Path(__file__).parents[1] / "fixtures"
QUICK = (
    "--repeats",
    "2",
    "--max-repeats",
    "2",
    "--runs",
    "20",
    "--frames",
    "3",
    "--warmup",
    "1",
    "--warmup-s",
    "0.01",
    "--max-images",
    "30",
    "--runtime",
    "litert",
)


@pytest.fixture(autouse=True)
def _no_fashion_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no-keras-here"))


@pytest.mark.e2e
def test_a_broken_file_is_a_failed_row_among_measured_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes((FIXTURES / "tiny_int8.tflite").read_bytes()[:2000])
    models = [str(FIXTURES / "tiny_none.tflite"), str(broken), str(FIXTURES / "tiny_int8.tflite")]

    code = main([*models, *QUICK, "--out", str(tmp_path / "out")])

    out, err = capsys.readouterr()
    assert code == 1
    assert "first 30 of 1,000" in out.splitlines()[0]
    assert out.splitlines()[-1] == f"report: {tmp_path / 'out' / 'report.html'}"
    assert "] broken.tflite @ litert: failed: " in err
    assert err.count("] tiny_int8.tflite @ litert") == 2
    assert "1 of 3" in err.splitlines()[-1]
    assert err.endswith("broken.tflite @ litert\n")
    rows = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["rows"]
    assert [row["status"] for row in rows] == ["ok", "failed", "ok"]
    assert rows[2]["reference"] == "tiny_none.tflite @ litert"
    assert len(rows[2]["raw"]["predictions"]) == 30
    assert [len(repeat) for repeat in rows[2]["raw"]["invoke_ns"]] == [20, 20]
    assert rows[2]["speedup"]["low"] is not None


def test_reports_of_several_runs_lie_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert main([str(FIXTURES / "tiny_int8.tflite"), *QUICK, "-q"]) == 0

    (folder,) = (tmp_path / "reports").iterdir()
    assert (folder / "report.json").is_file()


@pytest.fixture
def wardrobe(tmp_path: Path) -> Path:
    """Ten drawn garments, each in a folder called like its label; a scarf that the model doesn't know; a torn file."""
    folder = tmp_path / "wardrobe"
    for number in range(10):
        frame = draw_frame(number, height=96, width=128)
        kind = folder / FASHION_MNIST_LABELS[frame.label_index].replace("/", " ")
        kind.mkdir(parents=True)
        cv2.imwrite(str(kind / "drawn.png"), frame.image)
    (folder / "scarves").mkdir()
    cv2.imwrite(str(folder / "scarves" / "drawn.png"), draw_frame(11, height=96, width=128).image)
    (folder / "Bag" / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def test_photographs_give_answers_mistakes_and_an_error_for_those_that_are_damaged(
    wardrobe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    flags = ["--data", str(wardrobe), "--map", "scarves=unknown", "--mistakes", "1", "--out", str(out)]

    code = main(["edge", str(FIXTURES / "tiny_int8.tflite"), *flags, *QUICK, "--repeats", "1", "--max-repeats", "1"])

    printed, errors = capsys.readouterr()
    assert code == 1
    assert re.findall(r"\d+ \w+", printed.splitlines()[0])[:3] == ["10 known", "1 unknown", "11 folders"]
    assert errors.splitlines()[-1].startswith("error: 1 of 12 ")
    assert errors.splitlines()[-1].endswith(": Bag/torn.jpg")
    assert "\nBag/torn.jpg: " in printed
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [row["photographs"]["totals"]["known"]["count"] for row in report["rows"]] == [10, 10]
    assert [len(row["raw"]["predictions"]) for row in report["rows"]] == [10, 10]
    assert report["rows"][0]["photographs"]["totals"]["known"]["top1"]["right"] >= 8  # the built-in model
    assert (out / "mistakes.png").is_file()
    assert (out / "hits.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "scarves=Scarf"], ("scarves=Scarf", "no label Scarf")),
        (["--map", "hats=unknown"], ("hats", "scarves")),
    ],
)
def test_what_is_wrong_with_photographs_is_one_line(
    wardrobe: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: tuple[str, ...]
) -> None:
    assert main(["edge", "--data", str(wardrobe), *arguments, *QUICK]) == 1

    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert all(word in line for word in words)


def test_every_flag_is_a_field() -> None:
    options = vars(parser().parse_args([]))

    limits = {"gate", *Limits.__slots__}
    limits |= {"labels", "pixels", "resize", "interpolation", "recipe", "colour", "input_size"}  # edge.cli.model_flags
    assert options.keys() - {"verbose", "quiet", "quick"} - limits == set(BenchmarkConfig.__slots__)
    assert {name: options[name] or None for name in ("out", "max_images")} == {"out": None, "max_images": None}


def test_flags_of_the_command_line_go_before_quick() -> None:
    flags, arguments = parser(), ["--quick", "--runs", "7"]
    apply_quick(flags, arguments)
    options = flags.parse_args(arguments)

    assert (options.runs, options.repeats, options.max_images) == (7, quick["repeats"], quick["max_images"])


@pytest.mark.parametrize(("arguments", "seconds"), [([], 0), (["--loadgen"], 5), (["--loadgen", "600"], 600)])
def test_loadgen_takes_no_five_or_the_given_seconds(arguments: list[str], seconds: float) -> None:
    assert parser().parse_args(arguments).loadgen_s == seconds


@pytest.mark.parametrize("arguments", [["--seed", "-1"], ["--runs", "0"], ["--runtime", "torch"], ["--timeout", "inf"]])
def test_a_wrong_call_has_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2


def test_a_mistyped_command_names_the_nearest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compar", str(tmp_path), str(tmp_path)])

    assert ended.value.code == 2
    assert "python -m benchmarks compare" in capsys.readouterr().err


@pytest.fixture
def foreign(tmp_path: Path) -> Callable[[str], str]:
    """A tiny model without its specification, as somebody else's."""

    def make(name: str) -> str:
        content = (FIXTURES / name).read_bytes()
        with zipfile.ZipFile(FIXTURES / name) as members:
            (tmp_path / name).write_bytes(content[: min(member.header_offset for member in members.infolist())])
        return str(tmp_path / name)

    return make


@pytest.mark.e2e
def test_files_of_others_are_compared_with_the_float_file_that_is_named(
    foreign: Callable[[str], str], tmp_path: Path
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(FASHION_MNIST_LABELS), encoding="utf-8")
    files = [foreign("tiny_int8.tflite"), "--reference", foreign("tiny_none.tflite"), "--labels", str(labels)]

    assert main([*files, *QUICK, "--pixels", "0-1", "--out", str(tmp_path / "out")]) == 0

    int8, reference = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))["rows"]
    assert (int8["quantization"], reference["quantization"]) == ("int8", "none")
    assert int8["reference"] == reference["reference"] == reference["id"] == "tiny_none.tflite @ litert"
    assert int8["source_sha256"] == reference["sha256"]
    assert int8["against_float"]["images"] == 30
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "carries no specification" in page.partition("<details")[0]


@pytest.mark.parametrize(("name", "code"), [("tiny_int8.tflite", 2), ("no-such-file.tflite", 2)])
def test_a_reference_that_is_no_float_file_is_refused_before_anything_is_measured(
    name: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--reference", str(FIXTURES / name)]) == code

    (line,) = capsys.readouterr().err.splitlines()
    assert name in line
