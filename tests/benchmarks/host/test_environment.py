from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.host.environment import (
    Environment,
    describe_environment,
    environment_lines,
    machine_name,
    merged_environment,
    timer_overhead_ns,
)
from benchmarks.records import from_record, to_record


def _write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_raspberry_pi_is_named_by_its_device_tree(tmp_path: Path) -> None:
    pi = "Raspberry Pi 5 Model B Rev 1.0"
    root = _write(
        tmp_path,
        {
            "proc/device-tree/model": f"{pi}\0",
            "proc/cpuinfo": f"processor\t: 0\nModel\t\t: {pi}\n",
            "proc/meminfo": "MemTotal:        8255744 kB\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
            "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
        },
    )

    found = describe_environment(["python"], seed=3, threads=2, root=root)

    assert (found.kind, found.board) == ("board", pi)
    assert (found.cpu_governor, found.os) == ("ondemand", "Debian GNU/Linux 13 (trixie)")
    assert found.memory_bytes == 8255744 * 1024
    assert machine_name(found).startswith(f"board: {pi}, ")
    assert "7.9 GiB" in machine_name(found)


def test_a_pc_is_a_host_and_a_virtual_one_says_so(tmp_path: Path) -> None:
    root = _write(tmp_path, {"proc/cpuinfo": "model name\t: Some  CPU\nflags\t\t: fpu hypervisor\n"})

    found = describe_environment(["python"], seed=0, threads=1, root=root)

    assert (found.kind, found.board, found.cpu) == ("host", None, "Some CPU")
    assert machine_name(found).startswith("host: Some CPU, ")
    assert machine_name(found).endswith("virtual machine")
    assert found.memory_bytes is None
    assert found.cpu_governor is None
    assert [machine_name(replace(found, cpu_count=count)).split(", ")[1] for count in (1, 2)] == ["1 core", "2 cores"]


def test_an_emulated_pi_is_neither_a_pi_nor_a_host(tmp_path: Path) -> None:
    pi = "Raspberry Pi 4 Model B Rev 1.4"
    root = _write(
        tmp_path,
        {
            "proc/thread-self/cmdline": "/usr/bin/qemu-aarch64-static\0/usr/bin/python3\0",
            "proc/device-tree/model": f"{pi}\0",
            "proc/cpuinfo": f"processor\t: 0\nModel\t\t: {pi}\n",
        },
    )

    found = describe_environment(["python"], seed=0, threads=1, root=root)

    assert (found.kind, found.emulator, found.board, found.cpu) == ("emulated", "qemu-user", None, None)
    assert machine_name(found).startswith("emulated by qemu-user: ")
    assert pi not in str(found)


def test_clock_temperature_and_throttle_flags_of_a_pi_are_listed(tmp_path: Path) -> None:
    root = _write(
        tmp_path,
        {
            "sys/devices/platform/soc/soc:firmware/get_throttled": "50004\n",
            "sys/class/thermal/thermal_zone0/temp": "81500\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "1200000\n",
            "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "1800000\n",
        },
    )

    lines = dict(environment_lines(describe_environment(["python"], seed=0, threads=1, root=root)))

    assert lines["clock"].startswith("1200 MHz")
    assert "1800 MHz" in lines["clock"]
    assert lines["temperature"] == "82 °C before"
    assert lines["throttled"].startswith("now: throttled;")
    assert lines["throttled"].endswith("under-voltage, throttled (0x50004)")


@pytest.mark.parametrize("model", ["", "linux,dummy-virt\0"])
def test_a_virtual_arm_machine_is_no_board(tmp_path: Path, model: str) -> None:
    root = _write(tmp_path, {"proc/device-tree/model": model})

    assert describe_environment(["python"], seed=0, threads=1, root=root).kind == "host"


def test_lines_for_people_leave_out_what_is_not_known(tmp_path: Path) -> None:
    found = describe_environment(["python", "-m", "benchmarks"], seed=7, threads=1, root=tmp_path)

    lines = dict(environment_lines(replace(found, git_commit=None, utc="2026-11-22T10:13:25Z")))

    assert lines["seed"] == "7"
    assert lines["command"] == "python -m benchmarks"
    assert lines["time"] == "2026-11-22 10:13 UTC"
    assert "git commit" not in lines
    assert "numpy" in lines["libraries"]
    assert "numpy cp" in lines["wheels"]


def test_a_reading_of_the_clock_takes_less_than_a_millisecond() -> None:
    assert 0 <= timer_overhead_ns() < 1_000_000


def test_facts_in_which_merged_machines_differ_are_unknown() -> None:
    first = Environment(kind="board", board="Pi", cpu_count=4, threads=1, utc="2026-11-22T10:00:00Z")
    second = replace(first, board="Pi 2", utc="2026-11-23T10:00:00Z")

    merged = merged_environment([first, second], ["one", "two"])

    assert (merged.kind, merged.board, merged.cpu_count, merged.utc) == ("board", None, 4, second.utc)
    assert [machine.name for machine in merged.machines or ()] == ["one", "two"]
    assert merged_environment([first, replace(second, kind="host")], ["one", "two"]).kind == "several"
    assert from_record(Environment, to_record(merged)) == merged
