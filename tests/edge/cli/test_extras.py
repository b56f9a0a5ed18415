"""The sentence for an extra that isn't installed: the command that installs it, or the machines that have it."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from edge.cli import extras
from edge.cli.extras import WHEELS, missing_sentence
from tests.test_distribution import PROJECT

INSTALLABLE = "edge-classify[micro]"


def pretend(
    monkeypatch: pytest.MonkeyPatch,
    *,
    system: str = "linux",
    machine: str = "x86_64",
    libc: str = "glibc",
    python: tuple[int, int] = (3, 13),
    interpreter: str = "CPython",
) -> None:
    """Let this process look like one on another machine."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(extras.sys, "version_info", (*python, 1, "final", 0))
    for name, value in {"machine": machine, "python_implementation": interpreter, "python_version": "3.x",
                        "system": system.capitalize()}.items():  # fmt: skip
        monkeypatch.setattr(platform, name, lambda value=value: value)
    monkeypatch.setattr(platform, "libc_ver", lambda: (libc, "2.36"))


@pytest.mark.parametrize("python", [(3, 10), (3, 14)])
def test_where_there_is_a_wheel_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, python: tuple[int, int]) -> None:
    pretend(monkeypatch, python=python)
    assert INSTALLABLE in missing_sentence("micro", ["tflite_micro"])


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"machine": "aarch64"}, "aarch64"),
        ({"machine": "armv7l"}, "armv7l"),
        ({"system": "darwin", "machine": "arm64", "libc": ""}, "Darwin"),
        ({"system": "win32", "machine": "AMD64", "libc": ""}, "AMD64"),
        ({"libc": "musl"}, "musl"),
        ({"libc": ""}, "without glibc"),
        ({"python": (3, 15)}, "3.x"),
        ({"interpreter": "PyPy"}, "PyPy"),
    ],
    ids=lambda case: case if isinstance(case, str) else None,
)
def test_where_there_is_none_no_command_is_named_that_cannot_work(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str], named: str
) -> None:
    pretend(monkeypatch, **other)  # type: ignore[arg-type]  # versions are tuples
    sentence = missing_sentence("micro", ["tflite_micro"])
    assert named in sentence
    assert str(WHEELS["micro"]) in sentence
    assert "pip install" not in sentence
    assert "pip install" in missing_sentence("benchmarks", ["scipy"])


def test_pip_leaves_out_what_has_no_wheel() -> None:
    (requirement,) = map(Requirement, PROJECT["optional-dependencies"]["micro"])
    assert requirement.marker is not None
    wheels = WHEELS["micro"]
    for system, machine in (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("win32", "AMD64")):
        fits = (system, machine) == (wheels.system, wheels.machine)
        assert requirement.marker.evaluate({"sys_platform": system, "platform_machine": machine}) is fits
    allowed = SpecifierSet(PROJECT["requires-python"])
    first, last = wheels.python
    assert [allowed.contains(f"3.{minor}") for minor in (first[1], last[1])] == [True, True]


def test_the_page_names_the_same_machines() -> None:
    page = (Path(__file__).parents[3] / "docs" / "micro.md").read_text(encoding="utf-8")
    assert re.sub(r"\s+", " ", str(WHEELS["micro"])) in re.sub(r"\s+", " ", page)
