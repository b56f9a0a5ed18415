"""The project as it is handed on: extras that fit together, a whole source distribution, a wheel of what is needed."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
README, DESCRIPTION = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", PROJECT["readme"]))
LARGEST_SDIST_BYTES, LARGEST_WHEEL_BYTES = 20_000_000, 10_000_000
MADE = re.compile(r"PKG-INFO|setup\.cfg|edge_classify\.egg-info/.*")  # what setuptools adds to a source distribution
Extras = dict[str, list[str]]


# ---- extras


def requirements(extras: Extras, extra: str) -> list[Requirement]:
    """Return all requirements of an extra, those of the extras that it names among them."""
    found = []
    for line in map(Requirement, extras[extra]):
        if line.name == PROJECT["name"]:
            found += [inner for name in sorted(line.extras) for inner in requirements(extras, name)]
        else:
            found.append(line)
    return found


def is_possible(specifiers: SpecifierSet) -> bool:
    """Return whether any version near a bound fits all specifiers."""
    bounds = [Version(one.version.removesuffix(".*")) for one in specifiers]
    near = [
        Version(text)
        for bound in bounds
        for text in (f"{bound}", f"{bound.base_version}.0.1", f"{max(bound.major, 1) - 1}.999")
    ]
    return not bounds or any(specifiers.contains(version, prereleases=True) for version in near)


def excluded(extras: Extras) -> set[frozenset[str]]:
    """Return the pairs of extras with a requirement that no version fits in both."""
    pairs = set()
    for one, other in itertools.combinations(extras, 2):
        pins: dict[str, SpecifierSet] = {}
        for line in (*requirements(extras, one), *requirements(extras, other)):
            pins[line.name] = pins.get(line.name, SpecifierSet()) & line.specifier
        if not all(map(is_possible, pins.values())):
            pairs.add(frozenset((one, other)))
    return pairs


def conflicts() -> set[frozenset[str]]:
    """Return the pairs of extras that are declared to exclude each other."""
    return {
        frozenset(pair)
        for rule in PYPROJECT["tool"]["uv"]["conflicts"]
        for pair in itertools.combinations((part["extra"] for part in rule), 2)
    }


def test_pins_that_exclude_each_other_are_seen() -> None:
    extras = {"old": ["numpy<2"], "new": ["numpy>=2.1,<3"], "any": ["numpy>=1.26,<3", "scipy"], "all": []}
    extras["all"] = [f"{PROJECT['name']}[new,any]"]
    assert excluded(extras) == {frozenset(("old", "new")), frozenset(("old", "all"))}
    assert excluded({"a": ["b==2.14.*"], "c": ["b>=2.14.3,<3"], "d": ["b==2.*"]}) == set()


def test_every_pair_of_extras_that_excludes_each_other_is_declared() -> None:
    extras: Extras = PROJECT["optional-dependencies"]
    assert {name for pair in conflicts() for name in pair} <= set(extras)
    assert excluded(extras) <= conflicts()


def test_an_extra_that_can_not_have_the_tested_versions_is_declared_against_those_who_want_them() -> None:
    tested = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate({"python_version": "3.11"}):
                tested[pin.name] = next(iter(pin.specifier)).version
    extras: Extras = PROJECT["optional-dependencies"]
    apart = {
        extra
        for extra in extras
        for line in requirements(extras, extra)
        if line.name in tested and not line.specifier.contains(tested[line.name])
    }
    assert apart == {"tflite-runtime"}
    assert {frozenset((one, other)) for one in apart for other in ("all", "dev")} <= conflicts()


# ---- what is said of it


def test_each_python_that_may_install_it_is_a_classifier_and_named_in_the_readme() -> None:
    minors = [minor for minor in range(30) if SpecifierSet(PROJECT["requires-python"]).contains(f"3.{minor}")]
    named = [line.split(" :: ")[-1] for line in PROJECT["classifiers"] if line.startswith("Programming Language")]
    assert [name for name in named if name.startswith("3.")] == [f"3.{minor}" for minor in minors]
    assert f"Python 3.{minors[0]} to 3.{minors[-1]}" in README
    assert minors[-1] == 14


def test_the_package_page_needs_no_file_beside_it_and_names_extras_that_are_there() -> None:
    assert re.findall(r"\]\((?!https://)", DESCRIPTION) == []
    rows = re.findall(r"^\| (`.*?)\|", DESCRIPTION, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}
    assert len(named) >= 10
    assert named <= set(PROJECT["optional-dependencies"])


# ---- made


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that git knows, as they are now."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone, so nothing says which files belong to the project")
    folder = tmp_path_factory.mktemp("copy")
    for name in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def plain_environment(**more: str) -> dict[str, str]:
    """Return the environment without what steers Python or points to this one's packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, **more}


def files_of(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def built(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The source distribution, and the wheel that is made of it, each without a warning."""
    pytest.importorskip("setuptools", minversion="77", reason="building needs setuptools")
    out, unpacked = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("sdist")
    source = made(copy, out, "build_sdist")
    with tarfile.open(source) as archive:
        archive.extractall(unpacked, filter="data")
    (inside,) = unpacked.iterdir()
    made(inside, out, "build_wheel")
    yield inside, out
    shutil.rmtree(unpacked)


def made(folder: Path, out: Path, step: str) -> Path:
    """Run a step of the build backend in a folder; return its file."""
    program = f"from setuptools import build_meta; print(build_meta.{step}({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, env=plain_environment(), capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line for line in (done.stdout + done.stderr).splitlines() if "warning" in line.lower()] == []
    return out / done.stdout.splitlines()[-1]


def test_every_file_beside_the_modules_is_installed_with_them() -> None:
    declared: dict[str, list[str]] = PYPROJECT["tool"]["setuptools"]["package-data"]
    installed = {path for package, patterns in declared.items() for pattern in patterns
                 for path in (ROOT / package.replace(".", "/")).glob(pattern)}  # fmt: skip
    beside = {path for package in ("benchmarks", "edge", "export", "train") for path in (ROOT / package).rglob("*.*")
              if path.is_file() and path.suffix not in (".py", ".pyc")}  # fmt: skip
    assert beside <= installed


@pytest.mark.e2e
def test_the_source_distribution_is_the_whole_project(copy: Path, built: tuple[Path, Path]) -> None:
    source, out = built
    known = {name for name in files_of(copy) if not name.startswith("edge_classify.egg-info/")}
    assert {name for name in files_of(source) if not MADE.fullmatch(name) and not name.startswith("build/")} == known
    (archive,) = out.glob("*.tar.gz")
    assert archive.stat().st_size < LARGEST_SDIST_BYTES


@pytest.mark.e2e
def test_the_wheel_holds_what_a_device_needs_and_no_tests(copy: Path, built: tuple[Path, Path]) -> None:
    (wheel,) = built[1].glob("*.whl")
    assert wheel.stat().st_size < LARGEST_WHEEL_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    packages = ("benchmarks/", "edge/", "export/", "train/")
    assert names == {name for name in files_of(copy) if name.startswith(packages)}


@pytest.mark.e2e
def test_the_tests_of_the_source_distribution_are_collected(built: tuple[Path, Path]) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=built[0], env=plain_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    (count,) = re.findall(r"^(\d+) tests collected", done.stdout, re.MULTILINE)
    assert int(count) > 1000


# ---- uv


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The program uv: the one that is here, or one installed for this test."""
    if found := shutil.which("uv"):
        return found
    folder = tmp_path_factory.mktemp("uv")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], env=plain_environment(), check=True)
    install = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "uv"]
    if subprocess.run(install, env=plain_environment(), capture_output=True, check=False).returncode:
        pytest.skip("uv isn't here, and no package index is in reach: pip install uv")
    return str(folder / "bin" / "uv")


@pytest.mark.e2e
def test_uv_locks_the_project_and_installs_it_with_any_extra(uv: str, copy: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(copy, project)
    environment = plain_environment(UV_PYTHON=sys.executable, UV_PYTHON_DOWNLOADS="never")

    def run(*arguments: str) -> subprocess.CompletedProcess[Any]:
        return subprocess.run([*arguments], cwd=project, env=environment, capture_output=True, text=True, check=False)

    locked = run(uv, "lock")
    if locked.returncode and "Failed to fetch" in locked.stderr:
        pytest.skip("no package index is in reach of uv")
    assert locked.returncode == 0, locked.stderr
    for extra in PROJECT["optional-dependencies"]:
        done = run(uv, "sync", "--locked", "--dry-run", "--extra", extra)
        assert done.returncode == 0, (extra, done.stderr)
    for pair in conflicts():
        done = run(uv, "sync", "--locked", "--dry-run", *(word for extra in pair for word in ("--extra", extra)))
        assert done.returncode != 0
        assert "conflict" in done.stderr
    done = run(uv, "sync", "--locked")
    assert done.returncode == 0, done.stderr
    answer = run(str(project / ".venv" / "bin" / "edge-classify"), "--max-frames", "1", "--json")
    assert (answer.returncode, answer.stdout.count('"label": "Coat"')) == (0, 2)
