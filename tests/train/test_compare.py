import json
from pathlib import Path

import pytest

from train.compare import main, table

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
    runs = [
        _metrics("plain", 0.92),
        _metrics("taught", 0.941, teacher="a/wide.npz", distillation_temperature=4.0, distillation_weight=0.9,
                 flip=False, erase=0.5),
    ]  # fmt: skip

    lines = table(runs)

    assert lines[0].startswith("| run | preset | in place of what it says | parameters | epochs | teacher | validation")
    assert lines[2] == (
        "| taught | edge | flip False, erase 0.5 | 78,426 | 30 | wide.npz (T 4, weight 0.9) | 94.10 | 92.74 | 1 | 13.0 "
        "| CPU (2 cores) |"
    )
    assert lines[3].startswith("| plain | edge |  | 78,426 | 30 |  | 92.00 |")
    assert {line.count("|") for line in lines} == {lines[0].count("|")}


def test_run_directories_and_files_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kept.json").write_text(json.dumps(_metrics("kept", 0.9)))

    assert main([str(FIXTURE), str(tmp_path / "kept.json")]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert any(line.startswith("| tiny | tiny |") for line in lines)  # made before presets were data


@pytest.mark.parametrize("content", [None, "{", "{}"], ids=["absent", "no JSON", "another JSON"])
def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None) -> None:
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)

    assert main([str(tmp_path)]) == 1
    assert "expected a run directory that `python -m train` made" in capsys.readouterr().err
