"""The attack on small programs: one that writes as the toolkit does, and those that don't, which it must find out."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from edge.errors import ToolkitError
from tests.hardening.power_loss.attack import Attack
from tests.hardening.power_loss.command import figures
from tests.hardening.power_loss.killing import Call, Moment, start, temporaries
from tests.hardening.power_loss.scenarios import KillScenario, make_scenarios

# Everything that writes files without TensorFlow, many times: pictures, JSON, rows, a report's folder.
GOOD = """
import os, sys, time
from datetime import datetime, timedelta, timezone
from pathlib import Path
import numpy as np
from edge.system import atomic_file
from edge.classify.results import Prediction
from edge.classify.results import Decision
from edge.artifact.decision_spec import DecisionSpec
from edge.sinks.text.csv import CsvSink
from edge.sinks.text.jsonl import JsonLinesSink
from edge.sinks.images.snapshots import SnapshotSink
from edge.sources.frame import Frame

replace = os.replace
os.replace = lambda *paths: (time.sleep(0.02), replace(*paths))  # so that kills on a fast disk meet a temporary file

noon = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
sinks = [
    CsvSink(Path("answers.csv"), model_sha256="ab" * 32),
    JsonLinesSink(sys.stdout, model_sha256="ab" * 32),
    SnapshotSink(Path("snapshots"), limit_bytes=30_000, rule=DecisionSpec(), model_sha256="ab" * 32),
]
said = Prediction(label="Coat", probability=0.5, top_k=(("Coat", 0.5), ("Shirt", 0.5)), latency_ns={"total": 1},
    pixels=np.zeros((1, 1), np.uint8), probabilities=np.array([0.5, 0.5], np.float32), score=0.5, presence_score=1.0,
    outline=np.zeros((0, 2), np.int32), reason="")
answer = Decision("Coat", 0.5, noon, changed=True, reason="one, two")
noise = np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)
for number in range(4):
    for sink in sinks:
        sink.write(Frame(noise, number, "x", noon + timedelta(seconds=number)), said, answer)
    atomic_file.write_text(Path("state.json"), str([number] * 1000))
"""
BAD = """
import time
with open("state.json", "w") as file:
    print("[", file=file, flush=True)
    time.sleep(2)  # most of its life it is half written, also where Python takes half a second to start
    print("1]", file=file)
"""


def scenario(folder: Path, program: str, **facts: object) -> KillScenario:
    """A program in a folder of its own."""
    (folder / "small").mkdir()
    call = Call([sys.executable, "-c", program], folder / "small", folder / "small" / "answers.jsonl")
    return KillScenario("small", folder / "small", (lambda: call,), **facts)  # type: ignore[arg-type]


@pytest.mark.e2e
def test_what_the_toolkit_writes_is_old_or_new_whenever_it_is_killed(tmp_path: Path) -> None:
    tally = Attack(scenario(tmp_path, GOOD, may_go=r"snapshots/.*"), seed=0).run(4)

    assert (tally.kills, tally.broken, tally.failed, tally.strays) == (4, [], [], [])
    assert tally.starts >= 4
    assert tally.files > 4 * 5
    assert tally.temporaries == tally.while_writing > 0
    assert len(tally.details) == 4


@pytest.mark.e2e
def test_a_file_that_is_written_under_its_own_name_is_found_out(tmp_path: Path) -> None:
    tally = Attack(scenario(tmp_path, BAD), seed=0).run(4)

    assert any(line.startswith("small/state.json: JSONDecodeError") for line in tally.broken)
    assert any(not figure.is_kept for figure in figures({"small": tally}, kills=4, system=0))


@pytest.mark.e2e
def test_other_bytes_than_a_whole_start_makes_are_found_out(tmp_path: Path) -> None:
    program = "import time; from pathlib import Path; from edge.system import atomic_file; p = Path('state.json')\n"
    program += "atomic_file.write_text(p, '1'); time.sleep(2); atomic_file.write_text(p, 'true')"
    tally = Attack(scenario(tmp_path, program, exact=("state.json",)), seed=0).run(4)

    assert len(set(tally.broken)) == 1
    assert "small/state.json: neither the old" in tally.broken[0]


def test_leftover_and_lost_files_of_a_start_are_errors(tmp_path: Path) -> None:
    program = "import pathlib; pathlib.Path('.x.12345678.unfinished.json').touch()"
    with pytest.raises(ToolkitError, match=r"unfinished\.json was left"):
        Attack(scenario(tmp_path, program), seed=0).run(1)
    shutil.rmtree(tmp_path / "small")
    attack = Attack(scenario(tmp_path, "import os; os.remove('a.json')"), seed=0)
    (tmp_path / "small" / "a.json").write_text("1")
    with pytest.raises(ToolkitError, match=r"small/a\.json.* gone"):
        attack.run(1)


def test_a_start_that_fails_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="call 0.*exit code 3.*hurts"):
        Attack(scenario(tmp_path, "import sys; print('it hurts', file=sys.stderr); sys.exit(3)"), seed=0).run(1)


def test_children_are_killed_too(tmp_path: Path) -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])".format(
        "import pathlib, time; pathlib.Path('child.new').touch(); time.sleep(60); pathlib.Path('late').touch()"
    )
    (tmp_path / "small").mkdir()
    end = start(Call([sys.executable, "-c", program], tmp_path / "small"), Moment(write=0))

    assert (end.code, end.writes) == (None, 1)
    assert temporaries(tmp_path) == {tmp_path / "small" / "child.new"}


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("make") is None, reason="make isn't here")
def test_the_service_s_configuration_is_old_or_new_whenever_it_is_killed(tmp_path: Path) -> None:
    (config,) = make_scenarios(tmp_path, ["config"])
    tally = Attack(config, seed=0).run(4)

    assert (tally.kills, tally.broken, tally.failed, tally.strays) == (4, [], [], [])
