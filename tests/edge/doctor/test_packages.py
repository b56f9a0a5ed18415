"""Other projects' packages that are called like ours are noticed, in a folder that is installed into as pip does it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.doctor.packages import NAMES, check_packages


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site-packages with ours alone; its packages are not imported yet."""
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    install(tmp_path, "edge-classify", *NAMES)
    for name in NAMES:
        if name != "edge":
            monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(importlib.import_module("edge.doctor.packages"), "NAMES", NAMES[1:])  # edge is imported here
    importlib.invalidate_caches()
    yield tmp_path
    importlib.invalidate_caches()


def install(site: Path, distribution: str, *names: str) -> None:
    """Leave what an installer leaves of a distribution with these packages."""
    folder = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (folder / "RECORD").write_text("".join(f"{name}/__init__.py,,\n" for name in names))


def test_nothing_is_found_where_all_are_ours(site: Path) -> None:
    assert check_packages(site) == []


def test_another_distribution_with_our_name_is_named(site: Path) -> None:
    install(site, "export", "export")
    (finding,) = check_packages(site)
    assert (finding.check, finding.status) == ("packages", "warning")
    assert finding.text.startswith("export is also a package of export")
    assert finding.fix.startswith("pip uninstall export, then pip install --force-reinstall")


def test_a_package_that_another_one_took_along_is_named(site: Path) -> None:
    (site / "train" / "__init__.py").unlink()
    (finding,) = check_packages(site)
    assert (finding.text.split()[0], "--force-reinstall" in finding.fix) == ("train", True)


def test_ones_own_file_of_that_name_is_named(
    site: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path_factory.mktemp("mine")
    (mine / "train.py").touch()
    monkeypatch.setattr(sys, "path", [str(mine), *sys.path])
    (finding,) = check_packages(site)
    assert str(mine / "train.py") in finding.text
