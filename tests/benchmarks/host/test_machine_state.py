from pathlib import Path
from typing import Any

import pytest

from benchmarks.host.machine_state import first_invalid_reason, invalid_reason, read_state


def _state(
    bits: int | None = 0, governor: str | None = "ondemand", temperature_c: float | None = 61.2
) -> dict[str, Any]:
    return {"throttle_bits": bits, "governor": governor, "temperature_c": temperature_c}


def test_a_pi_is_read_from_its_files(tmp_path: Path) -> None:
    for name, text in {
        "sys/class/thermal/thermal_zone0/temp": "61234\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1800000\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")

    found = read_state(tmp_path)

    assert found.pop("load_average_1min") >= 0
    assert found == {"temperature_c": 61.234, "throttle_bits": 0x50000, "governor": "ondemand", "clock_mhz": 1800}


def test_what_a_machine_does_not_tell_is_none(tmp_path: Path) -> None:
    found = read_state(tmp_path)

    assert (found["temperature_c"], found["governor"], found["clock_mhz"]) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_state(), _state()),
        (_state(None, None, None), _state(None, None, None)),
        (_state(0x50000), _state(0x50000)),  # long ago
    ],
)
def test_nothing_happened(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert invalid_reason(before, after) == ""


@pytest.mark.parametrize(
    ("before", "after", "flags"),
    [
        (_state(0x4), _state(0x0), "throttled"),
        (_state(0x0), _state(0x50005), "under-voltage, throttled"),
        (_state(0x10000), _state(0x90000), "soft temperature limit"),  # came and went in between
    ],
)
def test_a_board_that_was_slowed_down_rules_a_row_out(
    before: dict[str, Any], after: dict[str, Any], flags: str
) -> None:
    assert invalid_reason(before, after) == (
        f"the board was slowed down at 61 °C ({flags}): cool it, or use a stronger supply"
    )


def test_so_does_another_governor() -> None:
    assert "from ondemand to powersave" in invalid_reason(_state(), _state(governor="powersave"))


def test_one_bad_repeat_is_enough() -> None:
    assert "throttled" in first_invalid_reason([(_state(), _state()), (_state(), _state(0x40004))])
    assert first_invalid_reason([(_state(), _state())]) == ""
