"""NVIDIA GPUs that are in the machine and not seen: for want of a driver, of wheels, or of a container's leave."""

from __future__ import annotations

import os
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_VENDOR = "0x10de"  # NVIDIA's, of PCI
_DISPLAY = "0x03"  # class of PCI devices: graphics cards, and those without a display
_LEAST_DRIVER = 525  # of CUDA 12: docs.nvidia.com/deploy/cuda-compatibility
_EXTRAS = {"tensorflow": "gpu", "jax": "jax-gpu"}
_WHEELS = {"tensorflow": ("nvidia-cudnn-cu12",), "jax": ("jax-cuda12-plugin", "jax-cuda13-plugin")}
_ASK = {
    "tensorflow": "TF_CPP_MIN_LOG_LEVEL=0 python -c 'import tensorflow as tf; tf.config.list_physical_devices()'",
    "jax": "python -c 'import jax; jax.devices(\"cuda\")'",
}


def reason_unseen(backend: str, root: Path = Path("/")) -> str | None:
    """Return why a backend that sees no GPU sees none, and what to do; None: there is none, or it is hidden on purpose.

    Args:
        backend: tensorflow or jax.
        root: folder that holds `sys`, `proc` and `dev`.
    """
    driver = _driver(root)
    if _is_hidden(backend) or not (driver or _is_in_the_machine(root)):
        return None
    if driver is None:
        return (
            "an NVIDIA GPU is in this machine, but not its driver: install it (Ubuntu: sudo ubuntu-drivers install) "
            "until nvidia-smi lists the GPU"
        )
    if not any((root / "dev").glob("nvidia[0-9]*")):
        return (
            f"the NVIDIA driver {driver} is loaded, but this process has no device /dev/nvidia0: a container needs "
            "`--gpus all`"
        )
    if int(driver.partition(".")[0]) < _LEAST_DRIVER:
        return f"the NVIDIA driver {driver} is too old for CUDA 12: expected {_LEAST_DRIVER} or newer"
    if not any(map(_is_installed, _WHEELS[backend])):
        return (
            f"an NVIDIA GPU with driver {driver} is here, but not the CUDA libraries that {backend} needs: "
            f"pip install 'edge-classify[{_EXTRAS[backend]}]'"
        )
    return (
        f"an NVIDIA GPU with driver {driver} and CUDA libraries are here, but {backend} sees none; why: {_ASK[backend]}"
    )


def _is_in_the_machine(root: Path) -> bool:
    devices = (root / "sys/bus/pci/devices").glob("*")
    return any(_read(path / "vendor") == _VENDOR and _read(path / "class").startswith(_DISPLAY) for path in devices)


def _driver(root: Path) -> str | None:
    """Return the version of the driver that is loaded, such as 550.54.14."""
    found = re.search(r"^NVRM version:.*?\s(\d+\.[\d.]+)\s", _read(root / "proc/driver/nvidia/version"), re.MULTILINE)
    return found[1] if found else None


def _is_hidden(backend: str) -> bool:
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1", "none", "NoDevFiles"):
        return True
    return backend == "jax" and os.environ.get("JAX_PLATFORMS", "").strip() == "cpu"


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
