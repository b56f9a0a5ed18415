"""Checks of numpy, OpenCV and the runtimes: each is imported in a child process, so that a crash becomes a finding."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

from edge.doctor.host_probe import FAILURE, OK, WARNING, CommandResult, Finding, HostProbe


@dataclass(frozen=True, slots=True)
class Library:
    """A library that is imported."""

    name: str
    module: str
    packages: tuple[str, ...]
    """Packages that provide it, by their names on the package index."""


NUMPY = Library("numpy", "numpy", ("numpy",))
OPENCV = Library("OpenCV", "cv2", ("opencv-python-headless", "opencv-python", "opencv-contrib-python"))
LITERT = Library("LiteRT", "ai_edge_litert.interpreter", ("ai-edge-litert",))
PYAV = Library("PyAV", "av", ("av",))
ONNXRUNTIME = Library("onnxruntime", "onnxruntime", ("onnxruntime",))
RUNTIMES = (
    LITERT,
    Library("tflite-runtime", "tflite_runtime.interpreter", ("tflite-runtime",)),
    ONNXRUNTIME,
)
_INT8_PROGRAM = "from edge.runtimes.onnxruntime import int8_saturates; print(int8_saturates())"

# Part of a failed import's message -> remedy.
_REMEDIES = {
    "GLIBC": "the wheel needs a newer system: Raspberry Pi OS Bookworm, Debian 12, Ubuntu 22.04 or later",
    "libGL": "pip uninstall opencv-python and pip install --force-reinstall opencv-python-headless, which needs no "
    "desktop",
    "libglib": "sudo apt install libglib2.0-0",
    "_ARRAY_API": "pip install 'numpy<2': this library was built for numpy 1",
    "compiled using NumPy 1": "pip install 'numpy<2': this library was built for numpy 1",
    "No module named": "install edge-classify again, into this environment",
}
_OTHER_REMEDY = "pip install --force-reinstall it; if that doesn't help, an older release of it"
_OTHER_BUILD = (
    "this processor lacks an instruction that the wheel was built with: install an older release of it, or the "
    "system's own (apt install python3-numpy python3-opencv, and an environment made with --system-site-packages)"
)


def check_libraries(probe: HostProbe) -> list[Finding]:
    """Import numpy and OpenCV, which every run needs, and those of PyAV and the runtimes that are installed."""
    libraries = [NUMPY, OPENCV, PYAV] if _version(probe, PYAV) else [NUMPY, OPENCV]
    findings = [check_library(probe, library) for library in libraries]
    both = [package for package in OPENCV.packages if probe.installed(package)]
    if len(both) > 1:
        fix = f"pip uninstall {' '.join(both)}, then pip install opencv-python-headless"
        findings.append(Finding("OpenCV", WARNING, f"{' and '.join(both)} overwrite each other's files", fix))
    runtimes = [library for library in RUNTIMES if _version(probe, library)] or [LITERT]
    findings += [check_library(probe, library) for library in runtimes]
    return findings + (check_int8(probe) if ONNXRUNTIME in runtimes and findings[-1].status == OK else [])


def check_int8(probe: HostProbe) -> list[Finding]:
    """Report if ONNX Runtime's usual int8 kernels are exact on this processor; no finding if the trial fails."""
    result = probe.run((sys.executable, "-c", _INT8_PROGRAM))
    answer = result.stdout.strip() if result and result.returncode == 0 else ""
    texts = {
        "False": "ONNX Runtime's int8 kernels are exact on this processor",
        "True": "ONNX Runtime's int8 kernels saturate on this processor, which has no VNNI: exact ones run files that "
        "this could change",
    }
    return [Finding("int8", OK, texts[answer])] if answer in texts else []


def check_library(probe: HostProbe, library: Library) -> Finding:
    """Import a library in a child process."""
    version = _version(probe, library)
    if version is None and library is not OPENCV:  # a system's OpenCV has no package that pip knows
        fix = f"pip install {library.packages[0]}"
        return Finding(library.name, FAILURE, "not installed in this environment", fix)
    result = probe.run((sys.executable, "-c", f"import {library.module}"))
    if result is None:
        return Finding(library.name, FAILURE, f"{version} isn't imported within a minute", _OTHER_REMEDY)
    if result.returncode == 0:
        return Finding(library.name, OK, version or "the system's own")
    return Finding(library.name, FAILURE, f"{version or 'it'} {_ending(result)}", _remedy(result))


def _version(probe: HostProbe, library: Library) -> str | None:
    versions = (probe.installed(package) for package in library.packages)
    return next((version for version in versions if version), None)


def _ending(result: CommandResult) -> str:
    """Describe the failure of an import."""
    if result.returncode < 0:
        try:
            name = signal.Signals(-result.returncode).name
        except ValueError:
            name = f"signal {-result.returncode}"
        return f"crashes while it is imported ({'illegal instruction' if name == 'SIGILL' else name})"
    lines = result.stderr.strip().splitlines() or ["no reason given"]
    return f"can't be imported: {' '.join(lines[-1].split())[:200]}"


def _remedy(result: CommandResult) -> str:
    if -result.returncode == signal.SIGILL:
        return _OTHER_BUILD
    return next((remedy for sign, remedy in _REMEDIES.items() if sign in result.stderr), _OTHER_REMEDY)
