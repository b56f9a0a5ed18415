"""One image and one message for all viewers: made at a capped rate, only while somebody watches, never queued.

Runs in the event loop of the page's thread; encoding goes to a worker thread, where OpenCV releases the GIL.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

RATE_HZ = 10.0
MOST_VIEWERS = 16
"""Viewers of images, and as many of messages; a page has one of each."""
BOUNDARY = "frame"
_REPEAT_S = 0.5  # without a change, the latest is sent again: see `_Latest.repeat`


class Numbered(Protocol):
    """A frame to show."""

    @property
    def number(self) -> int:
        """Count of the changes, from 1; a later one has a larger number."""
        ...


_Shown = TypeVar("_Shown", bound=Numbered)
_Newest_co = TypeVar("_Newest_co", bound=Numbered, covariant=True)


class ShownState(Protocol[_Newest_co]):
    """State of a run, of which the newest frame is shown."""

    @property
    def newest(self) -> _Newest_co | None:
        """The newest frame; None before the first."""
        ...


@dataclass(slots=True)
class _Latest:
    """Content that viewers get next."""

    content: bytes = b""
    version: int = 0
    """Count of the times that it was published, new or again."""
    published_s: float = 0.0
    """Time of the last one, by the event loop's clock."""

    def publish(self, content: bytes, now: float) -> None:
        """Have new content sent."""
        self.content, self.published_s = content, now
        self.version += 1

    def repeat(self, now: float) -> None:
        """Have the same sent again after a while: Chromium shows an image only when the next one comes."""
        if self.content and now - self.published_s >= _REPEAT_S:
            self.publish(self.content, now)


class Broadcast(Generic[_Shown]):
    """Makes new content and lets each viewer take the newest when it is ready for more."""

    def __init__(
        self,
        live_state: ShownState[_Shown],
        *,
        picture: Callable[[_Shown], bytes],
        message: Callable[[], bytes],
        rate_hz: float = RATE_HZ,
    ) -> None:
        """Begin without viewers; worker threads make the pictures, JPEGs. `rate_hz` limits them, and the messages."""
        self.encoded = 0
        """Number of JPEGs made, however many viewers there were."""
        self.watching = {"picture": 0, "message": 0}
        """Number of viewers right now, by kind."""
        self._live_state = live_state
        self._make_picture = picture
        self._make_message = message
        self._pause_s = 1 / rate_hz
        self._picture, self._message = _Latest(), _Latest()
        self._encoded_number = 0  # of the live frame that the JPEG shows
        self._made_s = float("-inf")  # time of its encoding, by the event loop's clock
        self._published = asyncio.Condition()
        self._encoding = asyncio.Lock()
        self._has_newcomer = False
        self._is_over = False

    async def run(self) -> None:
        """Make new content until `end`."""
        sent = 0
        while not self._is_over:
            now = asyncio.get_running_loop().time()
            if self.watching["picture"]:
                await self._renew_picture()
                self._picture.repeat(now)
            newest = self._live_state.newest.number if self._live_state.newest else 0
            is_due = self._has_newcomer or now - self._message.published_s >= _REPEAT_S  # a frame's age grows
            if self.watching["message"] and (newest != sent or is_due):
                self._message.publish(self._make_message(), now)
                sent, self._has_newcomer = newest, False
            async with self._published:
                self._published.notify_all()
            await asyncio.sleep(self._pause_s)

    async def end(self) -> None:
        """Close all connections."""
        self._is_over = True
        async with self._published:
            self._published.notify_all()

    def has_room(self, kind: str) -> bool:
        """Return True if one more viewer may come; kind is picture or message."""
        return self.watching[kind] < MOST_VIEWERS

    async def still(self) -> bytes:
        """Return the newest JPEG that the rate allows; empty before the first frame."""
        if not self.watching["picture"]:  # otherwise it is renewed anyway
            await self._renew_picture()
        return self._picture.content

    async def pictures(self) -> AsyncIterator[bytes]:
        """Yield a multipart stream of the newest JPEGs; a slow viewer skips some."""
        # The boundary goes at the end of each part: some browsers show an image only when they see what follows it.
        yield f"--{BOUNDARY}\r\n".encode()
        async with aclosing(self._newest("picture", self._picture)) as newest:
            async for picture in newest:
                head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
                yield b"".join((head.encode(), picture, f"\r\n--{BOUNDARY}\r\n".encode()))

    async def messages(self, first: bytes) -> AsyncIterator[bytes]:
        """Yield a first message, then the newest ones; a slow viewer skips some."""
        yield first
        async with aclosing(self._newest("message", self._message)) as newest:
            async for message in newest:
                yield message

    async def _renew_picture(self) -> None:
        async with self._encoding:
            newest, now = self._live_state.newest, asyncio.get_running_loop().time
            if newest is None or newest.number == self._encoded_number or now() - self._made_s < self._pause_s:
                return
            self._encoded_number = newest.number
            content = await asyncio.to_thread(self._make_picture, newest)
            self._made_s = now()
            self._picture.publish(content, self._made_s)
            self.encoded += 1

    async def _newest(self, kind: str, latest: _Latest) -> AsyncGenerator[bytes, None]:
        if not self.has_room(kind):  # several requests may pass the check before one is counted
            return
        self.watching[kind] += 1
        self._has_newcomer = True
        try:
            seen = 0
            while not self._is_over:
                async with self._published:
                    await self._published.wait_for(lambda: self._is_over or latest.version > seen)  # noqa: B023  # awaited here
                if not self._is_over:
                    seen = latest.version
                    yield latest.content
        finally:
            self.watching[kind] -= 1
