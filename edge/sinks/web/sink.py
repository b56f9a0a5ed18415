"""The web page as a sink: live state, image encoder, broadcast, metrics and server put together."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Sequence

from edge.classify.results import Decision, Prediction
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress, PageMount
from edge.sinks.delivery import MonitoredSink
from edge.sinks.images import drawing
from edge.sinks.protocol import Sink
from edge.sinks.web.broadcast import Broadcast
from edge.sinks.web.corrections import Corrections
from edge.sinks.web.live_state import Identity, LiveFrame, LiveState, initial_event, update_event
from edge.sinks.web.metrics import Metrics
from edge.sinks.web.server import FOLDER, Routes, application
from edge.sinks.web.thread import ServerThread
from edge.sources.frame import Frame

_LOGGER = logging.getLogger(__name__)
FILES = {
    "/": FOLDER / "page.html",
    **{f"/{name}": FOLDER / name for name in ("page.css", "page.js", "events.js", "corrections.js", "icon.svg")},
}
"""Path of the route -> file of the page."""


class PageSink(Sink):
    """Shows the newest frame on a web page; the loop only stores it."""

    def __init__(
        self,
        address: PageAddress,
        *,
        token: str,
        health: Health,
        identity: Identity,
        stall_s: float,
        monitored: Sequence[MonitoredSink] = (),
        corrections: Corrections | None = None,
        mount: PageMount = PageMount(),  # noqa: B008  # immutable
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Listen and start to serve; /healthz answers 200 only if a frame was classified within `stall_s` seconds.

        With `corrections` viewers can give a frame its true class, and the page needs a token.

        Raises:
            RuntimeMissingError: the extra `web` isn't installed.
            ToolkitError: the address is taken, or isn't this machine's.
        """
        self._live_state = LiveState(health, clock=clock)
        self._metrics = Metrics(self._live_state, monitored, model_sha256=identity.sha256)
        self._stall_s = stall_s
        self.broadcast = Broadcast(
            self._live_state,
            picture=encode_picture,
            message=lambda: update_event(self._live_state, monitored, model_sha256=identity.sha256),
        )
        routes = Routes(
            broadcast=self.broadcast,
            initial_event=lambda: initial_event(
                self._live_state, identity, classes=corrections.labels if corrections else ()
            ),
            health=self._report_health,
            files=FILES,
            actions=corrections.actions(lambda: self._live_state.newest) if corrections else {},
            stills={"/corrections/picture.jpg": corrections.frozen_picture} if corrections else {},
            metrics=self._metrics.text,
            metrics_type=self._metrics.content_type,
        )
        self.app = application(routes, token=token, host=address.host, mount=mount)
        self._server = ServerThread(self.app, self.broadcast, address)
        self.address = self._server.address
        is_everywhere = self.address.host in ("0.0.0.0", "::")  # noqa: S104  # shown, not listened on
        url = PageAddress(socket.gethostname(), self.address.port).url if is_everywhere else self.address.url
        _LOGGER.info("live page: %s%s", url, " (needs its token)" if token else "")

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Store the frame for the page's thread."""
        self._live_state.write(frame, prediction, decision)
        self._metrics.observe(prediction)

    def idle(self, decision: Decision) -> None:
        """Store a new decision on the newest frame."""
        self._live_state.idle(decision)

    def close(self) -> None:
        """Close all connections and stop the server."""
        self._server.stop()

    def _report_health(self) -> tuple[bool, dict[str, object]]:
        """Return True if frames are being classified, and the body of /healthz."""
        live_state, health = self._live_state, self._live_state.health
        is_ok = live_state.is_live(self._stall_s) and health.state == LIVE
        ago_s = None if live_state.classified_s is None else round(live_state.clock() - live_state.classified_s, 3)
        return is_ok, {
            "ok": is_ok,
            "state": health.state,
            "reason": health.reason,
            "frames": health.frames,
            "classified_ago_s": ago_s,
            "stall_s": self._stall_s,
        }


def encode_picture(live_frame: LiveFrame) -> bytes:
    """Return a frame as a JPEG, dimmed around what the network sees, with the outline of what was found."""
    prediction = live_frame.prediction
    return drawing.encode_page_picture(live_frame.frame.image, prediction.outline, region=prediction.region)
