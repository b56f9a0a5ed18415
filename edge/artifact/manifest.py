"""Manifest of a staged update: the model that a fleet is to run, and the share of its devices that install it.

It is a small JSON file with a detached signature beside it, and pins the model by its digest.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, dataclass
from typing import Any

from edge.errors import UpdateError
from edge.system.host import UTC_FORMAT
from edge.system.urls import is_url

SCHEMA = 1
MAX_BYTES = 16 * 1024
"""Largest manifest that a device reads."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_ISSUED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,5}")
_MOST_CHARACTERS = 2000  # of a URL
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Manifest:
    """Release of a model for a share of all devices."""

    name: str
    """Name of the fleet or the model line. A device refuses a manifest of another name, signed though it may be."""
    model: str
    """URL or path of the model file; a relative one is taken from the manifest's own."""
    sha256: str
    """Digest of the model file, hexadecimal."""
    rollout_percent: float
    """Share of the devices that install it, 0-100 %."""
    minimum_version: str
    """Least version of edge-classify that can run it, such as 0.1.0."""
    issued: str
    """Time of signing, ISO 8601, UTC, in seconds. A device refuses a manifest older than one that it has seen."""

    def __post_init__(self) -> None:
        """Refuse what `from_json` may not let pass.

        Raises:
            ValueError: a field of the wrong type or range; the message names it.
        """
        if not is_name(self.name):
            raise ValueError(f"name: expected a name of at most {_LONGEST_NAME} characters, got {_shown(self.name)}")
        if not isinstance(self.model, str) or not self.model or len(self.model) > _MOST_CHARACTERS:
            raise ValueError(f"model: expected a URL or a path, got {_shown(self.model)}")
        if not self.model.isprintable():
            raise ValueError("model: a control character is in it")
        if not _matches(_DIGEST, self.sha256):
            raise ValueError(f"sha256: expected 64 hexadecimal digits, got {_shown(self.sha256)}")
        if not is_percent(self.rollout_percent):
            raise ValueError(f"rollout_percent: expected a number from 0 to 100, got {_shown(self.rollout_percent)}")
        if not _matches(_VERSION, self.minimum_version):
            raise ValueError(f"minimum_version: expected numbers such as 0.1.0, got {_shown(self.minimum_version)}")
        if not _matches(_ISSUED, self.issued):
            raise ValueError(f"issued: expected a time such as 2026-01-31T09:30:00Z, got {_shown(self.issued)}")

    def to_json(self) -> str:
        """Return the manifest as indented JSON."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Manifest:
        """Read a manifest whose signature was checked.

        Raises:
            UpdateError: not JSON, a newer schema, a key too many or too few, or a value out of its range.
        """
        try:
            data = json.loads(text)
            if not isinstance(data, dict):
                raise ValueError(f"expected an object, got {_shown(data)}")
            if (schema := data.pop("schema", None)) != SCHEMA:
                raise ValueError(f"it has schema {_shown(schema)}, this version of edge-classify reads {SCHEMA}")
            expected = set(cls.__slots__)
            if wrong := sorted(expected ^ set(data)):
                kind = "misses" if wrong[0] in expected else "has the unknown key"
                raise ValueError(f"it {kind} {_shown(wrong[0])}")
            return cls(**data)
        except (ValueError, RecursionError) as error:
            raise UpdateError(f"no manifest of a model: {error}") from error

    def is_for(self, version: str) -> bool:
        """Return whether a version of edge-classify, such as 0.1.0, is new enough."""
        return _numbers(version) >= _numbers(self.minimum_version)


def issued_after(before: Manifest | None) -> str:
    """Return the time of signing for a manifest that follows another: now, but later than before.

    A device takes no older manifest, and the signer's clock may have been put back.
    """
    from datetime import datetime, timedelta, timezone

    now = datetime.now(timezone.utc)
    if before:
        last = datetime.strptime(before.issued, UTC_FORMAT).replace(tzinfo=timezone.utc)
        now = max(now, last + timedelta(seconds=1))
    return now.strftime(UTC_FORMAT)


def is_name(value: object) -> bool:
    """Return whether a value is a name of a manifest: a line of 1 to 100 characters."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _LONGEST_NAME and value.isprintable()


def name_of_file(source: str) -> str:
    """Return the name that a manifest's file has, without folder and .json: door of https://host/door.json?key=1."""
    from urllib.parse import unquote, urlsplit  # which a runner with a store needn't load

    path = unquote(urlsplit(source).path) if is_url(source) else source
    return path.rpartition("/")[2].removesuffix(".json")


def is_percent(value: object) -> bool:
    """Return whether a value is a number from 0 to 100."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value <= 100


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers that a version begins with, without zeros at their end: 0.2.0rc1 is (0, 2)."""
    found = _VERSION.match(version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}..."
