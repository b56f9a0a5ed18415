"""Class names in the forms in which people keep them: one a line, numbered or not, JSON, or a Python dict."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from edge.artifact.formats import MalformedModelError, literal
from edge.artifact.spec import RESERVED_LABELS
from edge.errors import ModelFileError

MAX_BYTES = 4 * 2**20
"""Largest label file: the 21,843 classes of the whole ImageNet with all their synonyms take one."""

_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# A number, a separator and a name; a comma between digits is a decimal point somewhere.
_NUMBERED = re.compile(r"([0-9]{1,9})(?:\s*:\s*|\s*,\s*(?![0-9])|[.)]?\s+)(\S.*)")
_NESTED_IN = ("id2label", "names", "labels", "classes", "Label")  # Hugging Face, Ultralytics, others, Lobe's signature
_LABEL_FILE = re.compile(r"(?:^|/)(?:[^/]*label[^/]*|dict|classes|class_names)\.txt$", re.IGNORECASE)
_MAX_ROUNDS = 8


def read_labels(path: Path) -> tuple[str, ...]:
    """Read a file of class names: lines, JSON or a Python dict; errors as of `decode_labels`.

    Returns:
        Names in index order, all different, none of them a decision of its own.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelFileError(
            f"label file {path} can't be read ({error.strerror}): expected one class name a line"
        ) from error
    return decode_labels(content, str(path))


def decode_labels(content: bytes, name: str) -> tuple[str, ...]:
    """Read the bytes of a label file.

    Args:
        content: UTF-8, with or without a byte order mark.
        name: of the file, for error messages.

    Raises:
        ModelFileError: it is another encoding, too large, empty, has a gap, or isn't a list of names.
    """
    if len(content) > MAX_BYTES:
        raise ModelFileError(f"label file {name} is larger than {MAX_BYTES:,} bytes: expected one class name a line")
    if content.startswith(_WIDE) or b"\0" in content:
        raise ModelFileError(f"label file {name} isn't UTF-8 (it looks like UTF-16): save it as UTF-8")
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise ModelFileError(f"label file {name} isn't UTF-8 (byte {error.start + 1:,}): save it as UTF-8") from error
    return parse_labels(text, name)


def parse_labels(text: str, name: str) -> tuple[str, ...]:
    """Read class names from a text; arguments and errors as of `decode_labels`."""
    if (text.lstrip()[:1], text.rstrip()[-1:]) in (("{", "}"), ("[", "]")):
        try:
            return labels_of(literal.read(text), name)
        except MalformedModelError as error:
            raise ModelFileError(f"label file {name} holds no list of class names: {error}") from error
    lines = [" ".join(line.split()) for line in re.split(r"\r\n|\r|\n", text)]
    while lines and not lines[-1]:
        lines.pop()
    if "" in lines:
        raise ModelFileError(
            f"line {lines.index('') + 1} of label file {name} is blank: each line names a class, fill it or take it out"
        )
    return distinct(_without_numbers(lines, name), name)


def labels_of(found: Any, name: str) -> tuple[str, ...]:
    """Find the class names in what JSON or a Python literal holds: a list, number -> name, or name -> number.

    Args:
        found: of any kind; the list or dict may lie below id2label, names, labels or classes.
        name: of the file, for error messages.

    Raises:
        ModelFileError: there is no list of names in it, or one with gaps.
    """
    for _ in range(len(_NESTED_IN)):
        inner = next((found[key] for key in _NESTED_IN if key in found), None) if isinstance(found, dict) else None
        if not isinstance(inner, list | dict):
            break
        found = inner
    if isinstance(found, list | tuple):
        return distinct([_name_in(entry, name) for entry in found], name)
    if not isinstance(found, dict) or not found:
        raise ModelFileError(f"label file {name} holds no list of class names: expected names, or number -> name")
    keys, values = list(found), list(found.values())
    if all(isinstance(value, int) for value in values):  # the other way round, as Keras' class_indices are
        keys, values = values, keys
    numbers = [number for number in map(_number, keys) if number is not None]
    if len(numbers) < len(keys):
        raise ModelFileError(f"label file {name} holds no list of class names: expected number -> name")
    return distinct(_in_order(numbers, [_name_in(value, name) for value in values], name), name)


def distinct(labels: Sequence[str], name: str = "labels") -> tuple[str, ...]:
    """Rename what a specification can't hold: names that occur twice, and those of decisions.

    Args:
        labels: in index order.
        name: of their file, for error messages.

    Returns:
        As many, all different: "crane" twice becomes "crane (134)" and "crane (517)", by the class's index; unknown,
        nothing and stale become "unknown (class)" and so on.

    Raises:
        ModelFileError: there is none, or one that is blank or can't be printed.
    """
    if not labels:
        raise ModelFileError(f"label file {name} is empty: expected one class name a line")
    for index, label in enumerate(labels):
        if not label.strip() or not label.isprintable():
            raise ModelFileError(f"class {index} of label file {name} is {label[:40]!r}: expected a printable name")
    found = [f"{label} (class)" if label.strip().casefold() in RESERVED_LABELS else label for label in labels]
    for _ in range(_MAX_ROUNDS):
        counts = Counter(found)
        if len(counts) == len(found):
            return tuple(found)
        # A name that already ends so, such as a literal "crane (134)", is one more round's duplicate.
        found = [f"{label} ({index})" if counts[label] > 1 else label for index, label in enumerate(found)]
    raise ModelFileError(f"label file {name} has names that can't be told apart: give each class its own")


def _without_numbers(lines: Sequence[str], name: str) -> list[str]:
    """Take the numbers off if every line has one: they are the classes' indices, in whatever order the lines are."""
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    matches = [match for match in numbered if match]
    if not matches or len(matches) < len(lines):
        return list(lines)
    names = [match[2] for match in matches]
    if len(lines) > 1 and 2 * len(set(names)) <= len(lines):
        return list(lines)  # "1 cent, 2 cent, 5 cent": the number belongs to the name
    return _in_order([int(match[1]) for match in matches], names, name)


def _in_order(numbers: Sequence[int], names: Sequence[str], name: str) -> list[str]:
    """Sort names by their numbers, which run from 0 or 1 without a gap."""
    ordered = sorted(zip(numbers, names, strict=True), key=lambda pair: pair[0])
    first = ordered[0][0]
    for expected, (number, _) in enumerate(ordered, first if first in (0, 1) else 0):
        if number != expected:
            wrong = f"{number} occurs twice" if number < expected else f"{expected} is missing"
            raise ModelFileError(
                f"the numbers of label file {name} aren't those of classes, {wrong}: number all from 0 or 1, or none"
            )
    return [label for _, label in ordered]


def _name_in(entry: Any, name: str) -> str:
    """Return the name of an entry; ImageNet's class index has ["n01440764", "tench"]."""
    last = entry[-1] if isinstance(entry, list | tuple) and entry else entry
    if not isinstance(last, str):
        raise ModelFileError(f"label file {name} has {str(entry)[:40]!r} among its names: expected texts")
    return " ".join(last.split())


def _number(key: Any) -> int | None:
    if isinstance(key, bool):
        return None
    if isinstance(key, int):
        return key if 0 <= key < 10**9 else None
    return int(key) if isinstance(key, str) and re.fullmatch(r"[0-9]{1,9}", key) else None


def beside(path: Path) -> Path | None:
    """Return the label file beside a model, the one with its name first; None if there is none."""
    names = (f"{path.stem}_labels.txt", f"{path.stem}.txt", "labels.txt", "labelmap.txt")
    return next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)


def looks_like_labels(names: Iterable[str]) -> list[str]:
    """Return those names of files that are called like labels, in their order: labels.txt, label_map.txt, dict.txt."""
    return [name for name in names if _LABEL_FILE.search(name)]
