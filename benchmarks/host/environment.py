"""Facts about the machine and the software, without which a number means nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.host.machine_state import emulator, read_state
from edge import __version__
from edge.system import host
from edge.system.host import throttle_history, throttle_words

_LIBRARIES = (
    "numpy", "opencv-python-headless", "opencv-python", "av", "ai-edge-litert", "tflite-runtime", "onnxruntime",
)  # fmt: skip


def library_versions() -> dict[str, str]:
    """Package -> version, of the installed ones that matter for a time."""
    return {name: found for name in _LIBRARIES if (found := _version(name))}


def wheel_tags() -> dict[str, str]:
    """Package -> what its wheel was built for, such as cp311-cp311-manylinux_2_27_x86_64, where that is recorded."""
    return {name: found for name in _LIBRARIES if (found := _wheel_tag(name))}


def git_commit() -> str | None:
    """The commit of this source tree, "+changes" where files differ from it; None outside a repository."""
    folder = str(Path(__file__).parents[1])
    commit = _git("-C", folder, "rev-parse", "HEAD")
    return commit and commit + ("+changes" if _git("-C", folder, "status", "--porcelain") else "")


def _version(package: str) -> str | None:
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return None


def _wheel_tag(package: str) -> str | None:
    try:
        text = distribution(package).read_text("WHEEL") or ""
    except PackageNotFoundError:
        return None
    tags = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("Tag:")]
    return ", ".join(tags) or None


def _git(*arguments: str) -> str | None:
    try:
        command = ["git", *arguments]  # the user's own, wherever it is
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


_HIGHEST_CLOCK = "sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"
_CLOCK_READINGS = 1001
_TIME = "%Y-%m-%dT%H:%M:%SZ"  # ISO 8601


def describe_environment(
    command: Sequence[str], *, seed: int | None, threads: int, root: Path = Path("/")
) -> dict[str, Any]:
    """Describe this machine, its software and this run.

    Args:
        command: the command line, word by word.
        seed: of the run; None where nothing is random.
        threads: of the run.
        root: where /proc and /sys are; tests put a folder here.

    Returns:
        A JSON object; what can't be found out is None. `board` is a single-board computer's model, such as a
        Raspberry Pi's, and None on anything else, which `kind` then calls a host, or emulated where the processor
        isn't a real one: whatever that one says it is, it is neither a board nor that processor.
    """
    emulated_by = emulator(root)
    board = None if emulated_by else host.board(root)
    state = read_state(root)
    return {
        "kind": "emulated" if emulated_by else "board" if board else "host",
        "emulator": emulated_by,
        "board": board,
        "cpu": None if emulated_by else host.cpu_model(root),
        "int8_instructions": None if emulated_by else host.int8_instructions(root) or None,
        "cpu_count": os.cpu_count(),
        "is_virtual_machine": host.is_virtual(root),
        "cpu_governor": state.governor,
        "clock_mhz": state.clock_mhz,
        "highest_clock_mhz": _megahertz(host.read(root / _HIGHEST_CLOCK)),
        "temperature_c": state.temperature_c,
        "throttle_bits": state.throttle_bits,
        "memory_bytes": host.memory_bytes(root),
        "load_average_1min": state.load_average_1min,
        "os": host.os_name(root),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "is_64bit": platform.architecture()[0] == "64bit",
        "python": platform.python_version(),
        "edge_classify": __version__,
        "libraries": library_versions(),
        "wheel_tags": wheel_tags(),
        "git_commit": git_commit(),
        "timer_overhead_ns": timer_overhead_ns(),
        "command": " ".join(command),
        "seed": seed,
        "threads": threads,
        "utc": f"{datetime.now(timezone.utc):{_TIME}}",
    }


def machine_name(environment: dict[str, Any]) -> str:
    """Name the machine in one line; anything that isn't a board says that it is a host, or emulated."""
    if environment.get("machines"):
        return "; ".join(map(machine_name, environment["machines"]))
    memory = environment["memory_bytes"]
    parts = [
        environment["board"] or environment["cpu"] or environment["architecture"],
        environment.get("int8_instructions") or "",  # older reports don't say
        f"{environment['cpu_count']} cores",
        f"{memory / 2**30:.1f} GiB" if memory else "",
        "virtual machine" if environment["is_virtual_machine"] else "",
    ]
    kind = environment["kind"] + (f" by {environment['emulator']}" if environment.get("emulator") else "")
    return f"{kind}: {', '.join(part for part in parts if part)}"


def short_name(environment: dict[str, Any]) -> str:
    """Name the machine in a few words, for a row among those of others: Raspberry Pi 5 Model B, host x86_64."""
    if environment["kind"] == "board":
        return str(environment["board"]).partition(" Rev ")[0]
    return f"{environment['kind']} {environment['architecture']}"


def merged_environment(environments: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """Return the environment of a report on several machines: `machines` holds each; of one machine, its own.

    Args:
        environments: from `describe_environment`, at least one.
        names: what the rows call each of them.
    """
    if len(environments) == 1:
        return environments[0]
    latest = max(environments, key=lambda found: str(found["utc"]))
    same = {key: value for key, value in latest.items() if all(found.get(key) == value for found in environments)}
    return {**dict.fromkeys(latest), **same, "kind": _common_kind(environments), "utc": latest["utc"],
            "machines": [{"name": name, **found} for name, found in zip(names, environments, strict=True)]}  # fmt: skip


def shown_time(environment: dict[str, Any]) -> str:
    """The time of the run for people, to the minute, UTC."""
    return f"{datetime.strptime(environment['utc'], _TIME):%Y-%m-%d %H:%M} UTC"


def environment_lines(environment: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what people read of the environment: (name, text), what isn't known left out."""
    if environment.get("machines"):
        return [line for machine in environment["machines"] for line in environment_lines(machine)]
    libraries = ", ".join(f"{name} {found}" for name, found in environment["libraries"].items())
    bits = "64-bit" if environment["is_64bit"] else "32-bit"
    lines = {
        "machine": (f"{environment['name']} = " if "name" in environment else "") + machine_name(environment),
        "system": f"{environment['os']}, kernel {environment['kernel']}, {environment['architecture']}, {bits}",
        "CPU governor": environment["cpu_governor"],
        "clock": _clock_line(environment),
        "temperature": _temperature_line(environment),
        "throttled": _throttle_line(environment["throttle_bits"]),
        "load average before": f"{environment['load_average_1min']} (1 minute)",
        "Python": environment["python"],
        "libraries": f"edge-classify {environment['edge_classify']}, {libraries}",
        "wheels": ", ".join(f"{name} {tag}" for name, tag in environment["wheel_tags"].items()) or None,
        "threads": environment["threads"],
        "seed": environment["seed"],
        "timer overhead": f"{environment['timer_overhead_ns']} ns, not subtracted",
        "git commit": environment["git_commit"],
        "command": environment["command"],
        "time": shown_time(environment),
    }
    return [(name, str(text)) for name, text in lines.items() if text is not None]


def busy_sentence(environment: dict[str, Any]) -> str:
    """Say that something else was running before the measurement; empty where nothing was."""
    if environment.get("machines"):
        return " ".join(filter(None, map(busy_sentence, environment["machines"])))
    if environment["load_average_1min"] <= 0.5 * (environment["cpu_count"] or 1):
        return ""
    return (
        f"The machine was busy before the measurement: load average {environment['load_average_1min']} "
        f"on {environment['cpu_count']} cores."
    )


def timer_overhead_ns() -> int:
    """Nanoseconds that two readings of the clock lie apart with nothing between them: the median of 1,001."""
    gaps = []
    for _ in range(_CLOCK_READINGS):
        started = time.perf_counter_ns()
        gaps.append(time.perf_counter_ns() - started)
    return round(median(gaps))


def _common_kind(environments: Sequence[dict[str, Any]]) -> str:
    kinds = {environment["kind"] for environment in environments}
    return kinds.pop() if len(kinds) == 1 else "several"


def _clock_line(environment: dict[str, Any]) -> str | None:
    now, highest = environment["clock_mhz"], environment["highest_clock_mhz"]
    return None if now is None else f"{now} MHz before" + (f", {highest} MHz at most" if highest else "")


def _temperature_line(environment: dict[str, Any]) -> str | None:
    temperature = environment["temperature_c"]
    return None if temperature is None else f"{temperature:.0f} °C before"


def _throttle_line(bits: int | None) -> str | None:
    if bits is None:
        return None
    now, before = throttle_words(bits), throttle_history(bits)
    return f"now: {', '.join(now) or 'no'}; since boot: {', '.join(before) or 'no'} (0x{bits:x})"


def _megahertz(kilohertz: str) -> int | None:
    return int(kilohertz) // 1000 if kilohertz.strip().isdecimal() else None
