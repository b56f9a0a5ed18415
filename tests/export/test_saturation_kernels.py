"""The kernels themselves: sums that a processor without VNNI cuts off, on this processor or an emulated one."""

from __future__ import annotations

import functools
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from edge.runtimes.onnxruntime import int8_saturates

pytestmark = pytest.mark.e2e
PROGRAM = Path(__file__).with_name("int8_kernels.py")
ROOT = PROGRAM.parents[2]


@functools.cache
def run(*emulator: str) -> dict[str, Any]:
    """Run the program of the kernels, under an emulator or not."""
    command = [*emulator, sys.executable, str(PROGRAM)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "stderr": done.stderr}


@pytest.fixture
def without_vnni() -> dict[str, Any]:
    """The answers of an x86 processor without VNNI: of this one, or of one that QEMU emulates."""
    if int8_saturates():
        return run()
    if platform.machine() != "x86_64":
        pytest.skip("no x86 processor, so no kernel that saturates")
    if not shutil.which("qemu-x86_64"):
        pytest.skip("this processor has VNNI and none without it is emulated here: apt install qemu-user")
    return run("qemu-x86_64", "-cpu", "Haswell")


def test_neighbours_in_the_order_row_column_input_are_added_in_16_bits(without_vnni: dict[str, Any]) -> None:
    assert without_vnni["saturates"]
    for case, pairs in without_vnni["pairs"].items():
        inputs, size = map(int, case.split())
        assert pairs == [[first, first + 1] for first in range(0, inputs * size * size - 1, 2)]


def test_exact_kernels_give_the_sum_that_usual_ones_cut_off(without_vnni: dict[str, Any]) -> None:
    assert without_vnni["usual"] == [66000.0] * 8  # two sums cut off at 32,767, in thousands: 65.534
    assert without_vnni["exact"] == [130000.0] * 8  # 4 * 127 * 255 = 129,540


def test_a_file_that_refuses_exact_kernels_runs_and_is_named_once(without_vnni: dict[str, Any]) -> None:
    assert without_vnni["shared"] == [132000.0] * 8
    warnings = [line for line in without_vnni["stderr"].splitlines() if not line.startswith("qemu")]
    assert len(warnings) == 1
    assert warnings[0].startswith("layer.onnx: ")


def test_an_exported_file_puts_out_the_same_bytes_on_both_kinds_of_processor(without_vnni: dict[str, Any]) -> None:
    own = run()
    if own["drawn"] != without_vnni["drawn"]:
        pytest.fail("the two processors were given different images")
    assert own["logits"] == without_vnni["logits"]


def test_this_processor_is_exact_wherever_it_is_asked_to_be() -> None:
    own = run()
    assert own["exact"] == [130000.0] * 8
    assert own["saturates"] == (own["usual"] != own["exact"])
