from pathlib import Path

import pytest

from benchmarks.host.emulation import emulator


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
def test_qemu_stands_in_front_of_the_command(tmp_path: Path, command: str) -> None:
    assert emulator(_proc(tmp_path, command=command), machine="aarch64") == "qemu-user"


def test_an_arm_program_on_an_x86_processor_is_emulated(tmp_path: Path) -> None:
    root = _proc(tmp_path, cpuinfo="processor\t: 0\nvendor_id\t: AuthenticAMD\n")

    assert emulator(root, machine="aarch64") == "an emulator on an x86 processor"
    assert emulator(root, machine="x86_64") is None


def test_a_real_pi_is_not(tmp_path: Path) -> None:
    cpuinfo = "processor\t: 0\nCPU implementer\t: 0x41\nModel\t\t: Raspberry Pi 5 Model B Rev 1.0\n"

    assert emulator(_proc(tmp_path, cpuinfo=cpuinfo), machine="aarch64") is None


def test_a_system_without_proc_is_taken_at_its_word(tmp_path: Path) -> None:
    assert emulator(tmp_path, machine="arm64") is None
