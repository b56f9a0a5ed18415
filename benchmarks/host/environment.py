"""Facts about the machine and the software, without which a number means nothing."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timezone
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.host.machine_state import emulator, megahertz, read_state
from benchmarks.records import ABSENT_IF_NONE
from edge import __version__
from edge.system import host
from edge.system.host import throttle_history, throttle_words

_LIBRARIES = (
    "numpy", "opencv-python-headless", "opencv-python", "av", "ai-edge-litert", "tflite-runtime", "onnxruntime",
)  # fmt: skip
_CLOCK_READINGS = 1001
_TIME = "%Y-%m-%dT%H:%M:%SZ"  # ISO 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Machine, software and command of a run; None where the system doesn't say, or where merged machines differ."""

    kind: str
    """host, board, or emulated, where the processor isn't a real one; several for merged machines that differ."""
    emulator: str | None = None
    board: str | None = None
    """Model of a single-board computer, such as a Raspberry Pi's; None on anything else."""
    cpu: str | None = None
    int8_instructions: str | None = None
    cpu_count: int | None = None
    is_virtual_machine: bool | None = None
    cpu_governor: str | None = None
    clock_mhz: int | None = None
    highest_clock_mhz: int | None = None
    temperature_c: float | None = None
    throttle_bits: int | None = None
    memory_bytes: int | None = None
    load_average_1min: float | None = None
    os: str | None = None
    kernel: str | None = None
    architecture: str | None = None
    is_64bit: bool | None = None
    python: str | None = None
    edge_classify: str | None = None
    libraries: dict[str, str] | None = None
    """Package -> version, of the installed ones that matter for a time."""
    wheel_tags: dict[str, str] | None = None
    """Package -> target of its wheel, such as cp311-cp311-manylinux_2_27_x86_64, where that is recorded."""
    git_commit: str | None = None
    timer_overhead_ns: int | None = None
    command: str | None = None
    seed: int | None = None
    """None where nothing is random."""
    threads: int | None = None
    utc: str | None
    """Time of the run, ISO 8601; None: the machine has no clock."""
    name: str | None = field(default=None, metadata=ABSENT_IF_NONE)
    machines: tuple[Environment, ...] | None = field(default=None, metadata=ABSENT_IF_NONE)


def library_versions() -> dict[str, str]:
    """Return the version of each installed package that matters for a time."""
    return {name: package.version for name, package in _packages()}


def wheel_tags() -> dict[str, str]:
    """Return the target of each package's wheel, where that is recorded."""
    texts = {name: (package.read_text("WHEEL") or "").splitlines() for name, package in _packages()}
    tags = {name: [line[4:].strip() for line in lines if line.startswith("Tag:")] for name, lines in texts.items()}
    return {name: ", ".join(found) for name, found in tags.items() if found}


def git_commit() -> str | None:
    """Return the commit of this source tree, "+changes" where files differ from it; None outside a repository."""
    folder = str(Path(__file__).parents[1])
    commit = _git("-C", folder, "rev-parse", "HEAD")
    return commit and commit + ("+changes" if _git("-C", folder, "status", "--porcelain") else "")


def _packages() -> Iterator[tuple[str, Distribution]]:
    for name in _LIBRARIES:
        with suppress(PackageNotFoundError):
            yield name, distribution(name)


def _git(*arguments: str) -> str | None:
    try:
        command = ["git", *arguments]  # the user's own, wherever it is
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def describe_environment(
    command: Sequence[str], *, seed: int | None, threads: int, root: Path = Path("/")
) -> Environment:
    """Describe this machine, its software and this run; tests give another root for /proc and /sys."""
    emulated_by = emulator(root)
    board = None if emulated_by else host.board(root)
    state = read_state(root)
    return Environment(
        kind="emulated" if emulated_by else "board" if board else "host",
        emulator=emulated_by,
        board=board,
        # Under an emulator the system shows the processor of the host, or one that doesn't exist.
        cpu=None if emulated_by else host.cpu_model(root),
        int8_instructions=None if emulated_by else host.int8_instructions(root) or None,
        cpu_count=os.cpu_count(),
        is_virtual_machine=host.is_virtual(root),
        cpu_governor=state.governor,
        clock_mhz=state.clock_mhz,
        highest_clock_mhz=megahertz(root, "cpuinfo_max_freq"),
        temperature_c=state.temperature_c,
        throttle_bits=state.throttle_bits,
        memory_bytes=host.memory_bytes(root),
        load_average_1min=state.load_average_1min,
        os=host.os_name(root),
        kernel=platform.release(),
        architecture=platform.machine(),
        is_64bit=platform.architecture()[0] == "64bit",
        python=platform.python_version(),
        edge_classify=__version__,
        libraries=library_versions(),
        wheel_tags=wheel_tags(),
        git_commit=git_commit(),
        timer_overhead_ns=timer_overhead_ns(),
        command=" ".join(command),
        seed=seed,
        threads=threads,
        utc=f"{datetime.now(timezone.utc):{_TIME}}",
    )


def machine_name(environment: Environment) -> str:
    """Name the machine in one line; anything that isn't a board says that it is a host, or emulated."""
    if environment.machines:
        return "; ".join(map(machine_name, environment.machines))
    memory = environment.memory_bytes
    parts = [
        environment.board or environment.cpu or environment.architecture,
        environment.int8_instructions,
        f"{environment.cpu_count} core{'s' * (environment.cpu_count != 1)}" if environment.cpu_count else "",
        f"{memory / 2**30:.1f} GiB" if memory else "",
        "virtual machine" if environment.is_virtual_machine else "",
    ]
    kind = environment.kind + (f" by {environment.emulator}" if environment.emulator else "")
    return f"{kind}: {', '.join(part for part in parts if part)}"


def short_name(environment: Environment) -> str:
    """Name the machine in a few words, for a row among those of others: Raspberry Pi 5 Model B, host x86_64."""
    if environment.board:
        return environment.board.partition(" Rev ")[0]
    return f"{environment.kind} {environment.architecture}"


def merged_environment(environments: Sequence[Environment], names: Sequence[str]) -> Environment:
    """Return the environment of a report on several machines, named as in the rows; of one machine, its own."""
    if len(environments) == 1:
        return environments[0]
    latest = max(environments, key=lambda environment: environment.utc or "")
    kinds = {environment.kind for environment in environments}
    facts = {fact.name: getattr(latest, fact.name) for fact in fields(Environment)}
    unlike: dict[str, Any] = {
        name: None for name, value in facts.items() if any(getattr(one, name) != value for one in environments)
    }
    return replace(
        latest,
        **unlike | {"utc": latest.utc, "kind": "several" if len(kinds) > 1 else latest.kind},
        machines=tuple(replace(member, name=name) for name, member in zip(names, environments, strict=True)),
    )


def shown_time(environment: Environment) -> str:
    """Return the time of the run for people, to the minute, UTC."""
    if environment.utc is None:
        return "an unknown time"
    return f"{datetime.strptime(environment.utc, _TIME):%Y-%m-%d %H:%M} UTC"


def is_time(value: object) -> bool:
    """Return whether a value is a time as `Environment.utc` holds it."""
    with suppress(ValueError):
        return isinstance(value, str) and f"{datetime.strptime(value, _TIME):{_TIME}}" == value
    return False


def environment_lines(environment: Environment) -> list[tuple[str, str]]:
    """Return the environment for people: (name, text), without unknown facts."""
    if environment.machines:
        return [line for machine in environment.machines for line in environment_lines(machine)]
    libraries, wheels = ((facts or {}).items() for facts in (environment.libraries, environment.wheel_tags))
    bits, throttle = "64-bit" if environment.is_64bit else "32-bit", environment.throttle_bits
    clock, highest = environment.clock_mhz, environment.highest_clock_mhz
    temperature, load, overhead = (
        environment.temperature_c,
        environment.load_average_1min,
        environment.timer_overhead_ns,
    )
    system = f"{environment.os}, kernel {environment.kernel}, {environment.architecture}, {bits}"
    lines = {
        "machine": (f"{environment.name} = " if environment.name else "") + machine_name(environment),
        "system": system if environment.os else None,
        "CPU governor": environment.cpu_governor,
        "clock": clock and f"{clock} MHz before" + (f", {highest} MHz at most" if highest else ""),
        "temperature": None if temperature is None else f"{temperature:.0f} °C before",
        "throttled": None if throttle is None else _throttle_line(throttle),
        "load average before": None if load is None else f"{load} (1 minute)",
        "Python": environment.python,
        "libraries": ", ".join(f"{name} {version}" for name, version in
                               [("edge-classify", environment.edge_classify), *libraries] if version) or None,
        "wheels": ", ".join(f"{name} {tag}" for name, tag in wheels) or None,
        "threads": environment.threads,
        "seed": environment.seed,
        "timer overhead": None if overhead is None else f"{overhead} ns, not subtracted",
        "git commit": environment.git_commit,
        "command": environment.command,
        "time": environment.utc and shown_time(environment),
    }  # fmt: skip
    return [(name, str(text)) for name, text in lines.items() if text is not None]


def busy_sentence(environment: Environment) -> str:
    """Say that something else was running before the measurement; empty where nothing was."""
    if environment.machines:
        return " ".join(filter(None, map(busy_sentence, environment.machines)))
    if (environment.load_average_1min or 0) <= 0.5 * (environment.cpu_count or 1):
        return ""
    return (
        f"The machine was busy before the measurement: load average {environment.load_average_1min} "
        f"on {environment.cpu_count} core{'s' * (environment.cpu_count != 1)}."
    )


def timer_overhead_ns() -> int:
    """Return the nanoseconds between two readings of the clock with nothing between them: the median of 1,001."""
    gaps = []
    for _ in range(_CLOCK_READINGS):
        started = time.perf_counter_ns()
        gaps.append(time.perf_counter_ns() - started)
    return round(median(gaps))


def _throttle_line(bits: int) -> str:
    now, before = throttle_words(bits), throttle_history(bits)
    return f"now: {', '.join(now) or 'no'}; since boot: {', '.join(before) or 'no'} (0x{bits:x})"
