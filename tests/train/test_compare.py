import json
from pathlib import Path

import pytest

from edge.artifact.file import default_model, read_artifact
from train.compare import main, seed_ranges, table

SHIPPED = default_model()
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


def test_the_best_on_validation_comes_first_with_what_made_it() -> None:
    judgement = {"top1_accuracy": 0.869, "score": "margin", "separations": {"margin": {"unknown_rejected": 0.5}}}
    runs = [
        _metrics("plain", 0.92),
        _metrics("taught", 0.941, teacher="a/wide.npz", distillation_temperature=4.0, distillation_weight=0.9,
                 flip=False, erase=0.5, initial="runs/first", extra_data=["a/photos.npz", "scenes.npz"],
                 extra_data_share=0.3)
        | {"judgement": judgement},
    ]  # fmt: skip

    lines = table(runs)

    assert lines[0].startswith("| run | preset | in place of what it says | parameters | epochs | teacher | validation")
    assert lines[2] == (
        "| taught | edge | flip False, erase 0.5, extra_data photos and scenes, extra_data_share 0.3, "
        "begins with first "
        "| 78,426 | 30 | wide.npz (T 4, weight 0.9) | 94.10 | 92.74 |  |  | 86.90 | 50.00 | 1 "
        "| 13.0 | CPU (2 cores) |"
    )
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
    runs = [_metrics(f"edge-{seed}", 0.94, seed=seed, erase=0.25) for seed in (2, 0, 1)]
    for run, accuracy in zip(runs, (0.9412, 0.9401, 0.942), strict=True):
        run["test_top1_accuracy"] = accuracy
    runs[1]["config"] |= {"flag_of_a_later_version": None, "resume": True}
    runs[0]["config"]["resume"] = False
    another = _metrics("another", 0.93, seed=0, erase=0.5)

    assert seed_ranges([*runs, another]) == ["edge-0 with the seeds 0, 1, 2: test 94.01 to 94.20 %."]

    for run in runs:
        run["parity"] = {"top1_accuracy": run["test_top1_accuracy"] - 0.001}
    assert seed_ranges(runs)[0].endswith("test 94.01 to 94.20 %, int8 93.91 to 94.10 %.")


def test_so_do_runs_that_begin_with_such() -> None:
    first = [_metrics(f"first-{seed}", 0.93, seed=seed) for seed in (0, 1)]
    then = [_metrics(f"then-{seed}", 0.94, seed=seed, erase=0.0, initial=f"runs/first-{seed}") for seed in (0, 1)]
    from_another = _metrics("other", 0.94, seed=2, erase=0.0, initial="runs/elsewhere")
    then[1]["test_top1_accuracy"] = 0.95

    assert seed_ranges([*first, *then, from_another])[1:] == ["then-0 with the seeds 0, 1: test 92.74 to 95.00 %."]


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.tflite").write_bytes(b"nothing")

    assert main([str(FIXTURE), "--exported", str(tmp_path / "x.tflite")]) == 1
    assert "neither a TFLite nor an ONNX model" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{", "{}"], ids=["absent", "no JSON", "another JSON"])
def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)

    assert main([str(tmp_path)]) == 1
    assert "expected a run directory that `python -m train` made" in capsys.readouterr().err


def test_a_run_on_one_of_its_own_name_has_an_end() -> None:
    again = [_metrics("edge", 0.94, seed=0, initial="pretrained/edge"), _metrics("edge-1", 0.93, seed=1)]

    assert seed_ranges(again) == []
