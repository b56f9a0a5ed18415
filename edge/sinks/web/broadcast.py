"""One picture and one message for all viewers: made at a capped rate, only while somebody watches, never piled up.

Lives in the event loop of the page's thread; encoding goes to a worker thread, where OpenCV lets others run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

from edge.sinks.web.live_state import LiveFrame, LiveState

RATE_HZ = 10.0
MOST_VIEWERS = 16
"""Of pictures, and as many of messages; a page has one of each."""
BOUNDARY = "frame"
_REST_S = 0.5  # where nothing happens, all is said again as often as this: see `_Latest.say_again`


@dataclass(slots=True)
class _Latest:
    """What viewers get next."""

    made: bytes = b""
    turn: int = 0
    """Grows whenever it is to be sent, new or again."""
    said_s: float = 0.0
    """When that was, by the event loop's clock."""

    def say(self, made: bytes, now: float) -> None:
        """Have something new sent."""
        self.made, self.said_s = made, now
        self.turn += 1

    def say_again(self, now: float) -> None:
        """Have the same sent again after a rest: Chromium shows a picture only when the next one comes."""
        if self.made and now - self.said_s >= _REST_S:
            self.say(self.made, now)


class Broadcast:
    """Makes what is new and lets each viewer take the newest when it is ready for more."""

    def __init__(
        self,
        live_state: LiveState,
        *,
        picture: Callable[[LiveFrame], bytes],
        message: Callable[[], bytes],
        rate_hz: float = RATE_HZ,
    ) -> None:
        """Remember what to make.

        Args:
            live_state: where the newest frame is.
            picture: makes a JPEG; called in a worker thread.
            message: makes a server-sent event.
            rate_hz: how often at most, a second.
        """
        self.encoded = 0
        """Pictures made so far, however many watched."""
        self.watching = {"picture": 0, "message": 0}
        """How many viewers there are right now."""
        self._live_state = live_state
        self._make_picture = picture
        self._make_message = message
        self._pause_s = 1 / rate_hz
        self._picture, self._message = _Latest(), _Latest()
        self._pictured = 0  # number of the sight that the picture shows
        self._made_s = float("-inf")  # when that was made, by the event loop's clock
        self._news = asyncio.Condition()
        self._encoding = asyncio.Lock()
        self._has_newcomer = False
        self._is_over = False

    async def run(self) -> None:
        """Make what is new, until `end`."""
        told = 0
        while not self._is_over:
            now = asyncio.get_running_loop().time()
            if self.watching["picture"]:
                await self._renew_picture()
                self._picture.say_again(now)
            newest = self._live_state.newest.number if self._live_state.newest else 0
            is_time = self._has_newcomer or now - self._message.said_s >= _REST_S  # a frame's age grows
            if self.watching["message"] and (newest != told or is_time):
                self._message.say(self._make_message(), now)
                told, self._has_newcomer = newest, False
            async with self._news:
                self._news.notify_all()
            await asyncio.sleep(self._pause_s)

    async def end(self) -> None:
        """Send every viewer home."""
        self._is_over = True
        async with self._news:
            self._news.notify_all()

    def has_room(self, kind: str) -> bool:
        """Whether one more may watch: kind is picture or message."""
        return self.watching[kind] < MOST_VIEWERS

    async def still(self) -> bytes:
        """One picture, the newest that the rate allows; empty before the first frame."""
        if not self.watching["picture"]:  # otherwise it is renewed anyway
            await self._renew_picture()
        return self._picture.made

    async def pictures(self) -> AsyncIterator[bytes]:
        """Yield a multipart stream of the newest pictures, slower for a viewer who is slower."""
        # The boundary goes at the end of each part: some browsers show a picture when they see what comes after it.
        yield f"--{BOUNDARY}\r\n".encode()
        async with aclosing(self._newest("picture", self._picture)) as newest:
            async for picture in newest:
                head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                yield b"".join((head.encode(), picture, f"\r\n--{BOUNDARY}\r\n".encode()))

    async def messages(self, first: bytes) -> AsyncIterator[bytes]:
        """Yield a first message, then the newest ones, slower for a viewer who is slower."""
        yield first
        async with aclosing(self._newest("message", self._message)) as newest:
            async for message in newest:
                yield message

    async def _renew_picture(self) -> None:
        async with self._encoding:
            live_frame, now = self._live_state.newest, asyncio.get_running_loop().time
            if live_frame is not None and live_frame.number != self._pictured and now() - self._made_s >= self._pause_s:
                self._pictured = live_frame.number
                made = await asyncio.to_thread(self._make_picture, live_frame)
                self._made_s = now()
                self._picture.say(made, self._made_s)
                self.encoded += 1

    async def _newest(self, kind: str, latest: _Latest) -> AsyncGenerator[bytes, None]:
        if not self.has_room(kind):  # many may have asked before any of them sat down
            return
        with self._seat(kind):
            seen = 0
            while not self._is_over:
                async with self._news:
                    await self._news.wait_for(lambda: self._is_over or latest.turn > seen)  # noqa: B023  # awaited here
                if not self._is_over:
                    seen = latest.turn
                    yield latest.made

    @contextmanager
    def _seat(self, kind: str) -> Iterator[None]:
        self.watching[kind] += 1
        self._has_newcomer = True
        try:
            yield
        finally:
            self.watching[kind] -= 1
