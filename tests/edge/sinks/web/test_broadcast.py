"""One picture for all: made only while somebody watches, once a frame, and a slow viewer gets the newest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from edge.health import Health
from edge.sinks.web.broadcast import MOST_VIEWERS, Broadcast
from edge.sinks.web.live_state import LiveFrame, LiveState


@pytest.fixture
def play(frame: Any, prediction: Any, decision: Any) -> Callable[..., None]:
    """Run a scene: a coroutine that gets the broadcast and a function that pins up a frame."""

    def run(scene: Callable[[Broadcast, Callable[[int], None]], Awaitable[None]]) -> None:
        live_state = LiveState(Health())

        def encode(live_frame: LiveFrame) -> bytes:
            return f"<{live_frame.frame.number}>".encode()

        broadcast = Broadcast(live_state, picture=encode, message=lambda: b"news", rate_hz=1000.0)

        async def stage() -> None:
            task = asyncio.create_task(broadcast.run())
            await scene(broadcast, lambda number: live_state.write(frame(number), prediction(), decision()))
            await broadcast.end()
            await task

        asyncio.run(asyncio.wait_for(stage(), timeout=60))

    return run


async def image(stream: AsyncIterator[bytes]) -> bytes:
    """The next picture of a stream."""
    return (await anext(stream)).split(b"\r\n")[3]


def test_nobody_watches_nothing_is_made(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        for number in range(5):
            pin(number)
            await asyncio.sleep(0.005)
        assert broadcast.encoded == 0

    play(scene)


def test_many_watch_and_each_picture_is_made_once(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        streams = [broadcast.pictures() for _ in range(5)]
        pin(0)
        assert {await anext(stream) for stream in streams} == {b"--frame\r\n"}
        for number in (0, 1, 2):
            pin(number)
            seen = {await image(stream) for stream in streams}
            assert len(seen) == 1
        assert broadcast.encoded <= 4  # at most one for each that was pinned up

    play(scene)


def test_a_part_ends_with_the_boundary_so_that_a_browser_shows_it_at_once(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        pin(7)
        stream = broadcast.pictures()
        await anext(stream)
        part = await anext(stream)
        assert part == b"Content-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n<7>\r\n--frame\r\n"

    play(scene)


def test_a_slow_viewer_gets_the_newest_and_never_a_backlog(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        slow, quick = broadcast.pictures(), broadcast.pictures()
        await anext(slow)
        await anext(quick)
        for number in range(20):
            pin(number)
            while await image(quick) != f"<{number}>".encode():
                pass
            if number == 0:
                await image(slow)
        assert await image(slow) == b"<19>"

    play(scene)


def test_who_leaves_is_not_counted_any_more(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        pin(0)
        streams = [broadcast.pictures() for _ in range(MOST_VIEWERS)]
        for stream in streams:
            await anext(stream)
            await anext(stream)
        assert not broadcast.has_room("picture")
        assert broadcast.has_room("message")
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator
        assert broadcast.watching == {"picture": 0, "message": 0}

    play(scene)


def test_messages_begin_with_the_first_and_go_on(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        stream = broadcast.messages(b"hello")
        assert [await anext(stream), await anext(stream)] == [b"hello", b"news"]  # also without any frame

    play(scene)


def test_a_still_is_the_newest_and_made_once(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        assert await broadcast.still() == b""
        pin(3)
        assert [await broadcast.still() for _ in range(3)] == [b"<3>"] * 3
        assert broadcast.encoded == 1

    play(scene)


def test_stills_are_not_made_more_often_than_pictures_of_a_stream(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        pin(0)
        await broadcast.still()
        made_s, broadcast._made_s = broadcast._made_s, float("inf")  # no time has passed since
        pin(1)
        assert [await broadcast.still(), broadcast.encoded] == [b"<0>", 1]
        broadcast._made_s = made_s - 1
        assert [await broadcast.still(), broadcast.encoded] == [b"<1>", 2]

    play(scene)


def test_of_many_who_were_let_in_at_once_too_many_are_sent_home(play: Any) -> None:
    """Each asked whether there is room before any of them sat down."""

    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        pin(0)
        streams = [broadcast.pictures() for _ in range(MOST_VIEWERS + 3)]
        for stream in streams:
            await anext(stream)
        seen = [await anext(stream, b"") for stream in streams]
        assert (seen.count(b""), broadcast.watching["picture"]) == (3, MOST_VIEWERS)
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator

    play(scene)


def test_the_end_sends_everybody_home(play: Any) -> None:
    async def scene(broadcast: Broadcast, pin: Callable[[int], None]) -> None:
        stream = broadcast.pictures()
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream, b"over"))
        await asyncio.sleep(0)
        await broadcast.end()
        assert await waiting == b"over"

    play(scene)
