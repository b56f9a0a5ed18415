"""Extras that commands need: one sentence for those that aren't installed, before a command has worked for minutes."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from edge.errors import RuntimeMissingError

_MODULES = {
    "benchmarks": ("scipy", "matplotlib", "jinja2", "adjustText", "tqdm"),
    "export": ("tensorflow", "keras", "onnx", "onnxruntime", "tf2onnx"),
    "micro": ("tflite_micro",),
    "train": ("keras", "matplotlib", "scipy"),
}
"""Extra, which is called like the package or command that needs it -> modules that it brings."""


@dataclass(frozen=True, slots=True)
class Wheels:
    """Machines that a package without source code has wheels for; elsewhere pip has nothing to install."""

    system: str
    """Value of `sys.platform`; the C library is glibc."""
    machine: str
    """Value of `platform.machine()`."""
    python: tuple[tuple[int, int], tuple[int, int]]
    """First and last minor version of CPython."""

    def has_one(self) -> bool:
        """Return whether there is one for this interpreter."""
        first, last = self.python
        return (
            (sys.platform, platform.machine()) == (self.system, self.machine)
            and platform.libc_ver()[0] == "glibc"
            and platform.python_implementation() == "CPython"
            and first <= sys.version_info[:2] <= last
        )

    def __str__(self) -> str:
        """Return a phrase for people."""
        first, last = (".".join(map(str, version)) for version in self.python)
        return f"{self.system.capitalize()} with glibc on {self.machine}, CPython {first} to {last}"


WHEELS = {"micro": Wheels("linux", "x86_64", ((3, 10), (3, 14)))}
"""Extra -> machines that its package has wheels for, by the registry's list of files."""


def require(extra: str) -> None:
    """Look for an extra's modules without importing them.

    Raises:
        RuntimeMissingError: some aren't installed.
    """
    if missing := [name for name in _MODULES[extra] if find_spec(name) is None]:
        raise RuntimeMissingError(missing_sentence(extra, missing))


def missing_sentence(extra: str, modules: list[str]) -> str:
    """Return the sentence for modules that aren't installed; an unknown extra is one of this project's packages."""
    are = "isn't" if len(modules) == 1 else "aren't"
    if extra in WHEELS and not WHEELS[extra].has_one():
        return (
            f"{', '.join(modules)} {are} installed, and pip has none for this machine ({machine_phrase()}): the only "
            f"wheels are for {WHEELS[extra]}; run the command there, what it writes is for any machine"
        )
    what = f"edge-classify[{extra}]" if extra in _MODULES else "edge-classify"
    return f"{', '.join(modules)} {are} installed: pip install '{what}'"


def machine_phrase() -> str:
    """Return system, C library, processor and interpreter of this process, for people."""
    libc = f"with {name}" if (name := platform.libc_ver()[0]) else "without glibc"
    system = f"Linux {libc}" if sys.platform == "linux" else platform.system()
    interpreter = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{system} on {platform.machine()}, {interpreter}"
