"""States of the machine that rule out what was timed, and emulated processors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.host.machine_state import (
    MachineState,
    StatePair,
    emulator,
    first_invalid_reason,
    invalid_reason,
    read_state,
)


def _state(bits: int | None = 0, governor: str | None = "ondemand", temperature_c: float | None = 61.2) -> MachineState:
    return MachineState(throttle_bits=bits, governor=governor, temperature_c=temperature_c)


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

    assert (found.load_average_1min or 0) >= 0
    assert replace(found, load_average_1min=None) == MachineState(
        temperature_c=61.234, throttle_bits=0x50000, governor="ondemand", clock_mhz=1800
    )


def test_unknown_readings_are_none(tmp_path: Path) -> None:
    found = read_state(tmp_path)

    assert (found.temperature_c, found.governor, found.clock_mhz) == (None, None, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_state(), _state()),
        (_state(None, None, None), _state(None, None, None)),
        (_state(0x50000), _state(0x50000)),  # long ago
    ],
)
def test_equal_states_keep_a_row_valid(before: MachineState, after: MachineState) -> None:
    assert invalid_reason(before, after) == ""


@pytest.mark.parametrize(
    ("before", "after", "flags"),
    [
        (_state(0x4), _state(0x0), "throttled"),
        (_state(0x0), _state(0x50005), "under-voltage, throttled"),
        (_state(0x10000), _state(0x90000), "soft temperature limit"),  # came and went in between
    ],
)
def test_a_board_that_was_slowed_down_rules_a_row_out(before: MachineState, after: MachineState, flags: str) -> None:
    reason = invalid_reason(before, after)
    assert f"61 °C ({flags})" in reason
    assert "stronger supply" in reason


def test_another_governor_rules_a_row_out() -> None:
    assert "from ondemand to powersave" in invalid_reason(_state(), _state(governor="powersave"))


def test_one_throttled_repeat_rules_a_row_out() -> None:
    assert "throttled" in first_invalid_reason([StatePair(_state(), _state()), StatePair(_state(), _state(0x40004))])
    assert first_invalid_reason([StatePair(_state(), _state())]) == ""


def _proc(root: Path, *, command: str = "python3\0-m\0benchmarks\0", cpuinfo: str = "") -> Path:
    (root / "proc/thread-self").mkdir(parents=True)
    (root / "proc/thread-self/cmdline").write_text(command, encoding="utf-8")
    (root / "proc/cpuinfo").write_text(cpuinfo, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "command",
    [
        "/usr/libexec/qemu-binfmt/aarch64-binfmt-P\0/usr/bin/python3\0python3\0x.py\0",  # as Debian registers it
        "/usr/bin/qemu-aarch64-static\0/usr/bin/python3\0x.py\0",
    ],
)
def test_qemu_is_recognised_by_its_command_line(tmp_path: Path, command: str) -> None:
    assert emulator(_proc(tmp_path, command=command), machine="aarch64") == "qemu-user"


def test_an_arm_program_on_an_x86_processor_is_emulated(tmp_path: Path) -> None:
    root = _proc(tmp_path, cpuinfo="processor\t: 0\nvendor_id\t: AuthenticAMD\n")

    assert "x86" in str(emulator(root, machine="aarch64"))
    assert emulator(root, machine="x86_64") is None


def test_a_real_pi_is_not_emulated(tmp_path: Path) -> None:
    cpuinfo = "processor\t: 0\nCPU implementer\t: 0x41\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"

    assert emulator(_proc(tmp_path, cpuinfo=cpuinfo), machine="aarch64") is None


def test_a_system_without_proc_is_not_emulated(tmp_path: Path) -> None:
    assert emulator(tmp_path, machine="arm64") is None
