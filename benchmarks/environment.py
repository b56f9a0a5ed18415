"""The facts about the machine and the software that a number means nothing without."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from edge import __version__, machine

_LIBRARIES = ("numpy", "opencv-python-headless", "opencv-python", "ai-edge-litert", "tflite-runtime", "onnxruntime")
_GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
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
        Raspberry Pi's, and None on anything else, which `kind` then calls a host.
    """
    board = machine.board(root)
    return {
        "kind": "board" if board else "host",
        "board": board,
        "cpu": machine.cpu_model(root),
        "cpu_count": os.cpu_count(),
        "is_virtual_machine": machine.is_virtual(root),
        "cpu_governor": machine.read(root / _GOVERNOR).strip() or None,
        "memory_bytes": machine.memory_bytes(root),
        "load_average_1min": round(os.getloadavg()[0], 2),
        "os": machine.os_name(root),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "is_64bit": platform.architecture()[0] == "64bit",
        "python": platform.python_version(),
        "edge_classify": __version__,
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "git_commit": _git_commit(),
        "timer_overhead_ns": timer_overhead_ns(),
        "command": " ".join(command),
        "seed": seed,
        "threads": threads,
        "utc": f"{datetime.now(timezone.utc):{_TIME}}",
    }


def machine_name(environment: dict[str, Any]) -> str:
    """Name the machine in one line; anything that isn't a board says that it is a host."""
    memory = environment["memory_bytes"]
    parts = [
        environment["board"] or environment["cpu"] or environment["architecture"],
        f"{environment['cpu_count']} cores",
        f"{memory / 2**30:.1f} GiB" if memory else "",
        "virtual machine" if environment["is_virtual_machine"] else "",
    ]
    return f"{environment['kind']}: {', '.join(part for part in parts if part)}"


def shown_time(environment: dict[str, Any]) -> str:
    """The time of the run for people, to the minute, UTC."""
    return f"{datetime.strptime(environment['utc'], _TIME):%Y-%m-%d %H:%M} UTC"


def environment_lines(environment: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what people read of the environment: (name, text), what isn't known left out."""
    libraries = ", ".join(f"{name} {found}" for name, found in environment["libraries"].items())
    bits = "64-bit" if environment["is_64bit"] else "32-bit"
    lines = {
        "machine": machine_name(environment),
        "system": f"{environment['os']}, kernel {environment['kernel']}, {environment['architecture']}, {bits}",
        "CPU governor": environment["cpu_governor"],
        "load average before": f"{environment['load_average_1min']} (1 minute)",
        "Python": environment["python"],
        "libraries": f"edge-classify {environment['edge_classify']}, {libraries}",
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


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    """The commit of this source tree, "+changes" where files differ from it; None outside a repository."""
    folder = str(Path(__file__).parent)
    commit = _git("-C", folder, "rev-parse", "HEAD")
    return commit and commit + ("+changes" if _git("-C", folder, "status", "--porcelain") else "")


def _git(*arguments: str) -> str | None:
    try:
        command = ["git", *arguments]  # the user's own, wherever it is
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
