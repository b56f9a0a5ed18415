"""Pace and end of a session's loop, with a source and a clock of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from edge.collect.loop import Limits, collect
from edge.collect.state import Burst
from edge.errors import QuotaError, SourceLostError
from edge.health import ENDED, LIVE, Health


class Frames:
    """A source that yields what it is given."""

    name = "frames"
    skipped = 0

    def __init__(self, frames: list[Any], *, is_stream: bool, is_live: bool = False) -> None:
        self.is_stream, self.is_live = is_stream, is_live
        self.closed = 0
        self._frames = frames

    def frames(self) -> Iterator[Any]:
        yield from self._frames

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def run(clock: Any) -> Callable[..., Any]:
    """Run a session's loop in the clock's time."""

    def collect_all(source: Any, session: Any, *, sleeping: Any = None, **limits: Any) -> Health:
        health = Health()

        def sleep(seconds: float) -> None:
            clock.now += seconds
            if sleeping:
                sleeping()

        is_watched = limits.pop("is_watched", True)
        try:
            collect(source, session, health=health, limits=Limits(**limits), is_watched=is_watched, clock=clock,
                    sleep=sleep)  # fmt: skip
        finally:
            assert (source.closed, health.state) == (1, ENDED)
        return health

    return collect_all


def test_a_video_plays_at_its_own_speed(run: Any, clock: Any, scene: Any, open_session: Any) -> None:
    session = open_session()
    session.hold("ripe", "a", for_s=100)
    source = Frames([scene(seed, seconds=seed / 10) for seed in range(30)], is_stream=True)
    assert run(source, session).frames == 30
    assert clock.now == pytest.approx(2.9)
    assert session.added == 10  # every 0.3 s, at most one in 0.25 s


def test_a_live_source_is_never_waited_for(run: Any, clock: Any, scene: Any, open_session: Any) -> None:
    frames = [scene(seed)._replace(captured_s=seed * 1.0) for seed in range(3)]
    health = run(Frames([None, *frames, None], is_stream=True, is_live=True), open_session())
    assert (clock.now, health.captured_s) == (0.0, 2.0)


def test_a_single_image_waits_for_its_class_or_to_be_passed_on(
    run: Any, clock: Any, scene: Any, open_session: Any
) -> None:
    session = open_session()
    answers = iter([
        lambda: session.hold("unripe", "a"), lambda: session.release("a"), lambda: None, session.pass_on,
        lambda: (session.hold("ripe", "b"), session.release("b")),
    ])  # fmt: skip

    def answer() -> None:
        if (act := next(answers, None)) is not None:
            act()

    run(Frames([scene(seed) for seed in range(3)], is_stream=False), session, sleeping=answer)
    assert [tuple(each) for each in session.state().classes] == [("ripe", 4, 1), ("unripe", 1, 1)]
    assert next(answers, None) is None


def test_an_image_whose_class_is_undone_is_shown_again(run: Any, scene: Any, open_session: Any) -> None:
    session = open_session(shows_again=True)
    frames = [scene(seed) for seed in range(3)]

    def tap(name: str) -> None:
        key = str(len(script))
        session.hold(name, key)
        session.release(key)

    script: list[tuple[int, Callable[[], object]]] = [  # image in view, answer to it
        (0, lambda: tap("unripe")), (1, session.undo), (0, lambda: tap("ripe")), (1, lambda: tap("ripe")),
        (2, session.undo), (1, session.undo), (0, session.pass_on), (1, session.pass_on), (2, lambda: tap("unripe")),
    ]  # fmt: skip

    def answer() -> None:
        if script and session.newest.frame is frames[script[0][0]]:
            script.pop(0)[1]()

    run(Frames(frames, is_stream=False), session, sleeping=answer, duration_s=60)
    assert script == []
    assert [tuple(each) for each in session.state().classes] == [("ripe", 3, 0), ("unripe", 1, 1)]


def test_images_for_undo_are_kept_within_a_limit(
    monkeypatch: pytest.MonkeyPatch, scene: Any, open_session: Any
) -> None:
    session = open_session(shows_again=True)
    frames = [scene(seed, seconds=seed) for seed in range(3)]
    monkeypatch.setattr("edge.collect.session._KEPT_BYTES", 2 * frames[0].image.nbytes)
    for seed, frame in enumerate(frames):
        session.hold("ripe", str(seed))
        assert session.take(frame, moment_s=seed)
        session.end_press()
    for _ in frames:
        session.undo()
    assert [session.undone_frame() for _ in range(3)] == [frames[2], frames[1], None]


def test_a_button_that_is_held_too_long_gives_the_next_image_no_class(
    run: Any, clock: Any, scene: Any, open_session: Any
) -> None:
    session = open_session()
    answers = iter([*[lambda: session.hold("unripe", "a")] * 20, session.pass_on, session.pass_on])

    def answer() -> None:
        next(answers)()

    run(Frames([scene(seed) for seed in range(3)], is_stream=False), session, sleeping=answer)
    assert [tuple(each) for each in session.state().classes] == [("ripe", 3, 0), ("unripe", 1, 1)]
    assert clock.now > 0.25 * 3  # long enough for three, had it lasted


def test_without_a_person_every_frame_of_its_time_is_saved(run: Any, clock: Any, scene: Any, open_session: Any) -> None:
    session = open_session(interval_s=1.0, raises=True)
    session.hold("ripe", "every", for_s=float("inf"))
    run(Frames([scene(seed, seconds=seed / 4) for seed in range(12)], is_stream=True), session, is_watched=False)
    assert (session.added, clock.now) == (3, 0.0)


@pytest.mark.parametrize(("limits", "added"), [({"images": 4}, 4), ({"frames": 5}, 5), ({"duration_s": 0.0}, 1)])
def test_a_limit_ends_it(run: Any, scene: Any, open_session: Any, limits: dict[str, Any], added: int) -> None:
    session = open_session(interval_s=0.0)
    session.hold("ripe", "every", for_s=float("inf"))
    run(Frames([scene(seed) for seed in range(9)], is_stream=False), session, is_watched=False, **limits)
    assert session.added == added


def test_without_a_person_the_quota_ends_it_with_an_error(run: Any, scene: Any, open_session: Any) -> None:
    session = open_session(interval_s=0.0, raises=True, limit_bytes=1)
    session.hold("ripe", "every", for_s=float("inf"))
    with pytest.raises(QuotaError):
        run(Frames([scene(0)], is_stream=False), session, is_watched=False)


def test_a_camera_that_is_given_up_ends_it_and_keeps_its_images(run: Any, scene: Any, open_session: Any) -> None:
    session = open_session()
    session.hold("ripe", "a")

    class Lost(Frames):
        def frames(self) -> Iterator[Any]:
            yield scene(0)._replace(captured_s=0.0)
            yield None
            raise SourceLostError("gone")

    with pytest.raises(SourceLostError):
        run(Lost([], is_stream=True, is_live=True), session)
    assert session.state().last == Burst("ripe", 1)


def test_the_page_is_told_that_frames_come(run: Any, scene: Any, open_session: Any) -> None:
    health = Health()
    seen = []

    class Watched(Frames):
        def frames(self) -> Iterator[Any]:
            for frame in super().frames():
                yield frame
                seen.append(health.state)

    collect(Watched([scene(0), scene(1)], is_stream=True), open_session(), health=health, limits=Limits(),
            is_watched=False)  # fmt: skip
    assert seen == [LIVE, LIVE]
