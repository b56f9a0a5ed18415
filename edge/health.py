"""How a run is: written by the loop and its source alone, read by whatever tells others (page, broker, watchdog)."""

from __future__ import annotations

from dataclasses import dataclass

STARTING, LIVE, STALE, ENDED = "starting", "live", "stale", "ended"


@dataclass(slots=True)
class Health:
    """Figures since the start. One thread writes them, others may read: each is a single value, whole at any moment."""

    state: str = STARTING
    """starting, live (the newest frame is fresh), stale (it isn't, or there is none), ended."""
    reason: str = ""
    """Of the state, in one sentence; empty while all is well."""
    frames: int = 0
    """Classified."""
    skipped: int = 0
    """Unreadable, or no picture at all."""
    dropped: int = 0
    """Of a live source: overtaken by a newer frame before they were classified."""
    reconnects: int = 0
    """How often a live source was lost and came back."""
    captured_s: float | None = None
    """time.monotonic() when the newest classified frame was captured; None before the first."""

    def published(self) -> dict[str, str | int]:
        """Return the fields that broker and page publish, by their names."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "captured_s"}
