"""Answers of a stand-in for pip about a 32-bit system."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from edge.errors import ToolkitError
from tests.platforms import wheels


@pytest.mark.parametrize(
    ("code", "said", "found"),
    [(0, "", ["numpy for Python 3.11", "numpy for Python 3.13"]), (1, "ERROR: No matching distribution found", [])],
)
def test_a_package_has_a_wheel_where_pip_gets_one(
    monkeypatch: pytest.MonkeyPatch, code: int, said: str, found: list[str]
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, code, "", said)

    monkeypatch.setattr(subprocess, "run", run)
    assert wheels.for_32_bit_arm(["numpy"]) == found
    assert "linux_armv7l" in asked[0]
    assert asked[0][-1] == "numpy"


def test_a_registry_that_does_not_answer_is_no_missing_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 1, "", "connection refused")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(ToolkitError, match="numpy.*connection refused"):
        wheels.for_32_bit_arm(["numpy"])
