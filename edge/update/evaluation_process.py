"""Tries a new model in a child process, which may crash or hang: this one then has a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from edge.datasets.folder_labels import Truths
from edge.errors import UpdateError
from edge.update.metrics import Count, Figures

_TIMEOUT_S = 300.0
# It finds the very modules that this process has, whatever lies in the working directory.
_PROGRAM = """
import json, sys
path, arguments = json.loads(sys.argv[1])
sys.path[:] = path
from edge.update.evaluate import main
main(*arguments)
"""


def self_test(
    new: Path, current: Path, *, sha256: str, current_sha256: str, samples: Path | None, truths: Truths
) -> Figures:
    """Run a new model on drawn garments and on samples, beside the current one.

    Args:
        new: the file in question.
        current: the file it is compared with.
        sha256: of the new file, if the user vouches for it; empty: it is checked as files of strangers are.
        current_sha256: of the other one; empty: it is the one inside the package.
        samples: a folder with a folder of pictures for each label; None: there are none.
        truths: what is right for folders that aren't called like a label; see `edge.datasets.folder_labels`.

    Raises:
        UpdateError: it can't be loaded, gives no probabilities, crashes or hangs.
    """
    files = [str(new), sha256], [str(current), current_sha256]
    given = json.dumps([sys.path, [*files, str(samples.absolute()) if samples else "", dict(truths)]])
    try:
        child = subprocess.run([sys.executable, "-I", "-c", _PROGRAM, given], capture_output=True, text=True,
                               errors="replace", timeout=_TIMEOUT_S, check=False)  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise UpdateError(f"the self-test wasn't over after {_TIMEOUT_S:.0f} s: the model hangs or is far too slow, or "
                          "there are too many samples") from error  # fmt: skip
    if child.returncode < 0:
        raise UpdateError(f"the self-test crashed (signal {-child.returncode}): the file is damaged")
    if child.returncode > 0:
        raise UpdateError((child.stderr.strip().splitlines() or ["the self-test failed"])[-1])
    return _figures(child.stdout)


def _figures(text: str) -> Figures:
    found = json.loads(text.splitlines()[-1])  # libraries may have printed something before
    return Figures(
        drawn=Count(**found["drawn"]),
        samples=Count(**found["samples"]) if found["samples"] else None,
        time_ratio=found["time_ratio"],
        labels=tuple(found["labels"]),
        current_labels=tuple(found["current_labels"]),
    )
