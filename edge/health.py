"""State and counts of a run: written by the loop and its source, read by page, broker and watchdog."""

from __future__ import annotations

from dataclasses import dataclass

STARTING, LIVE, STALE, ENDED = "starting", "live", "stale", "ended"


@dataclass(slots=True)
class Health:
    """State and counts since the start. One thread writes them; others may read, because each is a single value."""

    state: str = STARTING
    """One of starting, live (the newest frame is recent), stale (it isn't, or there is none), ended."""
    reason: str = ""
    """Reason for `stale` in one sentence; empty otherwise."""
    frames: int = 0
    skipped: int = 0
    """Frames that were unreadable or no images."""
    dropped: int = 0
    """Frames of a live source that a newer one overtook before they were classified."""
    reconnects: int = 0
    """Times that a live source was lost and came back."""
    captured_s: float | None = None
    """Capture time of the newest classified frame by time.monotonic(); None before the first."""

    def published(self) -> dict[str, str | int]:
        """Return the fields that broker and page publish, by their names."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "captured_s"}
