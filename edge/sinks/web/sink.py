"""The web page as a sink: puts live_state, broadcast, metrics and server together."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Sequence

from edge.classify.results import Decision, Prediction
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress
from edge.sinks.delivery import MonitoredSink
from edge.sinks.web.broadcast import Broadcast
from edge.sinks.web.live_state import LiveState
from edge.sinks.web.messages import Identity, event, initial_event, update_event
from edge.sinks.web.metrics import Metrics
from edge.sinks.web.picture import encode_picture
from edge.sinks.web.server import Routes, application
from edge.sinks.web.thread import ServerThread
from edge.sources.frame import Frame

_LOGGER = logging.getLogger(__name__)


class PageSink:
    """Shows the newest frame to whoever looks (see `edge.sinks.protocol.Sink`); the loop only pins it up."""

    def __init__(
        self,
        address: PageAddress,
        *,
        token: str,
        health: Health,
        identity: Identity,
        stall_s: float,
        monitored: Sequence[MonitoredSink] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Listen and start to serve.

        Args:
            address: where.
            token: from `read_token`.
            health: of the run.
            identity: of the model.
            stall_s: /healthz answers 200 only if a frame was classified within so many seconds.
            monitored: sinks whose trouble the page shows.
            clock: monotonic seconds, the one that `Health.captured_s` is read from.

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
            message=lambda: event("update", update_event(self._live_state, monitored, model_sha256=identity.sha256)),
        )
        routes = Routes(
            broadcast=self.broadcast,
            initial_event=lambda: event("initial", initial_event(self._live_state, identity)),
            health=self._report_health,
            metrics=self._metrics.text,
            metrics_type=self._metrics.content_type,
        )
        self.app = application(routes, token=token, host=address.host)
        self._server = ServerThread(self.app, self.broadcast, address)
        self.address, self.crowd = self._server.address, self._server.crowd
        _LOGGER.info("live page: %s%s", _visible(self.address), " (needs its token)" if token else "")

    def write(self, frame: Frame, prediction: Prediction, decision: Decision) -> None:
        """Pin the frame up."""
        self._live_state.write(frame, prediction, decision)
        self._metrics.observe(prediction)

    def idle(self, decision: Decision) -> None:
        """Pin up what is said of the newest frame by now."""
        self._live_state.idle(decision)

    def close(self) -> None:
        """Send the viewers home."""
        self._server.stop()

    def _report_health(self) -> tuple[bool, dict[str, object]]:
        """Whether frames are being classified, and the particulars."""
        live_state, health = self._live_state, self._live_state.health
        is_well = live_state.is_live(self._stall_s) and health.state == LIVE
        ago_s = None if live_state.classified_s is None else round(live_state.clock() - live_state.classified_s, 3)
        return is_well, {
            "ok": is_well,
            "state": health.state,
            "reason": health.reason,
            "frames": health.frames,
            "classified_ago_s": ago_s,
            "stall_s": self._stall_s,
        }


def _visible(address: PageAddress) -> str:
    """The URL for people: where it listens everywhere, by the machine's name."""
    if address.host in ("0.0.0.0", "::"):  # noqa: S104  # told, not listened on
        return PageAddress(socket.gethostname(), address.port).url
    return address.url
