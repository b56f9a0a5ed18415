"""Imports that work, fail and crash, as their child processes end."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from edge.doctor import libraries
from edge.doctor.host_probe import CommandResult, HostProbe, installed_version, run_command

MakeProbe = Callable[..., HostProbe]
ALL = {"numpy": "2.4.1", "opencv-python-headless": "4.13.0", "ai-edge-litert": "2.3.0"}
FINE = {"import": CommandResult(0)}


def test_libraries_that_can_be_imported_are_ok_with_their_versions(make_probe: MakeProbe) -> None:
    findings = libraries.check_libraries(make_probe(installed=ALL, ran=FINE))
    assert [(finding.check, finding.status, finding.text) for finding in findings] == [
        ("numpy", "ok", "2.4.1"),
        ("OpenCV", "ok", "4.13.0"),
        ("LiteRT", "ok", "2.3.0"),
    ]


def test_only_runtimes_that_are_installed_are_tried(make_probe: MakeProbe) -> None:
    packages = {"numpy": "1.26", "opencv-python": "4.11", "tflite-runtime": "2.14.0", "onnxruntime": "1.23"}
    findings = libraries.check_libraries(make_probe(installed=packages, ran=FINE))
    assert [finding.check for finding in findings] == ["numpy", "OpenCV", "tflite-runtime", "onnxruntime"]


def test_pyav_is_tried_where_it_is_installed(make_probe: MakeProbe) -> None:
    findings = libraries.check_libraries(make_probe(installed={**ALL, "av": "18.1.0"}, ran=FINE))
    assert [(finding.check, finding.text) for finding in findings[1:3]] == [("OpenCV", "4.13.0"), ("PyAV", "18.1.0")]


def test_no_runtime_at_all_is_a_failure_that_names_one(make_probe: MakeProbe) -> None:
    findings = libraries.check_libraries(make_probe(installed={**ALL, "ai-edge-litert": ""}, ran=FINE))
    assert (findings[-1].check, findings[-1].status) == ("LiteRT", "failure")
    assert findings[-1].fix == "pip install ai-edge-litert"


def test_two_opencvs_overwrite_each_other(make_probe: MakeProbe) -> None:
    findings = libraries.check_libraries(make_probe(installed={**ALL, "opencv-python": "4.13"}, ran=FINE))
    assert [finding.status for finding in findings] == ["ok", "ok", "warning", "ok"]
    assert findings[2].fix.startswith("pip uninstall opencv-python-headless opencv-python,")


def test_the_systems_own_opencv_is_fine(make_probe: MakeProbe) -> None:
    assert libraries.check_library(make_probe(ran=FINE), libraries.OPENCV).text == "the system's own"


@pytest.mark.parametrize(
    ("ran", "text", "fix"),
    [
        (
            CommandResult(-4),
            "2.3.0 crashes while it is imported (illegal instruction)",
            "this processor lacks an instruction",
        ),
        (CommandResult(-11), "2.3.0 crashes while it is imported (SIGSEGV)", "pip install --force-reinstall it"),
        (CommandResult(-63), "2.3.0 crashes while it is imported (signal 63)", "pip install --force-reinstall it"),
        (
            CommandResult(1, "", "Traceback\nImportError: /lib/libc.so.6: version `GLIBC_2.34' not found"),
            "2.3.0 can't be imported: ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found",
            "the wheel needs a newer system",
        ),
        (
            CommandResult(1, "", "ImportError: libGL.so.1: cannot open shared object file"),
            "2.3.0 can't be imported: ImportError: libGL.so.1: cannot open shared object file",
            "pip uninstall opencv-python",
        ),
        (
            CommandResult(1, "", "AttributeError: _ARRAY_API not found"),
            "2.3.0 can't be imported: AttributeError: _ARRAY_API not found",
            "pip install 'numpy<2'",
        ),
        (CommandResult(1, "", ""), "2.3.0 can't be imported: no reason given", "pip install --force-reinstall it"),
    ],
)
def test_an_import_that_fails_or_crashes_has_its_reason_and_remedy(
    make_probe: MakeProbe, ran: CommandResult, text: str, fix: str
) -> None:
    finding = libraries.check_library(make_probe(installed=ALL, ran={"import": ran}), libraries.LITERT)
    assert (finding.status, finding.text) == ("failure", text)
    assert finding.fix.startswith(fix)


def test_an_import_that_hangs_is_a_failure(make_probe: MakeProbe) -> None:
    finding = libraries.check_library(make_probe(installed=ALL), libraries.LITERT)
    assert (finding.status, finding.text.split()[0], "minute" in finding.text) == ("failure", "2.3.0", True)


def test_a_real_illegal_instruction_and_a_real_success_have_their_exit_statuses() -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
    assert run_command((sys.executable, "-c", program)) == CommandResult(-4)
    assert run_command((sys.executable, "-c", "print(1)")) == CommandResult(0, "1\n")
    assert run_command(("no-such-command",)) is None


def test_packages_that_are_not_installed_have_no_version() -> None:
    assert installed_version("no-such-package") is None
    assert str(installed_version("numpy"))[0].isdecimal()


@pytest.mark.parametrize(("printed", "word"), [("False", "exact"), ("True", "saturate")])
def test_the_int8_kernels_of_onnxruntime_are_tried(make_probe: MakeProbe, printed: str, word: str) -> None:
    ran = {"int8_saturates": CommandResult(0, f"{printed}\n"), **FINE}
    findings = libraries.check_libraries(make_probe(installed={**ALL, "onnxruntime": "1.31.1"}, ran=ran))
    assert (findings[-1].check, findings[-1].status) == ("int8", "ok")
    assert word in findings[-1].text
