"""Imports that work, fail and crash, as their child processes end."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from edge.doctor import libraries
from edge.doctor.host_probe import Patient, Ran, installed_version, run_command

MakePatient = Callable[..., Patient]
ALL = {"numpy": "2.4.1", "opencv-python-headless": "4.13.0", "ai-edge-litert": "2.3.0"}
FINE = {"import": Ran(0)}


def test_all_is_well(make_patient: MakePatient) -> None:
    found = libraries.check_libraries(make_patient(installed=ALL, ran=FINE))
    assert [(each.check, each.status, each.text) for each in found] == [
        ("numpy", "ok", "2.4.1"),
        ("OpenCV", "ok", "4.13.0"),
        ("LiteRT", "ok", "2.3.0"),
    ]


def test_only_runtimes_that_are_installed_are_tried(make_patient: MakePatient) -> None:
    packages = {"numpy": "1.26", "opencv-python": "4.11", "tflite-runtime": "2.14.0", "onnxruntime": "1.23"}
    found = libraries.check_libraries(make_patient(installed=packages, ran=FINE))
    assert [each.check for each in found] == ["numpy", "OpenCV", "tflite-runtime", "onnxruntime"]


def test_pyav_is_tried_where_it_is_installed(make_patient: MakePatient) -> None:
    found = libraries.check_libraries(make_patient(installed={**ALL, "av": "18.1.0"}, ran=FINE))
    assert [(each.check, each.text) for each in found[1:3]] == [("OpenCV", "4.13.0"), ("PyAV", "18.1.0")]


def test_no_runtime_at_all_is_a_failure_that_names_one(make_patient: MakePatient) -> None:
    found = libraries.check_libraries(make_patient(installed={**ALL, "ai-edge-litert": ""}, ran=FINE))
    assert (found[-1].check, found[-1].status) == ("LiteRT", "failure")
    assert found[-1].fix == "pip install ai-edge-litert"


def test_two_opencvs_overwrite_each_other(make_patient: MakePatient) -> None:
    found = libraries.check_libraries(make_patient(installed={**ALL, "opencv-python": "4.13"}, ran=FINE))
    assert [each.status for each in found] == ["ok", "ok", "warning", "ok"]
    assert found[2].fix.startswith("pip uninstall opencv-python-headless opencv-python, then")


def test_the_systems_own_opencv_is_fine(make_patient: MakePatient) -> None:
    assert libraries.check_library(make_patient(ran=FINE), libraries.OPENCV).text == "the system's own"


@pytest.mark.parametrize(
    ("ran", "text", "fix"),
    [
        (Ran(-4), "2.3.0 crashes while it is imported (illegal instruction)", "this processor lacks an instruction"),
        (Ran(-11), "2.3.0 crashes while it is imported (SIGSEGV)", "pip install --force-reinstall it"),
        (Ran(-63), "2.3.0 crashes while it is imported (signal 63)", "pip install --force-reinstall it"),
        (
            Ran(1, "", "Traceback\nImportError: /lib/libc.so.6: version `GLIBC_2.34' not found"),
            "2.3.0 can't be imported: ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found",
            "the wheel needs a newer system",
        ),
        (
            Ran(1, "", "ImportError: libGL.so.1: cannot open shared object file"),
            "2.3.0 can't be imported: ImportError: libGL.so.1: cannot open shared object file",
            "pip uninstall opencv-python",
        ),
        (
            Ran(1, "", "AttributeError: _ARRAY_API not found"),
            "2.3.0 can't be imported: AttributeError: _ARRAY_API not found",
            "pip install 'numpy<2'",
        ),
        (Ran(1, "", ""), "2.3.0 can't be imported: no reason given", "pip install --force-reinstall it"),
    ],
)
def test_an_import_that_fails(make_patient: MakePatient, ran: Ran, text: str, fix: str) -> None:
    found = libraries.check_library(make_patient(installed=ALL, ran={"import": ran}), libraries.LITERT)
    assert (found.status, found.text) == ("failure", text)
    assert found.fix.startswith(fix)


def test_an_import_that_hangs(make_patient: MakePatient) -> None:
    found = libraries.check_library(make_patient(installed=ALL), libraries.LITERT)
    assert found.text == "2.3.0 isn't imported within a minute"


def test_a_real_illegal_instruction_is_told_from_a_real_success() -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
    assert run_command((sys.executable, "-c", program)) == Ran(-4)
    assert run_command((sys.executable, "-c", "print(1)")) == Ran(0, "1\n")
    assert run_command(("no-such-command",)) is None


def test_versions_of_what_is_installed() -> None:
    assert installed_version("no-such-package") is None
    assert str(installed_version("numpy"))[0].isdecimal()


@pytest.mark.parametrize(("printed", "word"), [("False", "exact"), ("True", "saturate")])
def test_the_int8_kernels_of_onnxruntime_are_tried(make_patient: MakePatient, printed: str, word: str) -> None:
    ran = {"int8_saturates": Ran(0, f"{printed}\n"), **FINE}
    found = libraries.check_libraries(make_patient(installed={**ALL, "onnxruntime": "1.31.1"}, ran=ran))
    assert (found[-1].check, found[-1].status) == ("int8", "ok")
    assert word in found[-1].text
