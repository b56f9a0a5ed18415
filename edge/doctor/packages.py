"""Check that the packages `edge`, `train`, `export` and `benchmarks` are ours: other projects have these names."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import edge
from edge.doctor.host_probe import WARNING, Finding

NAMES = ("edge", "train", "export", "benchmarks")
_OURS = "edge-classify"
_AGAIN = f"pip install --force-reinstall --no-deps {_OURS}"


def check_packages(root: Path | None = None) -> list[Finding]:
    """Check each package; no finding where all are ours.

    Args:
        root: folder that holds our packages; None: the one of `edge`.
    """
    root = root or Path(edge.__file__).parents[1]
    owners = packages_distributions()
    findings = []
    for name in NAMES:
        others = sorted({owner for owner in owners.get(name, []) if owner.lower() != _OURS})
        found = _folder(name)
        if others:
            text = f"{name} is also a package of {' and '.join(others)}, whose files lie over ours"
            findings.append(Finding("packages", WARNING, text, f"pip uninstall {' '.join(others)}, then {_AGAIN}"))
        elif found is None:
            text = f"{name} is gone: another project's package of that name took it along when it was uninstalled"
            findings.append(Finding("packages", WARNING, text, _AGAIN))
        elif found != root / name:
            text = f"python -m {name} would run {found}, which isn't ours"
            findings.append(Finding("packages", WARNING, text, "run it from another folder, or move that one away"))
    return findings


def _folder(name: str) -> Path | None:
    """Return the folder or file that a package is imported from; None if there is none, or one without __init__.py."""
    try:
        spec = find_spec(name)
    except ValueError:  # what is imported already and has no spec
        return None
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
