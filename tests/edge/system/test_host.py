"""Facts of a made-up /sys and /proc, and of this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from edge.system.host import (
    parse_throttle_bits,
    process_memory_bytes,
    temperature_c,
    throttle_bits,
    throttle_history,
    throttle_words,
)

ABSENT = ("no-such-command-here",)


def _write(root: Path, name: str, text: str) -> Path:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_pc_may_have_no_thermometer(tmp_path: Path) -> None:
    assert temperature_c(tmp_path) is None


def test_the_hottest_zone_counts(tmp_path: Path) -> None:
    _write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    _write(tmp_path, "sys/class/thermal/thermal_zone1/temp", "51000\n")
    _write(tmp_path, "sys/class/thermal/thermal_zone2/temp", "\n")  # a zone that is switched off

    assert temperature_c(tmp_path) == 51.0


def test_the_flags_come_from_the_kernels_file(tmp_path: Path) -> None:
    _write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n")

    assert throttle_bits(tmp_path, command=ABSENT) == 0x50005


def test_without_the_kernels_file_the_flags_come_from_the_firmwares_command(tmp_path: Path) -> None:
    assert throttle_bits(tmp_path, command=(sys.executable, "-c", "print('throttled=0x50000')")) == 0x50000


@pytest.mark.parametrize(
    "command", [ABSENT, (sys.executable, "-c", "raise SystemExit(1)"), (sys.executable, "-c", "print('what?')")]
)
def test_without_firmware_there_are_no_flags(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert throttle_bits(tmp_path, command=command) is None


@pytest.mark.parametrize(
    ("bits", "now", "before"),
    [
        (0x0, (), ()),
        (0x5, ("under-voltage", "throttled"), ()),
        (0x50000, (), ("under-voltage", "throttled")),
        (0xA000A, ("clock capped", "soft temperature limit"), ("clock capped", "soft temperature limit")),
    ],
)
def test_throttle_bits_have_names_now_and_since_boot(bits: int, now: tuple[str, ...], before: tuple[str, ...]) -> None:
    assert throttle_words(bits) == now
    assert throttle_history(bits) == before


def test_the_flags_are_read_from_the_firmwares_text() -> None:
    assert parse_throttle_bits("throttled=0x50005") == 0x50005
    assert parse_throttle_bits("error") is None


def test_resident_memory_is_read_in_bytes_now_and_at_its_peak(tmp_path: Path) -> None:
    _write(tmp_path, "proc/self/status", "Name:\tx\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n")
    _write(tmp_path, "proc/77/status", "VmRSS:\t3 kB\n")
    assert process_memory_bytes(root=tmp_path) == 1024 * 1024
    assert process_memory_bytes("VmHWM", root=tmp_path) == 2048 * 1024
    assert process_memory_bytes(process=77, root=tmp_path) == 3 * 1024


def test_without_proc_the_peak_of_this_process_is_known_and_of_another_nothing(tmp_path: Path) -> None:
    assert process_memory_bytes(root=tmp_path) > 2**20
    with pytest.raises(OSError, match="status"):
        process_memory_bytes(process=os.getpid(), root=tmp_path)
