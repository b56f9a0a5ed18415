"""Exported libraries of small networks, compiled with this machine's compiler and run."""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.artifact.decision_spec import DecisionSpec
from edge.artifact.file import Artifact
from edge.artifact.input_spec import InputSpec
from edge.artifact.pixels import tensor_shape
from edge.artifact.spec import ModelSpec, TensorSpec
from edge.classify.loaded_model import LoadedModel
from export.micro.library import Checked, known_input, render
from export.micro.network import MicroNetwork

HERE = Path(__file__).parent
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic")
LABELS = ("cat", 'a "dog"?', "Käse", "4")
RGB888, RGB565_BE, RGB565_LE, GREY8 = range(4)
FACTS = dict.fromkeys(("LITERT_VERSION", "SAME", "IMAGES", "IMAGES_ARE", "STEPS"), "1")


class FakeRuntime:
    """A network that puts out what the test says, and keeps what it takes."""

    name, version = "litert", "2"

    def __init__(self, input_tensor: TensorSpec, output_tensor: TensorSpec) -> None:
        self.input_tensor, self.output_tensor = input_tensor, output_tensor
        self.next_output: NDArray[Any] = np.zeros(output_tensor.shape, output_tensor.dtype)
        self.inputs: list[bytes] = []

    def resize_input(self, shape: tuple[int, ...]) -> None:
        raise NotImplementedError

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        self.inputs.append(input_tensor.tobytes())
        return self.next_output


def loaded_model(
    size: InputSpec,
    *,
    decision: DecisionSpec = DecisionSpec(),  # noqa: B008  # frozen
    output: str = "logits",
    dtypes: tuple[str, str] = ("uint8", "uint8"),
    labels: Sequence[str] = LABELS,
) -> LoadedModel:
    """Return a model whose input tensor holds pixels of 0-255 as (pixel - mean) / std, or that of 0-255."""
    zero = {"uint8": 0, "int8": -128}
    grid = (1 / 128, 127 + zero[dtypes[0]]) if size.std[0] == 128 else (1 / 255, zero[dtypes[0]])
    taken = TensorSpec("in", dtypes[0], tensor_shape(size), *grid)
    put_out = TensorSpec("out", dtypes[1], (1, len(labels)), 0.0625 if output == "logits" else 1 / 256,
                         zero[dtypes[1]] + (100 if output == "logits" else 0))  # fmt: skip
    spec = ModelSpec(labels=tuple(labels), input=size, output=output, decision=decision)
    artifact = Artifact(Path('a "cat".tflite'), "tflite", "0" * 64, 100, spec, b"\x01\x02\x03\xff")
    return LoadedModel(artifact, FakeRuntime(taken, put_out), spec)


def written(
    folder: Path, loaded: LoadedModel, known_answer: NDArray[Any] | None = None, *, arena_bytes: int = 1280
) -> Path:
    """Write the library `lib` of a model; return its folder of sources."""
    answer = np.zeros(len(loaded.spec.labels), np.uint8) if known_answer is None else known_answer
    network = MicroNetwork(loaded.artifact.network, ("CONV_2D", "FULLY_CONNECTED"), 3)
    for path, text in render("lib", loaded, network, Checked("1", 1000, arena_bytes, answer, FACTS)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "src"


@dataclass(frozen=True, slots=True)
class Target:
    """Machine that sources are compiled for."""

    machine: str = platform.machine()
    c: str = "cc"
    cxx: str = "c++"
    flags: tuple[str, ...] = ()
    """Flags of compiler and linker."""
    emulator: str = ""
    """Program that runs its programs; empty: this machine does."""

    def runs(self, folder: Path) -> bool:
        """Return whether a C++ program can be compiled for it, and run."""
        source, program = folder / "probe.cpp", folder / "probe"
        source.write_text('#include <stdio.h>\nint main() { return puts("") < 0 || sizeof(void *) != 4; }\n')
        if None in (shutil.which(self.cxx), shutil.which(self.c), shutil.which(self.emulator or self.c)):
            return False
        command = [self.cxx, *self.flags, str(source), "-o", str(program)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return False
        run = [self.emulator, program] if self.emulator else [program]
        return subprocess.run(run, capture_output=True, check=False).returncode == 0


HOST = Target()
THIRTY_TWO_BIT = (
    Target(
        "arm", "arm-linux-gnueabihf-gcc", "arm-linux-gnueabihf-g++", ("-static", "-march=armv7-a+vfpv4"), "qemu-arm"
    ),
    Target("x86_64", flags=("-m32", "-msse2", "-mfpmath=sse")),
)
"""Machines with pointers as long as a microcontroller's, the nearest first."""


def build(
    folder: Path,
    *,
    main: str,
    flags: Sequence[str] = (),
    sources: str = "*.c*",
    link: Sequence[str] = (),
    target: Target = HOST,
) -> Path:
    """Compile a library's sources and a program beside this file; C as C99, C++ as C++11, all warnings are errors."""
    compilers = [shutil.which(name) for name in (target.c, target.cxx)]
    if None in compilers:
        pytest.skip("no C and C++ compiler on this machine: exported libraries aren't compiled")
    objects = []
    for source in [*sorted((folder / "src").glob(sources)), HERE / main]:
        is_c = source.suffix == ".c"
        objects.append(folder / f"{source.stem}{source.suffix}.o")
        standard = next((flag for flag in flags if flag.startswith("-std=gnu")), "-std=c99" if is_c else "-std=c++11")
        if not is_c:
            standard = standard.replace("gnu99", "gnu++11")
        others = [*target.flags, *(flag for flag in flags if not flag.startswith("-std="))]
        command = [compilers[not is_c], standard, *STRICT, "-O1", *others, "-I", folder / "src", "-I", HERE / "tflm",
                   "-c", source, "-o", objects[-1]]  # fmt: skip
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    program = folder / "program"
    subprocess.run(list(map(str, [compilers[1], *target.flags, *objects, "-o", program, *link, "-lm"])), check=True)
    if not target.emulator:
        return program
    script = folder / "emulated"
    script.write_text(f'#!/bin/sh\nexec {target.emulator} "{program}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    return script


def as_frame(pixels: NDArray[np.uint8], frame_format: int, *, gap: int = 0) -> bytes:
    """Return header and bytes of a frame: RGB, shape (H, W, 3), or what `packed` gives, with unused bytes a row."""
    height, width = pixels.shape[:2]
    rows = np.pad(pixels.reshape(height, -1), ((0, 0), (0, gap)), constant_values=77)
    return struct.pack("<4i", frame_format, width, height, rows.shape[1]) + rows.tobytes()


def packed(rgb: NDArray[np.uint8], *, high_first: bool) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return RGB pixels as RGB565, uint8 (H, W, 2), and the RGB that they stand for: the highest bits repeated."""
    red, green, blue = (rgb[..., channel].astype(np.uint16) >> (8 - bits) for channel, bits in enumerate((5, 6, 5)))
    words = red << 11 | green << 5 | blue
    as_bytes = words.astype(">u2" if high_first else "<u2")[..., np.newaxis].view(np.uint8)
    widened = np.stack([red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2], axis=2)
    return as_bytes.reshape(*rgb.shape[:2], 2), widened.astype(np.uint8)


def known_answer_bytes(loaded: LoadedModel) -> bytes:
    """Return the bytes of the input that `NAME_begin()` runs the network on."""
    return known_input(loaded).tobytes()
