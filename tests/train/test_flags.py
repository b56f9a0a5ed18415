from dataclasses import replace
from pathlib import Path

import pytest

from train.__main__ import config_from, parser
from train.config import TrainConfig, preset_for


def _config(*arguments: str) -> TrainConfig:
    return config_from(parser().parse_args(arguments))


def test_no_flag_is_the_default_of_every_field() -> None:
    assert _config() == TrainConfig()


def test_flags_set_their_fields_and_nothing_else() -> None:
    config = _config("--preset", "edge", "--no-flip", "--erase", "0", "--teacher", "runs/wide", "--mixup", "0.2")

    expected = {"preset": "edge", "flip": False, "erase": 0.0, "teacher": Path("runs/wide"), "mixup": 0.2}
    assert config == replace(TrainConfig(), **expected)


def test_data_is_a_name_or_a_folder(tmp_path: Path) -> None:
    assert _config("--data", str(tmp_path)).data == str(tmp_path)
    assert _config("--data", "demo").data == "demo"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--erase", "1.5"),
        ("--mixup", "-1"),
        ("--schedule", "steps"),
        ("--mixed-precision", "int8"),
        ("--data", "cifar"),
        ("--distillation-weight", "2"),
        ("--input-size", "0"),
    ],
    ids=" ".join,
)
def test_nonsense_is_refused_with_exit_code_2(arguments: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _config(*arguments)

    assert ended.value.code == 2


def test_the_help_shows_the_presets_and_the_default_ones_epochs() -> None:
    text = parser().format_help()

    assert "{baseline,tiny,edge,micro,transfer,teacher,teacher-lite0}" in text
    assert f"{preset_for(TrainConfig()).epochs} epochs" in text
