"""A base install without an installer: a folder that links what the project itself requires, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
_NAME = re.compile(r"[\w.-]+")
_PROGRAM = """
import runpy, sys
sys.path[:0] = {paths!r}
sys.argv[1:] = {arguments!r}
runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
"""


def required(name: str) -> set[str]:
    """Return a distribution and all that it requires, without extras; what isn't installed is for other machines."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        try:
            requires = distribution(one).requires or []
        except PackageNotFoundError:
            continue
        if one not in found:
            waiting += [match[0].lower() for line in requires if "extra" not in line and (match := _NAME.match(line))]
        found.add(one)
    return found


def link(folder: Path, names: set[str]) -> None:
    """Link the packages of distributions into a folder, as site-packages has them."""
    for name in names:
        one = distribution(name)
        for top in {file.parts[0] for file in one.files or () if file.parts[0] not in ("..", "__pycache__")}:
            target = Path(str(one.locate_file(top)))
            if target.exists() and not (folder / top).exists():
                (folder / top).symlink_to(target)


def run(site: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module of this project in a process that sees the standard library, the project and a folder."""
    program = _PROGRAM.format(paths=[str(ROOT), str(site)], arguments=[*arguments], module=module)
    return subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False)
