import sys
from pathlib import Path

import pytest

from edge.system.throttling import decode, temperature_c, throttle_bits, throttle_history, throttle_words

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


def test_else_from_the_firmwares_own_command(tmp_path: Path) -> None:
    assert throttle_bits(tmp_path, command=(sys.executable, "-c", "print('throttled=0x50000')")) == 0x50000


@pytest.mark.parametrize(
    "command", [ABSENT, (sys.executable, "-c", "raise SystemExit(1)"), (sys.executable, "-c", "print('what?')")]
)
def test_no_firmware_no_flags(tmp_path: Path, command: tuple[str, ...]) -> None:
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
def test_bits_in_words(bits: int, now: tuple[str, ...], before: tuple[str, ...]) -> None:
    assert throttle_words(bits) == now
    assert throttle_history(bits) == before


def test_the_flags_are_read_from_the_firmwares_text() -> None:
    assert decode("throttled=0x50005") == 0x50005
    assert decode("error") is None
