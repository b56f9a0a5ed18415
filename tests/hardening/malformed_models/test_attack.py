"""The attack in small: a few hundred forged files of each format, and those that once crashed a library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.classify.classifier import Classifier
from edge.errors import GateError, ModelFileError
from tests.hardening.__main__ import main
from tests.hardening.malformed_models import attack, command, forgery
from tests.hardening.malformed_models.attack import Run, Tried
from tests.hardening.malformed_models.mutations import mutant
from tests.hardening.malformed_models.original import assembled, load_original
from tests.hardening.malformed_models.worker import LOADED, REFUSED, UNEXPECTED

HOSTILE = Path(__file__).parents[2] / "fixtures" / "hostile"
LIBRARIES = {"tflite": ("ai_edge_litert", "flatbuffers"), "onnx": ("onnxruntime", "onnx")}


@pytest.mark.e2e
@pytest.mark.parametrize("file_format", command.FORMATS)
def test_hundreds_of_forged_files_are_refused_or_answered(fixtures: Path, tmp_path: Path, file_format: str) -> None:
    for library in LIBRARIES[file_format]:
        pytest.importorskip(library)
    originals = sorted(fixtures.glob(f"*.{file_format}"))
    found = attack.attack(originals, seed=7, count=240, folder=tmp_path)
    assert [tried.number for tried in found] == list(range(240))
    assert UNEXPECTED not in {tried.outcome for tried in found}
    ended = [tried for tried in found if tried.outcome not in (LOADED, REFUSED)]  # the child process is there for these
    runs = attack.rerun(ended, originals, seed=7, sample=1, corpus=None, folder=tmp_path)
    assert all(run.is_good and run.code == 1 for run in runs.values())
    assert len(ended) < 24
    assert len({tried.kind for tried in found}) >= 14
    assert all(tried.sentence for tried in found if tried.outcome == REFUSED)
    assert 0.5 < sum(tried.outcome == REFUSED for tried in found) / 240 < 0.95


def test_a_worker_loads_every_original_before_it_tries_the_first_file(fixtures: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    originals = sorted(fixtures.glob("*.tflite"))
    assert {"softmax_int8.tflite", "tiny_int8.tflite"} <= {path.name for path in originals}  # without a spec, with one
    (tried,) = attack.attack(originals, seed=0, count=1, folder=tmp_path)
    assert tried.outcome in (LOADED, REFUSED)


def test_a_file_without_a_spec_is_given_one_that_fits(fixtures: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    original = load_original(fixtures / "softmax_int8.tflite")
    whole = tmp_path / "whole.tflite"
    whole.write_bytes(assembled(original, original.network))
    assert Classifier.load(whole).spec.output == "probabilities"
    for number in range(0, 2000, 7):
        assert mutant([original], seed=0, number=number)[1]


def test_the_onnx_attack_on_scales_aims_at_quantize_and_dequantize_nodes(fixtures: Path) -> None:
    onnx = pytest.importorskip("onnx")
    original = load_original(fixtures / "tiny_int8.onnx")
    graph = onnx.load_model_from_string(original.network).graph
    before = {tensor.name: tensor for tensor in graph.initializer}
    nodes = [node for node in graph.node if node.op_type in ("QuantizeLinear", "DequantizeLinear")]
    parameters = {name for node in nodes for name in node.input[1:]}
    changed = set()
    for seed in range(60):
        forged = forgery.KINDS["onnx"]["scales and zero points"](original, np.random.default_rng(seed))
        after = onnx.load_model_from_string(forged).graph
        assert after.node == graph.node
        names = {tensor.name for tensor in after.initializer if tensor != before[tensor.name]}
        assert names <= parameters
        changed |= {name.rpartition(".")[2] for name in names}
    assert changed == {"scale", "zero_point"}


@pytest.mark.parametrize("path", sorted(HOSTILE.glob("*.*")), ids=lambda path: path.name)
def test_what_once_crashed_a_library_is_refused(path: Path) -> None:
    for library in LIBRARIES[path.suffix[1:]]:
        pytest.importorskip(library)
    with pytest.raises(ModelFileError) as caught:
        Classifier.load(path)
    assert str(path) in str(caught.value)


def test_the_corpus_is_there() -> None:
    assert len(list(HOSTILE.glob("*.*"))) >= 3


@pytest.mark.parametrize(
    ("run", "is_good"),
    [
        (Run(0, "", 1, 90), True),
        (Run(1, "error: m is damaged", 1, 90), True),
        (Run(1, "error: one\nerror: two", 1, 90), False),
        (Run(1, "error: unexpected KeyError: 5 (please report it)", 1, 90), False),
        (Run(1, "error: " + "x" * 3000, 1, 90), False),
        (Run(1, "", 1, 90), False),
        (Run(2, "error: usage", 1, 90), False),
        (Run(-11, "", 1, 90), False),
    ],
)
def test_what_a_good_end_is(run: Run, is_good: bool) -> None:
    assert run.is_good == is_good


def test_each_outcome_is_counted_in_its_figure() -> None:
    found = [Tried("onnx", 0, "shapes", REFUSED, "no", 0.5, 3.0), Tried("onnx", 1, "shapes", LOADED, "", 0.1, 5.0),
             Tried("onnx", 2, "ZIP", attack.CRASHED, "signal 11")]  # fmt: skip
    figures = {figure.what.removeprefix("onnx: "): figure for figure in command.summary("onnx", found, {
        1: Run(1, "error: no", 1, 100.0), 2: Run(-6, "", 1, 50.0)})}  # fmt: skip
    assert figures["files"].value == 3
    assert figures[command.CAUGHT].value == 1
    assert figures[command.OTHER_END].value == 1
    assert not figures[command.OTHER_END].is_kept
    assert figures["runner crashes"].value == 1
    assert figures["longest load, processor time"].value == 0.5
    assert figures[command.PEAK].value == 100.0


def test_the_command(fixtures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ends: the figures are written, and a promise that isn't held is exit code 3."""
    seen: list[int] = []
    monkeypatch.setattr(command, "attack", lambda *_, count, **__: [
        Tried("tflite", number, "cut short", REFUSED, "no") for number in range(count)])  # fmt: skip
    monkeypatch.setattr(
        attack, "run_runner", lambda path, _: (seen.append(path.stat().st_size), Run(1, "error: no", 1, 9))[1]
    )
    arguments = ["--count", "5", "--format", "tflite", "--sample", "2", "--model", str(fixtures / "tiny_int8.tflite")]
    assert main(["models", *arguments, "--out", str(tmp_path / "a.json")]) == 0
    report = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert (report["name"], report["settings"], len(seen)) == ("models", {"count": 5, "sample": 2}, 3)
    assert report["details"] == [{"format": "tflite", "kind": "cut short", "refused": 5}]
    monkeypatch.setattr(attack, "run_runner", lambda *_: Run(-11, "", 1, 9))
    assert main(["models", *arguments, "--out", str(tmp_path / "b.json")]) == GateError.exit_code


def test_a_file_that_hung_is_tried_once_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[range] = []

    def load(_: object, __: int, numbers: range, ___: Path) -> list[Tried]:
        calls.append(numbers)
        outcome = attack.HUNG if len(calls) == 1 else LOADED
        return [Tried("tflite", number, "x", outcome if number == numbers[0] else LOADED) for number in numbers[:1]]

    monkeypatch.setattr(attack, "_load_in_worker", load)
    found = attack.attack([], seed=0, count=2, folder=tmp_path)
    assert [tried.outcome for tried in found] == [LOADED, LOADED]
    assert calls == [range(2), range(1), range(1, 2)]


@pytest.mark.parametrize(
    ("outcome", "first", "tries"),
    [
        (REFUSED, Run(-9, "hangs", 20, 90), 2),
        (LOADED, Run(1, "error: it hangs", 6, 90), 2),
        (LOADED, Run(-11, "", 1, 90), 1),
        (REFUSED, Run(1, "error: no", 1, 90), 1),
    ],
)
def test_what_a_busy_machine_may_have_caused_is_run_once_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: str, first: Run, tries: int
) -> None:
    runs = [first, Run(1, "error: no", 1, 90)]
    monkeypatch.setattr(attack, "run_runner", lambda *_: runs.pop(0))
    originals = [HOSTILE.parent / "tiny_int8.tflite"]
    attack.rerun([Tried("tflite", 0, "x", outcome)], originals, seed=0, sample=1, corpus=None, folder=tmp_path)
    assert len(runs) == 2 - tries


@pytest.mark.parametrize("program", ["while True: pass", "time.sleep(60)"], ids=["endless loop", "idle"])
def test_a_runner_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    for name, seconds in (("HANG_S", 0.2), ("_START_ALLOWANCE_S", 0.1), ("IDLE_S", 1.0), ("_TICK_S", 0.05)):
        monkeypatch.setattr(attack, name, seconds)
    with subprocess.Popen(
        [sys.executable, "-c", f"import time\n{program}"], stderr=subprocess.PIPE, text=True
    ) as child:
        assert attack._read_stderr(child) == "hangs"
    assert child.returncode == -9


def test_without_files_to_begin_with_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--format", "onnx", "--model", "a.tflite"]) == 1
    message = capsys.readouterr().err
    assert "onnx" in message
    assert "--model" in message
