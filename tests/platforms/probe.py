"""Installs the project on one Python and says what imports and predicts there: a program of its own, JSON on stdout.

Needs Python 3.10, its venv, and a folder that `tests.platforms.kit` packed; this file lies in it too, and bits.py.
"""

from __future__ import annotations

import argparse
import base64
import importlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PIP = ("-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet", "--only-binary=:all:")
# Environment -> what is installed into it one after the other: the extra, the library, what is imported, the models.
ENVIRONMENTS = {
    "base": (
        ("", "litert", "ai_edge_litert.interpreter", ("int8",)),
        ("[onnx]", "onnxruntime", "onnxruntime", ("int8 ONNX",)),
    ),
    "numpy1": (("[tflite-runtime]", "tflite-runtime", "tflite_runtime.interpreter", ("int8", "dynamic")),),
}
MODELS = {"int8 ONNX": "int8.onnx", "dynamic": "dynamic.tflite"}  # in the folder; int8 is in the package
PACKAGES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime", "onnxruntime": "onnxruntime"}
FRAMES = 10
CORES = {"0xd03": "Cortex-A53", "0xd08": "Cortex-A72", "0xd0b": "Cortex-A76"}  # "CPU part" of /proc/cpuinfo
_TIMEOUT_S = 1800.0  # of an installation under emulation
_FACTS = (
    "import json; from benchmarks.host.environment import describe_environment; "
    "from benchmarks.records import to_record; "
    "print(json.dumps(to_record(describe_environment([], seed=None, threads=1))))"
)


class WentWrongError(Exception):
    """A child process that didn't do it; says how."""


def ask(command: Sequence[str | Path]) -> str:
    """Run a command and return its stdout; a crash is a sentence.

    Raises:
        WentWrongError: it crashed, failed or took too long.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    try:
        done = subprocess.run(
            list(map(str, command)), capture_output=True, text=True, env=plain, timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise WentWrongError(f"not done after {_TIMEOUT_S:g} s") from error
    if done.returncode == -signal.SIGILL:
        raise WentWrongError("illegal instruction: this processor lacks one that the wheel was built with")
    if done.returncode < 0:
        raise WentWrongError(f"crashed ({signal.Signals(-done.returncode).name})")
    if done.returncode > 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        last = next((line for line in lines if "No matching distribution" in line), lines[-1])  # pip's reason
        raise WentWrongError(" ".join(last.removeprefix("ERROR:").split())[:200])
    return done.stdout


def examine(kit: Path, environments: Path) -> dict[str, Any]:
    """All that is tried on this Python: machine, and a row for each library and model file."""
    rows: list[dict[str, Any]] = []
    facts: dict[str, Any] = {}
    for name, steps in ENVIRONMENTS.items():
        python = environments / name / "bin" / "python"
        for extra, library, module, models in steps:
            wrong = install(python, wheel(kit), extra)
            if not facts and not wrong:
                facts = json.loads(ask((python, "-I", "-c", _FACTS)))
            rows += [row(kit, python, library, module, model, wrong=wrong) for model in models]
    return {"python": platform.python_version(), "architecture": platform.machine(), "core": core(),
            "environment": facts, "rows": rows}  # fmt: skip


def install(python: Path, project: Path, extra: str) -> str:
    """Install the project into an environment that is made if it isn't there; what went wrong, or nothing."""
    try:
        if not python.exists():
            ask((sys.executable, "-I", "-m", "venv", python.parents[1]))
        ask((python, *PIP, f"{project}{extra}"))
        # Where there is one of the same version already, pip has left it there, whatever is in it.
        ask((python, *PIP, "--no-deps", "--force-reinstall", project))
    except WentWrongError as error:
        return f"not installed: {error}"
    return ""


def row(kit: Path, python: Path, library: str, module: str, model: str, *, wrong: str) -> dict[str, Any]:
    """Import the library, classify drawn frames with the command, and run the model on every image."""
    found: dict[str, Any] = {"library": library, "model": model, "imports": wrong or "yes", "predicts": "no"}
    if wrong:
        return found
    try:
        ask((python, "-I", "-c", f"import {module}"))
    except WentWrongError as error:
        return found | {"imports": str(error)}
    file = ("--model", kit / MODELS[model]) if model in MODELS else ()
    command = (python, "-I", "-m", "edge.run.main", "--source", "demo", "--json", "--max-frames", str(FRAMES))
    try:
        answers = len(ask((*command, "--runtime", library, *file)).splitlines())
        ran: dict[str, Any] = json.loads(ask((python, "-I", __file__, kit, "--inside", library, "--model", model)))
    except WentWrongError as error:
        return found | {"predicts": str(error)}
    return found | {"predicts": "yes" if answers == FRAMES else f"{answers} of {FRAMES} frames"} | ran


def inside(kit: Path, library: str, model: str) -> dict[str, Any]:
    """Run in an environment: versions, and all that the model puts out on the test images."""
    import numpy as np

    from benchmarks.host.environment import library_versions, wheel_tags

    sys.path.append(str(kit))
    bits = importlib.import_module("bits")  # beside this file in the kit: what is installed has no tests

    file = kit / MODELS[model] if model in MODELS else None
    images, drawn = np.load(kit / "images.npy"), np.load(kit / "drawn.npy")
    found = bits.outputs(images, runtime=library, model=file)
    more = {"outputs": base64.b64encode(zlib.compress(found.tobytes())).decode()} if found.dtype == np.uint8 else {}
    if library == "onnxruntime" and file:
        more["exact_answers"] = "".join(map(str, bits.exact_outputs(images, file).argmax(axis=1)))
    return more | {
        "versions": library_versions(),
        "wheel_tag": wheel_tags().get(PACKAGES[library]),
        "outputs_sha256": bits.sha256(found),
        "drawn_outputs_sha256": bits.sha256(bits.outputs(drawn, runtime=library, model=file)),
        "answers": "".join(map(str, found.argmax(axis=1))),
    }


def core() -> str:
    """The processor's core, where it is one that a Raspberry Pi has."""
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    parts = {line.split(":")[1].strip() for line in cpuinfo.splitlines() if line.startswith("CPU part")}
    return ", ".join(sorted(CORES.get(part, part) for part in parts))


def wheel(kit: Path) -> Path:
    """The project, built."""
    return next(kit.glob("edge_classify-*.whl"))


def main() -> None:
    """Examine, or be the child that runs one model; print one JSON object."""
    flags = argparse.ArgumentParser(description=str(__doc__).splitlines()[0], allow_abbrev=False)
    flags.add_argument("kit", type=Path, help="folder with the project's wheel, images and model files")
    flags.add_argument("--environments", type=Path, metavar="DIR", help="keep the environments, and use those there")
    flags.add_argument("--inside", metavar="LIBRARY", help=argparse.SUPPRESS)
    flags.add_argument("--model", default="int8", help=argparse.SUPPRESS)
    options = flags.parse_args()
    if options.inside:
        print(json.dumps(inside(options.kit, options.inside, options.model)))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(examine(options.kit.absolute(), (options.environments or Path(folder)).absolute())))


if __name__ == "__main__":
    main()
