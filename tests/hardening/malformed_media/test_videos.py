"""Damaged videos are the same at every run, and the whole ones can be played."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from edge.sources.video import VideoSource
from tests.hardening.malformed_media.videos import misdeclared_videos, mutant, seeds


def test_whole_videos_play_and_damage_is_the_same_at_every_run(tmp_path: Path) -> None:
    originals = seeds()
    assert len(originals) >= (7 if find_spec("av") else 3)
    for name, content in originals:
        (tmp_path / name).write_bytes(content)
        source = VideoSource(str(tmp_path / name))
        assert len(list(source.frames())) == 24
        assert source.skipped == 0
    first = [mutant(number, seed=0, originals=originals) for number in range(40)]
    assert first == [mutant(number, seed=0, originals=originals) for number in range(40)]
    assert len({content for _, content in first}) == 40


def test_those_that_lie_are_small() -> None:
    assert max(len(content) for _, content in misdeclared_videos()) < 1_000_000
