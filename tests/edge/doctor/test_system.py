"""Python, architecture, disk, memory, temperature, power and clock of made-up machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.doctor import system
from edge.doctor.host_probe import CommandResult, HostProbe

MakeProbe = Callable[..., HostProbe]
BOARD = "proc/device-tree/model"
PI_5 = {"proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0", "etc/os-release": 'PRETTY_NAME="Debian 13"\n'}


@pytest.mark.parametrize(
    ("version", "status"),
    [((3, 9, 2), "failure"), ((3, 10, 0), "ok"), ((3, 14, 5), "ok"), ((3, 15, 0), "warning")],
)
def test_pythons_without_wheels_fail_and_newer_ones_warn(
    make_probe: MakeProbe, version: tuple[int, int, int], status: str
) -> None:
    finding = system.check_python(make_probe(python=version))
    assert (finding.status, finding.text) == (status, ".".join(map(str, version)))
    assert ("3.10 to 3.14" in finding.fix) is (status != "ok")


def test_a_64_bit_pi_is_ok_with_its_board_and_system(make_probe: MakeProbe) -> None:
    finding = system.check_architecture(make_probe(PI_5, architecture="aarch64", is_64bit=True))
    assert (finding.status, finding.fix) == ("ok", "")
    assert finding.text.startswith("Raspberry Pi 5 ")
    assert finding.text.split(", ")[1:] == ["aarch64", "64-bit", "Debian 13"]


@pytest.mark.parametrize("kernel", ["armv7l", "aarch64"])
def test_a_32_bit_system_under_any_kernel_has_no_wheels(make_probe: MakeProbe, kernel: str) -> None:
    finding = system.check_architecture(make_probe(PI_5, architecture=kernel, is_64bit=False))
    assert finding.status == "failure"
    assert all(fact in finding.text for fact in (kernel, "Debian 13", "32-bit"))
    assert all(fact in finding.fix for fact in ("64-bit system", "LiteRT", "onnxruntime"))


def test_another_architecture_is_a_warning(make_probe: MakeProbe) -> None:
    finding = system.check_architecture(make_probe(architecture="riscv64", is_64bit=True))
    assert finding.status == "warning"
    assert "x86_64 and aarch64" in finding.fix


@pytest.mark.parametrize(("free", "status"), [(31_800_000_000, "ok"), (499_000_000, "warning"), (9_000_000, "failure")])
def test_a_disk_that_is_nearly_full_warns_and_a_full_one_fails(make_probe: MakeProbe, free: int, status: str) -> None:
    finding = system.check_disk(make_probe(free=lambda folder: free), Path())
    assert (finding.status, finding.text) == (status, f"{free / 1e9:.1f} GB free")


@pytest.mark.parametrize(("available_kb", "status"), [(400_000, "ok"), (100_000, "warning")])
def test_little_memory_is_a_warning(make_probe: MakeProbe, available_kb: int, status: str) -> None:
    (finding,) = system.check_memory(make_probe({"proc/meminfo": f"MemAvailable: {available_kb} kB\n"}))
    assert finding.status == status
    assert finding.text == f"{available_kb * 1024 / 1e6:.0f} MB available"


def test_values_that_the_system_does_not_report_give_no_finding(make_probe: MakeProbe) -> None:
    assert system.check_memory(make_probe()) == []
    assert system.check_clock(make_probe()) == []
    assert system.check_clock(make_probe(ran={"timedatectl": CommandResult(1, "no")})) == []


@pytest.mark.parametrize(("answer", "status"), [("yes", "ok"), ("no", "warning")])
def test_a_clock_that_is_not_synchronised_is_a_warning(make_probe: MakeProbe, answer: str, status: str) -> None:
    (finding,) = system.check_clock(make_probe(ran={"timedatectl": CommandResult(0, f"{answer}\n")}))
    assert finding.status == status


@pytest.mark.parametrize(
    ("cpuinfo", "kind"),
    [
        ("flags\t\t: fpu avx2 avx512bw avx512_vnni amx_int8\n", " with AMX and AVX-512 VNNI,"),
        ("flags\t\t: fpu avx2 avx512bw avx512_vnni\n", " with AVX-512 VNNI,"),
        ("flags\t\t: fpu avx2 avx_vnni\n", " with AVX-VNNI,"),
        ("flags\t\t: fpu avx2 avx512bw\n", " with AVX-512 without VNNI,"),
        ("flags\t\t: fpu ssse3 avx2\n", " with AVX2 without VNNI,"),
        ("Features\t: fp asimd aes crc32\n", " with NEON without dot product,"),
        ("Features\t: fp asimd crc32 asimddp\n", " with NEON dot product,"),
        ("flags\t\t: fpu sse4_2\n", "x86_64, 64-bit"),
        ("", "x86_64, 64-bit"),
    ],
)
def test_the_kind_of_processor_is_named_by_its_products_of_bytes(
    make_probe: MakeProbe, cpuinfo: str, kind: str
) -> None:
    finding = system.check_architecture(make_probe({"proc/cpuinfo": cpuinfo}, architecture="x86_64", is_64bit=True))
    assert kind in finding.text


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
def test_under_voltage_fails_and_throttling_warns(
    make_probe: MakeProbe, model: str, bits: str, status: str, text: str
) -> None:
    probe = make_probe({BOARD: model + "\0"}, ran={"vcgencmd get_throttled": CommandResult(0, f"throttled={bits}\n")})
    (finding,) = system.check_throttling(probe)
    assert (finding.status, finding.text) == (status, text)
    remedy = "use the power supply" if "under-voltage" in text else "give it air"
    assert finding.fix.startswith(remedy if status != "ok" else "")
    assert bool(finding.fix) is (status != "ok")


@pytest.mark.parametrize("ran", [{}, {"vcgencmd": CommandResult(255, "", "VCHI initialization failed")}])
def test_firmware_that_does_not_answer(make_probe: MakeProbe, ran: dict[str, CommandResult]) -> None:
    (finding,) = system.check_throttling(make_probe({BOARD: "Raspberry Pi 4\0"}, ran=ran))
    assert (finding.status, finding.text) == ("warning", "vcgencmd doesn't say")
    assert "video group" in finding.fix


@pytest.mark.parametrize("files", [{}, {BOARD: "Radxa ROCK 5B\0"}])
def test_other_machines_have_no_throttling_flags(make_probe: MakeProbe, files: dict[str, str]) -> None:
    assert system.check_throttling(make_probe(files, ran={"vcgencmd": CommandResult(0, "throttled=0x5")})) == []


@pytest.mark.parametrize(
    ("degrees", "status"),
    [(["48312"], "ok"), (["48312", "76100"], "warning"), (["85000"], "failure"), (["-5000"], "ok")],
)
def test_the_warmest_zone_counts(make_probe: MakeProbe, degrees: list[str], status: str) -> None:
    files = {f"sys/class/thermal/thermal_zone{number}/temp": f"{text}\n" for number, text in enumerate(degrees)}
    (finding,) = system.check_temperature(make_probe(files))
    assert (finding.status, finding.text) == (status, f"{int(degrees[-1]) / 1000:.0f} °C")


def test_no_thermometer_no_finding(make_probe: MakeProbe) -> None:
    assert system.check_temperature(make_probe()) == []
