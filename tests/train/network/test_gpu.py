"""A GPU that is not seen: what is missing, read from folders that look like a machine's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from train.network import gpu
from train.network.gpu import reason_unseen

NVRM = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2026\nGCC version:  12\n"
OPEN = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder@U22)\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """A machine with such cards, driver, device and wheels."""
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)

    def make(*cards: tuple[str, str], driver: str = "", device: str = "", wheels: tuple[str, ...] = ()) -> Path:
        for number, (vendor, kind) in enumerate(cards):
            folder = tmp_path / "sys/bus/pci/devices" / f"0000:0{number}:00.0"
            folder.mkdir(parents=True)
            (folder / "vendor").write_text(f"{vendor}\n")
            (folder / "class").write_text(f"{kind}\n")
        if driver:
            (tmp_path / "proc/driver/nvidia").mkdir(parents=True)
            (tmp_path / "proc/driver/nvidia/version").write_text(driver)
        if device:
            (tmp_path / "dev").mkdir()
            (tmp_path / "dev" / device).touch()
        monkeypatch.setattr(gpu, "_is_installed", lambda name: name in wheels)
        return tmp_path

    return make


NVIDIA, NVIDIA_3D = ("0x10de", "0x030000"), ("0x10de", "0x030200")
OTHERS = (("0x8086", "0x030000"), ("0x1002", "0x030000"), ("0x10de", "0x040300"))  # the last is NVIDIA's sound


def test_without_a_card_of_nvidias_there_is_nothing_to_say(machine: Callable[..., Path]) -> None:
    assert reason_unseen("tensorflow", machine(*OTHERS)) is None


@pytest.mark.parametrize("card", [NVIDIA, NVIDIA_3D])
def test_a_card_without_its_driver(card: tuple[str, str], machine: Callable[..., Path]) -> None:
    reason = reason_unseen("tensorflow", machine(*OTHERS, card))
    assert reason is not None
    assert "nvidia-smi" in reason


def test_a_driver_without_a_device_is_a_container(machine: Callable[..., Path]) -> None:
    reason = reason_unseen("jax", machine(driver=OPEN))
    assert reason is not None
    assert "570.86.15" in reason
    assert "--gpus all" in reason


def test_a_driver_that_is_too_old(machine: Callable[..., Path]) -> None:
    reason = reason_unseen("jax", machine(NVIDIA, driver=NVRM.replace("550.54.14", "470.256.02"), device="nvidia0"))
    assert reason is not None
    assert "470.256.02" in reason
    assert "525" in reason


@pytest.mark.parametrize(
    ("backend", "extra", "wheels"),
    [("tensorflow", "[gpu]", ("jax-cuda12-plugin",)), ("jax", "[jax-gpu]", ("nvidia-cudnn-cu12",))],
)
def test_wheels_that_the_backend_lacks(
    backend: str, extra: str, wheels: tuple[str, ...], machine: Callable[..., Path]
) -> None:
    reason = reason_unseen(backend, machine(NVIDIA, driver=NVRM, device="nvidia0", wheels=wheels))
    assert reason is not None
    assert extra in reason


def test_with_driver_and_wheels_the_backend_is_to_be_asked(machine: Callable[..., Path]) -> None:
    whole = machine(NVIDIA, driver=NVRM, device="nvidia3", wheels=("jax-cuda13-plugin",))
    reason = reason_unseen("jax", whole)
    assert reason is not None
    assert "550.54.14" in reason
    assert "pip install" not in reason


@pytest.mark.parametrize("value", ["", "-1"])
def test_a_card_that_is_hidden_on_purpose(
    value: str, machine: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = machine(NVIDIA)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert reason_unseen("tensorflow", root) is None
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert reason_unseen("jax", root) is None
    assert reason_unseen("tensorflow", root) is not None
