"""Manifests of staged updates: what is read, what is refused, and which versions are new enough."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edge.artifact.manifest import MAX_BYTES, Manifest, name_of_file
from edge.errors import UpdateError

GOOD: dict[str, Any] = {
    "schema": 1,
    "name": "door",
    "model": "door.tflite",
    "sha256": "a" * 64,
    "rollout_percent": 12.5,
    "minimum_version": "0.1.0",
    "issued": "2026-01-31T09:30:00Z",
}


def altered(**changes: object) -> str:
    """JSON of the good manifest with other values in it; None takes a key away."""
    return json.dumps({name: value for name, value in {**GOOD, **changes}.items() if value is not None})


def test_a_manifest_survives_its_json() -> None:
    manifest = Manifest.from_json(json.dumps(GOOD))
    assert manifest == Manifest("door", "door.tflite", "a" * 64, 12.5, "0.1.0", "2026-01-31T09:30:00Z")
    assert json.loads(manifest.to_json()) == GOOD
    assert len(manifest.to_json()) < MAX_BYTES


@pytest.mark.parametrize("share", [0, 1, 0.1, 99.5, 100])
def test_shares_of_nobody_to_all_are_taken(share: float) -> None:
    assert Manifest.from_json(altered(rollout_percent=share)).rollout_percent == share


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        *(({"rollout_percent": value}, "rollout_percent") for value in (101, 100.001, -1, "10", True, None, [10])),
        *(({"sha256": value}, "sha256") for value in ("a" * 63, "A" * 64, "../" + "a" * 61, 7, None)),
        *(({"model": value}, "model") for value in ("", 7, "a\nb", "https://x/" + "a" * 3000, None)),
        *(({"minimum_version": value}, "minimum_version") for value in ("", "new", "1.", "1" * 9, 1, None)),
        *(({"name": value}, "name") for value in ("", " ", "a\nb", "x" * 101, 7, None)),
        *(({"issued": value}, "issued") for value in ("", "yesterday", "2026-01-31T09:30:00+01:00", 7, None)),
        ({"schema": 2}, "schema"),
        ({"schema": None}, "schema"),
        ({"another": 1}, "another"),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(UpdateError, match=name):
        Manifest.from_json(altered(**changes))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", "[" * 10_000, b"\xff", altered().replace("12.5", "NaN"), "<html></html>"]
)
def test_what_is_no_manifest_is_one_error(text: str | bytes) -> None:
    with pytest.raises(UpdateError) as caught:
        Manifest.from_json(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "minimum", "is_new_enough"),
    [
        ("0.1.0", "0.1.0", True),
        ("0.1.0", "0.1", True),
        ("0.1", "0.1.0", True),
        ("0.10.0", "0.9.9", True),
        ("1.0.0", "0.99", True),
        ("0.1.0", "0.1.1", False),
        ("0.9.9", "0.10", False),
        ("0.2.0rc1", "0.2.0", True),
    ],
)
def test_versions_are_compared_as_numbers(version: str, minimum: str, *, is_new_enough: bool) -> None:
    assert Manifest.from_json(altered(minimum_version=minimum)).is_for(version) is is_new_enough


@pytest.mark.parametrize(
    ("source", "name"),
    [("https://models.example/a/door.json?key=1#x", "door"), ("site/door.v2.json", "door.v2"), ("door", "door"),
     ("https://models.example/front%20door.json", "front door"), ("https://models.example/", ""), (".json", "")],
)  # fmt: skip
def test_a_manifest_is_called_like_its_file(source: str, name: str) -> None:
    assert name_of_file(source) == name
