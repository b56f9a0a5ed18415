"""State and counts of a run: written by the loop and its source, read by page, broker and watchdog."""

from __future__ import annotations

STARTING, LIVE, STALE, ENDED = "starting", "live", "stale", "ended"


class Health:
    """State and counts since the start. One thread writes them; others may read, because each is a single value."""

    __slots__ = ("captured_s", "dropped", "frames", "reason", "reconnects", "skipped", "state")

    def __init__(
        self,
        state: str = STARTING,
        reason: str = "",
        *,
        frames: int = 0,
        skipped: int = 0,
        dropped: int = 0,
        reconnects: int = 0,
        captured_s: float | None = None,
    ) -> None:
        """Begin with nothing seen, or with the values given.

        Args:
            state: one of starting, live (the newest frame is recent), stale (it isn't, or there is none), ended.
            reason: reason for `stale` in one sentence; empty otherwise.
            frames: classified frames.
            skipped: frames that were unreadable or no images.
            dropped: frames of a live source that a newer one overtook before they were classified.
            reconnects: times that a live source was lost and came back.
            captured_s: capture time of the newest classified frame by time.monotonic(); None before the first.
        """
        self.state = state
        self.reason = reason
        self.frames = frames
        self.skipped = skipped
        self.dropped = dropped
        self.reconnects = reconnects
        self.captured_s = captured_s

    def published(self) -> dict[str, str | int]:
        """Return the fields that broker and page publish, by their names."""
        names = ("state", "reason", "frames", "skipped", "dropped", "reconnects")
        return {name: getattr(self, name) for name in names}
