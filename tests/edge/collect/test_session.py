"""Presses, rate, near copies, undo and failures of a session."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.collect.session import HOLD_S, Session
from edge.collect.state import Burst
from edge.errors import FrameError
from edge.system import atomic_file
from edge.vision.region import Region


def files(tmp_path: Path) -> list[str]:
    """All files of the session's folder, those that are hidden too."""
    folder = tmp_path / "fruit"
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def play(session: Session, clock: Any, scene: Callable[..., Any], seeds: range, *, step_s: float = 0.1) -> list[bool]:
    """Take a frame of each scene, so many seconds apart."""
    taken = []
    for seed in seeds:
        taken.append(session.take(scene(seed, seconds=clock.now), moment_s=clock.now))
        clock.now += step_s
    return taken


def test_frames_are_saved_while_a_class_is_held_and_not_before_or_after(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any
) -> None:
    session = open_session()
    assert play(session, clock, scene, range(3)) == [False] * 3
    session.hold("ripe", "a")
    assert session.state().held == "ripe"
    assert play(session, clock, scene, range(3, 9)) == [True, False, False, True, False, False]  # 4 a second
    session.release("a")
    assert session.state().held == ""
    assert play(session, clock, scene, range(9, 20)) == [False] * 11
    assert files(tmp_path) == [
        "ripe/20260102T120000.300Z-collected.jpg",
        "ripe/20260102T120000.600Z-collected.jpg",
    ]
    saved = cv2.imread(str(tmp_path / "fruit" / files(tmp_path)[0]))
    assert saved is not None
    assert saved.shape == (90, 120, 3)
    state = session.state()
    assert [tuple(each) for each in state.classes] == [("ripe", 5, 2), ("unripe", 0, 0)]
    assert state.last == Burst("ripe", 2)
    assert state.used_bytes == sum((tmp_path / "fruit" / name).stat().st_size for name in files(tmp_path))


def test_a_short_tap_saves_one_frame_and_only_a_fresh_one(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any
) -> None:
    session = open_session()
    session.hold("ripe", "a")
    session.release("a")
    assert play(session, clock, scene, range(5), step_s=0.3) == [True, False, False, False, False]
    session.hold("ripe", "b")
    session.release("b")
    clock.now += HOLD_S  # the camera was away
    assert play(session, clock, scene, range(5, 8)) == [False] * 3
    assert len(files(tmp_path)) == 1


def test_a_press_ends_without_word_from_the_page_and_goes_on_with_it(open_session: Any, clock: Any, scene: Any) -> None:
    session = open_session(interval_s=0.0)
    session.hold("ripe", "a")
    clock.now = HOLD_S - 0.01
    assert session.take(scene(0), moment_s=0)
    clock.now = HOLD_S
    assert session.state().held == ""
    assert not session.take(scene(1), moment_s=0)
    session.hold("ripe", "a")
    assert session.take(scene(1), moment_s=0)
    assert session.state().last == Burst("ripe", 2)


def test_last_words_of_a_press_that_has_ended_begin_no_new_one(open_session: Any, clock: Any, scene: Any) -> None:
    session = open_session()
    session.hold("ripe", "a")
    session.hold("unripe", "b")  # another finger: the newest press counts
    assert session.state().held == "unripe"
    session.hold("ripe", "a")
    assert session.state().held == "unripe"
    session.release("c")  # overtook its own beginning
    session.hold("ripe", "c")
    assert session.state().held == "unripe"


def test_near_copies_of_the_same_class_are_skipped_and_of_another_are_not(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any
) -> None:
    session = open_session(interval_s=0.0)
    for name, key in (("ripe", "a"), ("unripe", "b")):
        session.hold(name, key)
        assert [session.take(scene(seed), moment_s=0) for seed in (0, 0, 1, 0)] == [True] * 4
    assert len(files(tmp_path)) == 4
    assert (session.state().near_copies, session.state().is_near_copy) == (4, True)
    keeping = open_session(interval_s=0.0, keeps_near_copies=True)
    keeping.hold("ripe", "a")
    assert [keeping.take(scene(0), moment_s=0) for _ in range(3)] == [True] * 3
    assert keeping.state().last == Burst("ripe", 3)


def test_undo_deletes_the_newest_press_and_then_the_one_before(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any
) -> None:
    session = open_session(interval_s=0.0)
    for name, key, seeds in (("ripe", "a", (0, 1)), ("unripe", "b", (2,))):
        session.hold(name, key)
        for seed in seeds:
            session.take(scene(seed, seconds=seed), moment_s=seed)
    moved = tmp_path / "fruit" / files(tmp_path)[0]
    moved.rename(tmp_path / "mine.jpg")  # a user's hands
    assert session.undo() == Burst("unripe", 1)
    assert session.state().held == ""
    assert not session.take(scene(5), moment_s=9)
    assert session.undo() == Burst("ripe", 2)
    assert session.undo() is None
    assert files(tmp_path) == []
    assert (tmp_path / "mine.jpg").exists()
    assert [tuple(each) for each in session.state().classes] == [("ripe", 3, 0), ("unripe", 0, 0)]
    session.hold("ripe", "c")
    assert session.take(scene(0), moment_s=9)  # no near copy of what is gone
    assert session.state().last == Burst("ripe", 1)


def test_at_the_limit_nothing_is_saved_or_lost_and_it_is_said_once(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_session(interval_s=0.0)
    session.hold("ripe", "a")
    session.take(scene(0), moment_s=0)
    size_bytes = session.state().used_bytes
    tight = open_session(interval_s=0.0, limit_bytes=size_bytes + size_bytes // 2)
    tight.hold("ripe", "a")
    assert [tight.take(scene(seed, seconds=9), moment_s=0) for seed in (1, 2)] == [False, False]
    assert "limit" in tight.state().problem
    assert len(caplog.records) == 1
    (kept,) = files(tmp_path)
    (tmp_path / "fruit" / kept).unlink()  # somebody made room
    assert tight.take(scene(1, seconds=9), moment_s=0)
    assert tight.state().problem == ""


def test_a_full_disk_leaves_no_half_file_and_is_tried_again(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_session(interval_s=0.0)
    session.hold("ripe", "a")
    session.take(scene(0), moment_s=0)

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(atomic_file, "flush", full)
        assert not session.take(scene(1), moment_s=0)
    assert "No space left" in session.state().problem
    assert len(files(tmp_path)) == 1
    assert session.take(scene(1), moment_s=0)
    assert session.state().problem == ""
    assert len(files(tmp_path)) == 2


def test_only_the_region_is_saved_and_one_beyond_the_frame_is_an_error(
    tmp_path: Path, open_session: Any, clock: Any, scene: Any
) -> None:
    session = open_session(region=Region(0.5, 0, 0.5, 1))
    session.hold("ripe", "a")
    session.take(scene(0), moment_s=0)
    saved = cv2.imread(str(tmp_path / "fruit" / files(tmp_path)[0]))
    assert saved is not None
    assert saved.shape == (90, 60, 3)
    beyond = open_session(region=Region(500, 0, 10, 10))
    beyond.hold("ripe", "a")
    with pytest.raises(FrameError, match="120x90"):
        beyond.take(scene(0), moment_s=0)


def test_a_class_that_the_session_does_not_have_is_refused(open_session: Any) -> None:
    with pytest.raises(ValueError, match="rotten.*ripe, unripe"):
        open_session().hold("rotten", "a")


def test_a_frame_is_passed_on_once(open_session: Any) -> None:
    session = open_session()
    session.pass_on()
    assert [session.was_passed(), session.was_passed()] == [True, False]
