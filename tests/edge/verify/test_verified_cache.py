"""What passed is remembered where only this user can write; everything else means another trial."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.verify import verified_cache


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_what_passed_is_known_and_nothing_else() -> None:
    assert not verified_cache.is_known("a")
    verified_cache.remember("a")
    verified_cache.remember("a")
    assert verified_cache.is_known("a")
    assert not verified_cache.is_known("b")


def test_folders(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verified_cache.folder() == cache / "edge-classify" / "tried"
    monkeypatch.setenv("CACHE_DIRECTORY", "/var/cache/edge-classify:/var/cache/other")
    assert verified_cache.folder() == Path("/var/cache/edge-classify/tried")
    monkeypatch.delenv("CACHE_DIRECTORY")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, as its specification says
    assert verified_cache.folder() is None
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert verified_cache.folder() == Path("/home/somebody/.cache/edge-classify/tried")


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_others_may_have_written_is_not_believed(cache: Path, what: str) -> None:
    verified_cache.remember("a")
    folder = cache / "edge-classify" / "tried"
    (folder if what == "folder" else folder / "a").chmod(0o777)
    assert not verified_cache.is_known("a")


def test_links_are_not_followed(cache: Path) -> None:
    verified_cache.remember("a")
    (cache / "edge-classify" / "tried" / "b").symlink_to("a")
    assert not verified_cache.is_known("b")


def test_where_nothing_can_be_written_nothing_is_remembered(cache: Path) -> None:
    (cache / "edge-classify").write_text("a file, where a folder should be")
    verified_cache.remember("a")
    assert not verified_cache.is_known("a")
