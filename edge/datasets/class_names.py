"""Class names as names of folders: a person's are checked, a model's labels are made valid. Pure functions."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from edge.artifact.spec import NOTHING_LABEL, STALE_LABEL

MOST_CLASSES = 100
"""Classes that a person collects at once: each has a button."""
LONGEST_BYTES = 80
"""Bytes of a class name in UTF-8; the file's own name and its temporary one need the rest of 255."""
_NOT_IN_NAMES = r'[/\\:*?"<>|\x00-\x1f\x7f]'
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_ANSWERS = (NOTHING_LABEL, STALE_LABEL)


def parse_class_names(text: str) -> tuple[str, ...]:
    """Parse `ripe,unripe,unknown`.

    Raises:
        ValueError: a name is no name of a folder or occurs twice, or there are none or more than 100.
    """
    return check_class_names([name.strip() for name in text.split(",")])


def check_class_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return names that a person chose, in Unicode's composed form.

    Raises:
        ValueError: as of `parse_class_names`.
    """
    found = tuple(check_class_name(name) for name in names)
    if not 1 <= len(found) <= MOST_CLASSES:
        raise ValueError(f"expected 1 to {MOST_CLASSES} classes, got {len(found)}")
    seen: dict[str, str] = {}
    for name in found:
        first = seen.setdefault(name.casefold(), name)
        if first is not name:
            raise ValueError(f"class {name!r} occurs twice (as {first!r}), and some disks hold them in one folder")
    return found


def check_class_name(name: str) -> str:
    """Return one name that a person chose, in Unicode's composed form; `unknown` is for counter-examples.

    Raises:
        ValueError: it is no name of a folder on every disk, or an answer of the runner's own.
    """
    name = unicodedata.normalize("NFC", name)
    if not name:
        raise ValueError("a class name is empty: expected names between commas, such as ripe,unripe,unknown")
    if found := re.search(_NOT_IN_NAMES, name):
        raise ValueError(f"class {name!r} holds {found[0]!r}, which a folder's name can't: leave it out")
    if not name.isprintable():
        raise ValueError(f"class {name!r} holds characters that can't be printed: leave them out")
    if name[0] in ".-" or name[-1] == "." or name != name.strip():
        raise ValueError(f"class {name!r} begins or ends as no folder should: begin with a letter or a digit")
    if len(name.encode()) > LONGEST_BYTES:
        raise ValueError(f"class {name[:20]!r}... is longer than {LONGEST_BYTES} bytes: shorten it")
    if name.casefold().partition(".")[0] in _DEVICES:
        raise ValueError(f"class {name!r} is the name of a device on some systems: choose another")
    if name.casefold() in _ANSWERS:
        raise ValueError(f"class {name!r} is an answer of the runner's own: choose another, or unknown")
    return name


def folder_name(label: str) -> str:
    """Return a model's label as a folder name that is valid on every disk: `T-shirt/top` becomes `T-shirt-top`.

    One that is too long is cut, and ends with a part of its SHA-256.
    """
    name = re.sub(_NOT_IN_NAMES, "-", label).strip(". ") or "-"
    if name.casefold().partition(".")[0] in _DEVICES:
        name = f"-{name}"
    if len(name.encode()) <= LONGEST_BYTES:
        return name
    digest = hashlib.sha256(label.encode()).hexdigest()[:8]
    return f"{name.encode()[: LONGEST_BYTES - 9].decode(errors='ignore')}-{digest}"


def folder_names(labels: Iterable[str]) -> dict[str, str]:
    """Return the folder of each label, no two alike on any disk: label -> name."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        name, number = folder_name(label), 1
        while name.casefold() in taken:
            number += 1
            name = f"{folder_name(label)} ({number})"
        taken.add(name.casefold())
        folders[label] = name
    return folders
