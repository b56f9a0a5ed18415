"""numpy, OpenCV and the runtimes: each imported in a child process, so that a crash there is a sentence here."""

from __future__ import annotations

import signal
import sys
from dataclasses import dataclass

from edge.doctor.finding import FAILURE, OK, WARNING, Finding
from edge.doctor.host_probe import Patient, Ran


@dataclass(frozen=True, slots=True)
class Library:
    """Something that is imported."""

    name: str
    """For people."""
    module: str
    packages: tuple[str, ...]
    """That provide it, by their names on the package index."""


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

# Part of what a failed import says -> what to do about it.
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


def check_libraries(patient: Patient) -> list[Finding]:
    """Import numpy and OpenCV, without which nothing works, and what is installed of PyAV and the runtimes."""
    wanted = [NUMPY, OPENCV, PYAV] if _version(patient, PYAV) else [NUMPY, OPENCV]
    findings = [check_library(patient, library) for library in wanted]
    both = [package for package in OPENCV.packages if patient.installed(package)]
    if len(both) > 1:
        fix = f"pip uninstall {' '.join(both)}, then pip install opencv-python-headless"
        findings.append(Finding("OpenCV", WARNING, f"{' and '.join(both)} overwrite each other's files", fix))
    runtimes = [library for library in RUNTIMES if _version(patient, library)] or [LITERT]
    findings += [check_library(patient, library) for library in runtimes]
    return findings + (check_int8(patient) if ONNXRUNTIME in runtimes and findings[-1].status == OK else [])


def check_int8(patient: Patient) -> list[Finding]:
    """Say whether ONNX Runtime's usual int8 kernels are exact on this processor; nothing where that can't be tried."""
    ran = patient.run((sys.executable, "-c", _INT8_PROGRAM))
    answer = ran.stdout.strip() if ran and ran.returncode == 0 else ""
    words = {
        "False": "ONNX Runtime's int8 kernels are exact on this processor",
        "True": "ONNX Runtime's int8 kernels saturate on this processor, which has no VNNI: exact ones run files that "
        "this could change",
    }
    return [Finding("int8", OK, words[answer])] if answer in words else []


def check_library(patient: Patient, library: Library) -> Finding:
    """Import a library in a child process."""
    version = _version(patient, library)
    if version is None and library is not OPENCV:  # a system's OpenCV has no package that pip knows
        fix = f"pip install {library.packages[0]}"
        return Finding(library.name, FAILURE, "not installed in this environment", fix)
    ran = patient.run((sys.executable, "-c", f"import {library.module}"))
    if ran is None:
        return Finding(library.name, FAILURE, f"{version} isn't imported within a minute", _OTHER_REMEDY)
    if ran.returncode == 0:
        return Finding(library.name, OK, version or "the system's own")
    return Finding(library.name, FAILURE, f"{version or 'it'} {_ending(ran)}", _remedy(ran))


def _version(patient: Patient, library: Library) -> str | None:
    found = (patient.installed(package) for package in library.packages)
    return next((version for version in found if version), None)


def _ending(ran: Ran) -> str:
    """How an import went wrong."""
    if ran.returncode < 0:
        try:
            name = signal.Signals(-ran.returncode).name
        except ValueError:
            name = f"signal {-ran.returncode}"
        return f"crashes while it is imported ({'illegal instruction' if name == 'SIGILL' else name})"
    lines = ran.stderr.strip().splitlines() or ["no reason given"]
    return f"can't be imported: {' '.join(lines[-1].split())[:200]}"


def _remedy(ran: Ran) -> str:
    if -ran.returncode == signal.SIGILL:
        return _OTHER_BUILD
    return next((remedy for sign, remedy in _REMEDIES.items() if sign in ran.stderr), _OTHER_REMEDY)
