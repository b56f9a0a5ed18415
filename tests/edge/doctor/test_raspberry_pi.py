"""Bits of the firmware and degrees of made-up boards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.doctor import raspberry_pi
from edge.doctor.host_probe import Patient, Ran

MakePatient = Callable[..., Patient]
BOARD = "proc/device-tree/model"


@pytest.mark.parametrize(
    ("model", "bits", "status", "text"),
    [
        ("Raspberry Pi 3 Model B Plus Rev 1.3", "0x0", "ok", "no under-voltage and no throttling since the start"),
        ("Raspberry Pi 4 Model B Rev 1.5", "0x50005", "failure",
         "now: under-voltage, throttled; since the start: under-voltage, throttled"),
        ("Raspberry Pi 5 Model B Rev 1.0", "0x80008", "warning",
         "now: soft temperature limit; since the start: soft temperature limit"),
        ("Raspberry Pi 4 Model B Rev 1.1", "0x10000", "warning", "since the start: under-voltage"),
        ("Raspberry Pi Zero 2 W Rev 1.0", "0xe0000", "warning",
         "since the start: clock capped, throttled, soft temperature limit"),
    ],
)  # fmt: skip
def test_throttling(make_patient: MakePatient, model: str, bits: str, status: str, text: str) -> None:
    patient = make_patient({BOARD: model + "\0"}, ran={"vcgencmd get_throttled": Ran(0, f"throttled={bits}\n")})
    (found,) = raspberry_pi.check_throttling(patient)
    assert (found.status, found.text) == (status, text)
    remedy = "use the power supply" if "under-voltage" in text else "give it air"
    assert found.fix.startswith(remedy if status != "ok" else "")
    assert bool(found.fix) is (status != "ok")


@pytest.mark.parametrize("ran", [{}, {"vcgencmd": Ran(255, "", "VCHI initialization failed")}])
def test_firmware_that_does_not_answer(make_patient: MakePatient, ran: dict[str, Ran]) -> None:
    (found,) = raspberry_pi.check_throttling(make_patient({BOARD: "Raspberry Pi 4\0"}, ran=ran))
    assert (found.status, found.text) == ("warning", "vcgencmd doesn't say")
    assert "video group" in found.fix


@pytest.mark.parametrize("files", [{}, {BOARD: "Radxa ROCK 5B\0"}])
def test_other_machines_are_not_asked(make_patient: MakePatient, files: dict[str, str]) -> None:
    assert raspberry_pi.check_throttling(make_patient(files, ran={"vcgencmd": Ran(0, "throttled=0x5")})) == []


def test_decode() -> None:
    assert raspberry_pi.decode("throttled=0x50005") == 0x50005
    assert raspberry_pi.decode("error") is None


@pytest.mark.parametrize(
    ("degrees", "status"),
    [(["48312"], "ok"), (["48312", "76100"], "warning"), (["85000"], "failure"), (["-5000"], "ok")],
)
def test_the_warmest_zone_counts(make_patient: MakePatient, degrees: list[str], status: str) -> None:
    files = {f"sys/class/thermal/thermal_zone{number}/temp": f"{text}\n" for number, text in enumerate(degrees)}
    (found,) = raspberry_pi.check_temperature(make_patient(files))
    assert (found.status, found.text) == (status, f"{int(degrees[-1]) / 1000:.0f} °C")


def test_no_thermometer_no_finding(make_patient: MakePatient) -> None:
    assert raspberry_pi.check_temperature(make_patient()) == []
