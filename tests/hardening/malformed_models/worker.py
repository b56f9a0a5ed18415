"""Loads one forged file after another, as the runner does, in a process whose end is counted by another.

The trial in a child process is made in this very process: ten thousand starts of Python would take hours, and what a
crash of this process shows is exactly what the trial is there for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from edge.artifact.file import Artifact
from edge.classify.classifier import Classifier
from edge.errors import ToolkitError
from edge.runtimes.protocol import import_library, load_network
from edge.system.host import process_memory_bytes
from edge.verify import child_process, sandbox_run
from tests.hardening.malformed_models.mutations import mutant
from tests.hardening.malformed_models.original import assembled, load_original

LOADED, REFUSED, UNEXPECTED, FLOODED = "loaded", "refused", "unexpected", "flooded"
MOST_CHARACTERS = 2000
"""Longest clear error, in characters of one line."""


def work(connection: Connection, originals: Sequence[Path], seed: int, numbers: Sequence[int], folder: Path) -> None:
    """Load the files of these numbers; send (number, kind, outcome, sentence, seconds, MB) of each, None at the end."""
    os.environ["XDG_CACHE_HOME"] = str(folder / "worker-cache")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries talk there
    files = [load_original(path) for path in originals]
    path = folder / f"mutant{files[0].format}.{files[0].format}"
    for file in files:  # libraries are there before memory is bounded
        path.write_bytes(assembled(file, file.network))
        Classifier.load(path)
    sandbox_run.try_in_child = _try_here
    child_process.bound_memory()
    for number in numbers:
        kind, content = mutant(files, seed=seed, number=number)
        path.write_bytes(content)
        del content
        connection.send((number, kind))
        before_bytes = _forget_peak()
        started = time.process_time()
        outcome, sentence = attempt(path)
        seconds = time.process_time() - started
        grown_mb = max(0, process_memory_bytes("VmHWM") - before_bytes) / 1e6
        connection.send((number, kind, outcome, sentence, seconds, grown_mb))
        if outcome == FLOODED:  # what comes next would find no memory either
            break
    connection.send(None)


def attempt(path: Path) -> tuple[str, str]:
    """Load a file and classify a picture with it: how that ended, and what was said."""
    try:
        classifier = Classifier.load(path)
        size = classifier.spec.input
        scores = classifier.model.probabilities(np.zeros((size.height, size.width), np.uint8))
    except ToolkitError as error:
        sentence = " ".join(str(error).split())
        return (REFUSED if len(sentence) <= MOST_CHARACTERS else UNEXPECTED), sentence[:MOST_CHARACTERS]
    except MemoryError:
        return FLOODED, f"it takes more than {child_process.GROWTH_BYTES // 2**20} MB of memory"
    except Exception as error:  # what the command line calls unexpected, and asks to report
        return UNEXPECTED, f"{type(error).__name__}: {error}"[:MOST_CHARACTERS]
    if not np.isfinite(scores).all():
        return UNEXPECTED, "probabilities that aren't finite"
    return LOADED, ""


def _try_here(artifact: Artifact, runtime_name: str) -> None:
    """Try the network as the child process does, in this process."""
    import_library(runtime_name)
    try:
        child_process.try_network(load_network(artifact.network, artifact.path, name=runtime_name))
    except (ToolkitError, MemoryError):
        raise
    except Exception as error:
        raise child_process.refusal(runtime_name, str(artifact.path), error) from error


def _forget_peak() -> int:
    """Reset VmHWM and return the resident memory of this process in bytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return process_memory_bytes()
