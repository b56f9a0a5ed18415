"""Commands that the programs in this folder run as a user would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from edge.errors import EXIT_GATE_FAILED

ROOT = Path(__file__).parents[1]


def call(*arguments: str, cwd: Path = ROOT, may_miss: bool = False) -> str:
    """Run a module in a folder and return its stdout; `may_miss`: also where it missed a limit.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    print(f"$ python -m {' '.join(arguments)}", flush=True)
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=cwd, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode and not (may_miss and done.returncode == EXIT_GATE_FAILED):
        raise subprocess.CalledProcessError(done.returncode, done.args)
    return done.stdout
