"""Python, architecture, disk, memory and clock of made-up machines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.doctor import system
from edge.doctor.host_probe import Patient, Ran

MakePatient = Callable[..., Patient]
PI_5 = {"proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0", "etc/os-release": 'PRETTY_NAME="Debian 13"\n'}


@pytest.mark.parametrize(
    ("version", "status"),
    [((3, 9, 2), "failure"), ((3, 10, 0), "ok"), ((3, 13, 5), "ok"), ((3, 14, 0), "warning")],
)
def test_python(make_patient: MakePatient, version: tuple[int, int, int], status: str) -> None:
    found = system.check_python(make_patient(python=version))
    assert (found.status, found.text) == (status, ".".join(map(str, version)))
    assert ("3.10 to 3.13" in found.fix) is (status != "ok")


def test_a_64_bit_pi(make_patient: MakePatient) -> None:
    found = system.check_architecture(make_patient(PI_5, architecture="aarch64", is_64bit=True))
    assert (found.status, found.fix) == ("ok", "")
    assert found.text == "Raspberry Pi 5 Model B Rev 1.0, aarch64, 64-bit, Debian 13"


@pytest.mark.parametrize("kernel", ["armv7l", "aarch64"])
def test_a_32_bit_system_under_any_kernel_has_no_wheels(make_patient: MakePatient, kernel: str) -> None:
    found = system.check_architecture(make_patient(PI_5, architecture=kernel, is_64bit=False))
    assert found.status == "failure"
    assert found.text.endswith(f"{kernel}, Debian 13: this Python is 32-bit")
    assert "64-bit system" in found.fix
    assert "LiteRT and onnxruntime have no wheels" in found.fix


def test_another_architecture_is_a_warning(make_patient: MakePatient) -> None:
    found = system.check_architecture(make_patient(architecture="riscv64", is_64bit=True))
    assert found.status == "warning"
    assert "x86_64 and aarch64" in found.fix


@pytest.mark.parametrize(("free", "status"), [(31_800_000_000, "ok"), (499_000_000, "warning"), (9_000_000, "failure")])
def test_disk(make_patient: MakePatient, free: int, status: str) -> None:
    found = system.check_disk(make_patient(free=lambda folder: free), Path())
    assert (found.status, found.text) == (status, f"{free / 1e9:.1f} GB free")


@pytest.mark.parametrize(("available_kb", "status"), [(400_000, "ok"), (100_000, "warning")])
def test_memory(make_patient: MakePatient, available_kb: int, status: str) -> None:
    (found,) = system.check_memory(make_patient({"proc/meminfo": f"MemAvailable: {available_kb} kB\n"}))
    assert found.status == status
    assert found.text == f"{available_kb * 1024 / 1e6:.0f} MB available"


def test_what_does_not_say_is_not_guessed(make_patient: MakePatient) -> None:
    assert system.check_memory(make_patient()) == []
    assert system.check_clock(make_patient()) == []
    assert system.check_clock(make_patient(ran={"timedatectl": Ran(1, "no")})) == []


@pytest.mark.parametrize(("answer", "status"), [("yes", "ok"), ("no", "warning")])
def test_clock(make_patient: MakePatient, answer: str, status: str) -> None:
    (found,) = system.check_clock(make_patient(ran={"timedatectl": Ran(0, f"{answer}\n")}))
    assert found.status == status


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
    make_patient: MakePatient, cpuinfo: str, kind: str
) -> None:
    found = system.check_architecture(make_patient({"proc/cpuinfo": cpuinfo}, architecture="x86_64", is_64bit=True))
    assert kind in found.text
