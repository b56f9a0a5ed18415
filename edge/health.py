"""State and counts of a run: written by the loop and its source, read by page, broker and watchdog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

STARTING, LIVE, STALE, ENDED = "starting", "live", "stale", "ended"


class Health:
    """State and counts since the start. One thread writes them; others may read, because each is a single value."""

    __slots__ = (
        *("captured_s", "dropped", "frames", "on_trial"),
        *("reason", "reconnects", "refused", "rolled_back", "skipped", "state"),
    )

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
        on_trial: bool = False,
        rolled_back: Mapping[str, str] | None = None,
        refused: Mapping[str, str] | None = None,
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
            on_trial: True while the model is a new one of a store that hasn't been found good yet.
            rolled_back: sha256, reason and time (ISO 8601, UTC) of the model that was rolled back last; None: none was,
                or there is no store.
            refused: the same of the model that the last update refused.
        """
        self.state = state
        self.reason = reason
        self.frames = frames
        self.skipped = skipped
        self.dropped = dropped
        self.reconnects = reconnects
        self.captured_s = captured_s
        self.on_trial = on_trial
        self.rolled_back = rolled_back
        self.refused = refused

    def published(self) -> dict[str, Any]:
        """Return the fields that broker and page publish, by their names."""
        names = ("state", "reason", "frames", "skipped", "dropped", "reconnects", "on_trial", "rolled_back", "refused")
        return {name: getattr(self, name) for name in names}
