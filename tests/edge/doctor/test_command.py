"""The report as a user gets it, and that making it needs none of what it examines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import default_model
from edge.doctor import command
from edge.doctor.host_probe import FAILURE, OK, WARNING, CommandResult, Finding, HostProbe, worst

MakeProbe = Callable[..., HostProbe]
FINE, WARM, GONE = Finding("disk", OK, "9 GB free"), Finding("heat", WARNING, "76 °C", "air"), Finding(
    "camera", FAILURE, "gone", "plug it in")  # fmt: skip


def test_the_report_has_each_remedy_below_its_finding_and_counts() -> None:
    assert command.as_text([FINE, WARM, GONE]).splitlines() == [
        "ok       disk    9 GB free",
        "warning  heat    76 °C",
        "                 -> air",
        "failure  camera  gone",
        "                 -> plug it in",
        "1 failure, 1 warning",
    ]
    assert command.as_text([FINE]).splitlines()[-1] == "all is well"
    assert command.as_text([WARM, WARM]).splitlines()[-1] == "2 warnings"


def test_the_worst_finding_decides_the_status() -> None:
    assert [worst(list(findings)) for findings in ([], [FINE], [WARM, FINE], [WARM, GONE, FINE])] == [
        "ok", "ok", "warning", "failure",
    ]  # fmt: skip


@pytest.mark.parametrize(("findings", "code"), [([FINE, WARM], 0), ([FINE, GONE], 1)])
def test_a_failure_is_exit_code_1_and_json_has_every_finding(
    edge_classify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, findings: list[Finding], code: int
) -> None:
    monkeypatch.setattr(command, "examine", lambda *_: findings)
    outcome = edge_classify("doctor", "--json")
    assert (outcome.code, outcome.err) == (code, "")
    report = json.loads(outcome.out)
    assert report["status"] == findings[-1].status
    assert [list(finding) for finding in report["findings"]] == [["check", "status", "text", "fix"]] * 2
    assert report["findings"][0]["text"] == "9 GB free"


def test_this_machine_can_run_the_tests(edge_classify: Callable[..., Any]) -> None:
    outcome = edge_classify("doctor")
    assert outcome.code == 0, outcome.out
    assert "edge_int8.tflite" in outcome.out


def test_a_pi_4_with_a_wheel_that_its_processor_can_not_run(make_probe: MakeProbe, tmp_path: Path) -> None:
    """All of one machine: the crash is a line, what depends on it is left, the rest is looked at all the same."""
    probe = make_probe(
        {
            "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
            "proc/meminfo": "MemAvailable:    1500000 kB\n",
            "sys/class/thermal/thermal_zone0/temp": "61300\n",
        },
        ran={
            "import numpy": CommandResult(0),
            "import cv2": CommandResult(0),
            "import ai_edge": CommandResult(-4),
            "vcgencmd": CommandResult(0, "x=0x50000"),
        },
        installed={"numpy": "2.4.1", "opencv-python-headless": "4.13", "ai-edge-litert": "2.3.0"},
        architecture="aarch64",
        is_64bit=True,
        python=(3, 13, 5),
        try_model=lambda *_: None,
        free=lambda folder: 10**10,
    )
    findings = command.examine(probe, default_model(), None)
    assert [(finding.check, finding.status) for finding in findings] == [
        ("Python", "ok"), ("architecture", "ok"), ("numpy", "ok"), ("OpenCV", "ok"), ("LiteRT", "failure"),
        ("model", "ok"), ("camera", "warning"), ("disk", "ok"), ("memory", "ok"), ("temperature", "ok"),
        ("power", "warning"),
    ]  # fmt: skip


def test_the_doctor_imports_nothing_that_may_crash() -> None:
    program = "import sys, edge.run.main, edge.doctor.command; assert not {'numpy', 'cv2'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
