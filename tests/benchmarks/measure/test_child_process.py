import sys

import pytest

from benchmarks.measure.child_process import run_job
from benchmarks.measure.job import FAILED, OK, Job

JOB = Job("/a.tflite", "litert", 1, 1, 1, 1, 0.1, "/images.npy", "/frames.npy")


def _python(program: str) -> tuple[str, str, str]:
    return sys.executable, "-c", program


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.kill(os.getpid(), 11)", "crashed with signal 11 (SIGSEGV)"),
        ("import os; os.kill(os.getpid(), 9)", "crashed with signal 9 (SIGKILL: out of memory?)"),
        ("raise ValueError('no such thing')", "ended with exit code 1: ValueError: no such thing"),
        ("raise SystemExit(3)", "ended with exit code 3: nothing was said"),
        ("print('INFO: hello')", "gave no answer: INFO: hello"),
        ("pass", "gave no answer: nothing was said"),
    ],
)
def test_a_worker_that_dies_is_a_failed_outcome_that_says_how(program: str, reason: str) -> None:
    outcome = run_job(JOB, timeout_s=20, command=_python(program))

    assert outcome.status == FAILED
    assert outcome.measurement is None
    assert outcome.reason == reason


def test_a_worker_that_hangs_is_killed() -> None:
    outcome = run_job(JOB, timeout_s=0.2, command=_python("import time; time.sleep(60)"))

    assert (outcome.status, outcome.reason[:18]) == (FAILED, "not done after 0.2")


def test_the_answer_is_the_last_line_and_the_job_arrives_on_stdin() -> None:
    program = (
        "import json, sys\n"
        "print('INFO: a library greets')\n"
        "print(json.dumps({'status': 'ok', 'reason': json.load(sys.stdin)['artifact'], 'measurement': None}))"
    )

    outcome = run_job(JOB, timeout_s=20, command=_python(program))

    assert (outcome.status, outcome.reason) == (OK, "/a.tflite")


def test_the_worker_imports_what_this_process_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, "/some/where"])
    program = "import json, sys; print(json.dumps({'status': 'ok', 'reason': ' '.join(sys.path), 'measurement': None}))"

    assert "/some/where" in run_job(JOB, timeout_s=20, command=_python(program)).reason.split()
