"""ONNX Runtime on the tiny models, and on nodes of kinds that this project doesn't feed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge.artifact.file import VerifiedArtifact, read_artifact
from edge.artifact.spec import TensorSpec
from edge.errors import ModelFileError
from edge.runtimes import onnxruntime as adapter
from edge.runtimes import open_runtime

library = pytest.importorskip("onnxruntime")


def network(fixtures: Path, mode: str) -> bytes:
    """A tiny model without its metadata."""
    return read_artifact(fixtures / f"tiny_{mode}.onnx").network


@pytest.mark.parametrize(
    ("mode", "dtype", "scale"), [("int8", "uint8", float(np.float32(1 / 255))), ("none", "float32", 0.0)]
)
def test_tensor_facts_are_those_of_the_file(fixtures: Path, mode: str, dtype: str, scale: float) -> None:
    runtime = adapter.load(Path("m.onnx"), network(fixtures, mode), threads=1)
    assert runtime.input_tensor == TensorSpec(runtime.input_tensor.name, dtype, (1, 28, 28, 1), scale=scale)
    assert runtime.output_tensor == TensorSpec(runtime.output_tensor.name, "float32", (1, 10))
    assert (runtime.name, runtime.version) == ("onnxruntime", library.__version__)


def test_the_same_input_gives_the_same_output_and_another_another(fixtures: Path) -> None:
    runtime = adapter.load(Path("m.onnx"), network(fixtures, "int8"), threads=2)
    black, white = np.zeros((1, 28, 28, 1), np.uint8), np.full((1, 28, 28, 1), 255, np.uint8)
    first = runtime.invoke(black)
    assert first.shape == (1, 10)
    assert first.dtype == np.float32
    kept = first.copy()
    assert not np.array_equal(runtime.invoke(white), kept)
    assert np.array_equal(first, kept)
    assert np.array_equal(runtime.invoke(black), kept)


def test_wherever_an_onnx_file_is_cut_it_is_refused_in_one_line(
    fixtures: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = network(fixtures, "int8")
    for length in range(2, len(content), 149):
        with pytest.raises(ModelFileError, match=r"^onnxruntime .*load cut\.onnx: ") as caught:
            adapter.load(Path("cut.onnx"), content[:length], threads=1)
        assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


class FakeSession:
    """Stands for onnxruntime.InferenceSession."""

    inputs: tuple[Any, ...] = (SimpleNamespace(name="x", type="tensor(float)", shape=["batch", 4, None, 1]),)
    outputs: tuple[Any, ...] = (SimpleNamespace(name="y", type="tensor(float)", shape=[1, 3]),)

    def __init__(self, network: bytes, options: Any, providers: list[str]) -> None:
        self.options = options
        assert providers == ["CPUExecutionProvider"]

    def get_inputs(self) -> tuple[Any, ...]:
        return self.inputs

    def get_outputs(self) -> tuple[Any, ...]:
        return self.outputs

    def get_modelmeta(self) -> Any:
        return SimpleNamespace(custom_metadata_map={"somebody": "else"})


def test_a_free_batch_is_one_another_free_axis_zero_and_the_threads_reach_the_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "InferenceSession", FakeSession)
    runtime = adapter.load(Path("m.onnx"), b"", threads=3)
    assert runtime.input_tensor == TensorSpec("x", "float32", (1, 4, 0, 1))
    options = runtime._session.options
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    spinning = "session.intra_op.allow_spinning"
    assert options.get_session_config_entry(spinning) == "0"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"inputs": FakeSession.inputs * 2}, r"m\.onnx takes 2 tensors"),
        ({"outputs": ()}, r"m\.onnx puts out 0 tensors"),
        (
            {"outputs": (SimpleNamespace(name="y", type="tensor(int64)", shape=[1]),)},
            r"tensor 'y' of m\.onnx is a tensor\(int64\): expected tensor\(float\) or tensor\(uint8\)",
        ),
    ],
    ids=["two inputs", "no output", "int64"],
)
def test_what_is_no_classifier_is_refused(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], words: str) -> None:
    for name, value in changes.items():
        monkeypatch.setattr(FakeSession, name, value)
    monkeypatch.setattr(library, "InferenceSession", FakeSession)
    with pytest.raises(ModelFileError, match=words):
        adapter.load(Path("m.onnx"), b"", threads=1)


def test_nobody_is_told_what_runs_here(fixtures: Path, tmp_path: Path) -> None:
    program = f"""
import os
import subprocess
import sys
from pathlib import Path
from edge.artifact.file import VerifiedArtifact, read_artifact
from edge.runtimes import onnxruntime
path = Path({str(fixtures / "tiny_int8.onnx")!r})
onnxruntime.load(path, read_artifact(path).network, threads=1)
"""
    silencing = ("CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME")  # where tests run
    environment = {name: value for name, value in os.environ.items() if name not in silencing}
    subprocess.run([sys.executable, "-c", program], env={**environment, "HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []


class FakeLibrary:
    """Remembers what each session was asked for; refuses exact kernels where it is told to."""

    __version__ = "1.0"
    GraphOptimizationLevel = SimpleNamespace(ORT_DISABLE_ALL="none")

    def __init__(self, *, refuses: bool) -> None:
        self.refuses = refuses
        self.asked: list[dict[str, str]] = []

    class SessionOptions:
        def __init__(self) -> None:
            self.entries: dict[str, str] = {}

        def add_session_config_entry(self, key: str, value: str) -> None:
            self.entries[key] = value

    def InferenceSession(self, network: bytes, options: Any, providers: list[str]) -> str:  # noqa: N802  # its name
        self.asked.append(options.entries)
        if self.refuses and EXACT in options.entries:
            raise RuntimeError("Attempt to replace the existing tensor")
        return "session"


EXACT = "session.x64quantprecision"


@pytest.mark.parametrize(
    "case",  # may saturate, refuses exact kernels, the processor saturates; what is asked for, whether it warns
    [
        (False, False, True, [False], False),  # a file whose weights are small enough: nothing to ask for
        (True, False, True, [True], False),
        (True, True, False, [True, False], False),  # refused, and of no importance on this processor
        (True, True, True, [True, False], True),
    ],
)
def test_exact_kernels_are_asked_for_where_sums_may_be_cut_off(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    case: tuple[bool, bool, bool, list[bool], bool],
) -> None:
    may_saturate, refuses, saturates, asked, warned = case
    fake = FakeLibrary(refuses=refuses)
    monkeypatch.setattr(adapter, "int8_saturates", lambda: saturates)
    assert adapter._session(fake, b"", Path("m.onnx"), threads=1, may_saturate=may_saturate) == "session"
    assert [EXACT in entries for entries in fake.asked] == asked
    assert [record.args for record in caplog.records] == ([(Path("m.onnx"),)] if warned else [])


def test_a_file_of_ours_says_that_it_needs_no_exact_kernels(fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(adapter, "load", lambda *_, may_saturate, **__: asked.append(may_saturate))
    ours = read_artifact(fixtures / "tiny_int8.onnx")
    open_runtime(VerifiedArtifact(ours, "onnxruntime"))
    open_runtime(VerifiedArtifact(ours._replace(spec=None), "onnxruntime"))
    assert asked == [False, True]
    assert ours.spec is not None
    assert ours.spec.provenance.needs["largest_weight_pair"] <= 128
