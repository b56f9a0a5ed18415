"""How the tests of the runner call it: in this process or as a child; a made-up runtime; a spec spliced into a file."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import edge
from edge.cli import main
from edge.spec import ModelSpec, TensorSpec


@dataclass(frozen=True)
class Outcome:
    """What a call came to."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line on stderr, without its "error: "; fails if there is more or less than that."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("error: "), self.err
        return lines[0].removeprefix("error: ")


@pytest.fixture
def edge_classify(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run `edge-classify` in this process; native code's output is captured too."""

    def run(*arguments: object) -> Outcome:
        capfd.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert "unexpected" not in err
        return Outcome(code, out, err)

    return run


@pytest.fixture(autouse=True)
def _children_are_a_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes find `edge`, installed or not, and buffer stdout: what is buffered is what goes wrong at exit."""
    monkeypatch.setenv("PYTHONPATH", str(Path(edge.__file__).parents[1]))
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start this Python in a child process; whatever still runs at the end is killed."""
    children: list[subprocess.Popen[str]] = []

    def start(*arguments: str, stdout: object = subprocess.PIPE) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=stdout,  # type: ignore[arg-type]  # as subprocess has it
            stderr=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                stream.close()
        child.wait()


@pytest.fixture
def respec(tmp_path: Path) -> Callable[..., Path]:
    """Copy a TFLite file with another spec in it (text or spec), or with none."""

    def copy(model: Path, spec: ModelSpec | str | None) -> Path:
        content = model.read_bytes()
        content = content[: content.index(b"PK\x03\x04")]
        path = tmp_path / f"respec_{model.name}"
        buffer = io.BytesIO(content)
        if spec is not None:
            with zipfile.ZipFile(buffer, "a") as archive:
                archive.writestr("model_spec.json", spec if isinstance(spec, str) else spec.to_json())
        path.write_bytes(buffer.getvalue())
        return path

    return copy


class FakeRuntime:
    """Answers every image with the same scores; remembers what it was fed."""

    name, version = "fake", "1"

    def __init__(
        self, scores: list[float], *, grid: TensorSpec | None = None, shape: tuple[int, ...] = (1, 2, 2, 1)
    ) -> None:
        self.input_tensor = TensorSpec("x", "uint8", shape, scale=1 / 255)
        self.output_tensor = grid or TensorSpec("y", "float32", (1, len(scores)))
        self.scores = np.array([scores], self.output_tensor.dtype)
        self.fed: NDArray[Any] | None = None

    def invoke(self, input_tensor: NDArray[Any]) -> NDArray[Any]:
        self.fed = input_tensor
        return self.scores


@pytest.fixture
def fake_runtime() -> type[FakeRuntime]:
    """The class of a runtime that needs no file."""
    return FakeRuntime
