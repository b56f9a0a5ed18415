"""Runs one of the scripts in the first of several Pythons that has what it needs."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from benchmarks.measure.child_process import ask, own_environment
from benchmarks.measure.job import FAILED, NOT_INSTALLED
from benchmarks.peers.protocol import SCRIPTS, PeerJob, PeerOutcome


def run_script(script: str, job: PeerJob, **more: Any) -> PeerOutcome:
    """Run a script of `benchmarks/peers/scripts`.

    Args:
        script: its file name.
        job: what to time.
        more: what the script wants to know besides, such as the module to import.
    """
    question = json.dumps({
        "artifact": str(job.artifact.path), "images_file": job.images_file, "threads": job.threads, "runs": job.runs,
        "warmup": job.warmup, "warmup_s": job.warmup_s, **more,
    })  # fmt: skip
    outcome = PeerOutcome(NOT_INSTALLED)
    for python in job.pythons:
        command = (python, str(SCRIPTS / script))
        reply = ask(command, question, timeout_s=job.timeout_s, environment=_environment(python))
        outcome = PeerOutcome(FAILED, reply.reason) if reply.reason else _read(reply.text)
        if outcome.status != NOT_INSTALLED:
            break
    return outcome


def run_tflite_loop(job: PeerJob, *, module: str, package: str, interpreter: str = "Interpreter") -> PeerOutcome:
    """Run the bare loop on the TFLite interpreter of a library.

    Args:
        job: what to time.
        module: to import.
        package: whose version counts.
        interpreter: the class within the module, with dots.
    """
    return run_script("tflite_loop.py", job, module=module, package=package, interpreter=interpreter)


def _environment(python: str) -> dict[str, str]:
    """Another Python must not find this one's libraries."""
    if python == sys.executable:
        return own_environment()
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return {**kept, "TF_CPP_MIN_LOG_LEVEL": "3"}


def _read(text: str) -> PeerOutcome:
    try:
        return PeerOutcome(**json.loads(text))
    except (ValueError, TypeError):
        return PeerOutcome(FAILED, f"gave no answer: {text[:200]}")
