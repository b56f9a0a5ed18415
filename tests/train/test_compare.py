import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from edge.artifact.file import default_model, read_artifact
from train.compare import Run, main, run_from, seed_ranges, table

SHIPPED = default_model()
NUMBERS = re.compile(r"(?<!-)\b\d+(?:\.\d+)?")  # but for those of run names
FIXTURE = Path(__file__).parents[1] / "fixtures" / "tiny_run"


def _metrics(name: str, validation: float, **choices) -> dict:
    config = {"name": name, "preset": "edge", "seed": 1, "teacher": None, "epochs": None}
    return {
        "config": config | choices,
        "preset": {"epochs": 30},
        "parameters": 78_426,
        "validation_top1_accuracy": validation,
        "test_top1_accuracy": 0.9274,
        "duration_s": 780.0,
        "device": "CPU (2 cores)",
    }


def _run(name: str, validation: float, **choices) -> Run:
    return run_from(_metrics(name, validation, **choices))


def test_the_best_on_validation_comes_first_with_what_made_it() -> None:
    evaluation = {"top1_accuracy": 0.869, "score": "margin", "separations": {"margin": {"unknown_rejected": 0.5}}}
    runs = [
        _metrics("plain", 0.92, split_seed=1),
        _metrics("taught", 0.941, teacher="a/wide.npz", distillation_temperature=4.0, distillation_weight=0.9,
                 flip=False, erase=0.5, initial="runs/first", extra_data=["a/photos.npz", "scenes.npz"],
                 extra_data_share=0.3, split_seed=0)
        | {"ood_evaluation": evaluation},
    ]  # fmt: skip

    lines = table([run_from(metrics) for metrics in runs])

    headings, first = (line.strip("| ").split(" | ") for line in (lines[0], lines[2]))
    cells = dict(zip(headings, first, strict=True))
    assert headings[:5] == ["run", "preset", "overrides", "parameters", "epochs"]
    overrides = {"flip False", "erase 0.5", "extra_data photos and scenes", "extra_data_share 0.3", "begins with first"}
    assert set(cells["overrides"].split(", ")) == overrides | {"split_seed 0"}
    assert (cells["run"], cells["preset"], cells["parameters"], cells["epochs"]) == ("taught", "edge", "78,426", "30")
    assert cells["teacher"] == "wide.npz (T 4, weight 0.9)"
    assert (cells["validation %"], cells["test %"], cells["int8 %"]) == ("94.10", "92.74", "")
    assert (cells["photographs %"], cells["unknown rejected %"]) == ("86.90", "50.00")
    assert (cells["seed"], cells["minutes"], cells["device"]) == ("1", "13.0", "CPU (2 cores)")
    assert lines[3].startswith("| plain | edge |  | 78,426 | 30 |  | 92.00 |")
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_run_directories_and_files_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept.json").write_text(json.dumps(_metrics("kept", 0.9)))

    assert main([str(FIXTURE), str(tmp_path / "kept.json")]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert any(line.startswith("| tiny | tiny |") for line in lines)  # made before presets were data


def test_an_int8_file_stands_beside_the_run_it_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    pretrained = FIXTURE.parents[2] / "pretrained" / "edge"
    parity = read_artifact(SHIPPED).spec.provenance.parity

    assert main([str(pretrained), str(FIXTURE), "--exported", str(SHIPPED)]) == 0

    cells = [line.split(" | ") for line in capsys.readouterr().out.splitlines()]
    int8 = cells[0].index("int8 %")
    found = {row[0].removeprefix("| "): row[int8] for row in cells[2:]}
    assert found == {"edge": f"{100 * parity['top1_accuracy']:.2f}", "tiny": ""}


def test_runs_that_differ_in_their_seed_alone_get_their_range(capsys: pytest.CaptureFixture[str]) -> None:
    stored = [_metrics(f"edge-{seed}", 0.94, seed=seed, erase=0.25) for seed in (2, 0, 1)]
    for metrics, accuracy in zip(stored, (0.9412, 0.9401, 0.942), strict=True):
        metrics["test_top1_accuracy"] = accuracy
    stored[1]["config"] |= {"flag_of_a_later_version": None, "resume": True}
    stored[0]["config"]["resume"] = False
    runs = [run_from(metrics) for metrics in stored]
    another = _run("another", 0.93, seed=0, erase=0.5)
    stored[2]["config"]["flag_of_a_later_version"] = 3

    (sentence,) = seed_ranges([*runs, another])
    assert sentence.startswith("edge-0 ")
    assert NUMBERS.findall(sentence) == ["0", "1", "2", "94.01", "94.20"]
    assert NUMBERS.findall(*seed_ranges([*runs[:2], run_from(stored[2])])) == ["0", "2", "94.01", "94.12"]

    exported = [replace(run, int8_accuracy=run.test_accuracy - 0.001) for run in runs]
    assert seed_ranges(exported)[0].endswith("test 94.01 to 94.20 %, int8 93.91 to 94.10 %.")


def test_runs_that_begin_with_runs_of_other_seeds_get_their_range_too() -> None:
    first = [_run(f"first-{seed}", 0.93, seed=seed) for seed in (0, 1)]
    then = [_run(f"then-{seed}", 0.94, seed=seed, erase=0.0, initial=f"runs/first-{seed}") for seed in (0, 1)]
    from_another = _run("other", 0.94, seed=2, erase=0.0, initial="runs/elsewhere")
    then[1] = replace(then[1], test_accuracy=0.95)

    _, sentence = seed_ranges([*first, *then, from_another])
    assert sentence.startswith("then-0 ")
    assert NUMBERS.findall(sentence) == ["0", "1", "92.74", "95.00"]


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.tflite").write_bytes(b"nothing")

    assert main([str(FIXTURE), "--exported", str(tmp_path / "x.tflite")]) == 1
    error = capsys.readouterr().err
    assert "x.tflite" in error
    assert "TFLite" in error
    assert "ONNX" in error


@pytest.mark.parametrize("content", [None, "{", "{}"], ids=["absent", "no JSON", "another JSON"])
def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)

    assert main([str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "metrics.json" in error
    assert "`python -m train`" in error


def test_a_run_on_one_of_its_own_name_has_an_end() -> None:
    again = [_run("edge", 0.94, seed=0, initial="pretrained/edge"), _run("edge-1", 0.93, seed=1)]

    assert seed_ranges(again) == []
