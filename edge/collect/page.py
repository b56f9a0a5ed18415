"""The page of a session: the picture, a big button for each class, and the counters."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.collect.session import HOLD_S, Session
from edge.collect.state import Burst, ShownFrame
from edge.health import LIVE, Health
from edge.sinks.addresses import PageAddress, PageMount
from edge.sinks.images.drawing import encode_page_picture
from edge.sinks.web.broadcast import Broadcast
from edge.sinks.web.live_state import server_event
from edge.sinks.web.server import FOLDER, Answer, Routes, application
from edge.sinks.web.thread import ServerThread
from edge.vision.region import Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HERE = Path(__file__).parent
_FILES = {
    "/": _HERE / "collect.html",
    "/collect.css": _HERE / "collect.css",
    "/collect.js": _HERE / "collect.js",
    **{f"/{name}": FOLDER / name for name in ("page.css", "events.js", "icon.svg")},
}
_NO_OUTLINE: NDArray[np.int32] = np.zeros((0, 2), np.int32)
_LONGEST_KEY = 64  # characters of a press's key


class CollectPage:
    """Serves a session until `close`."""

    def __init__(
        self,
        address: PageAddress,
        session: Session,
        *,
        token: str,
        health: Health,
        source: str,
        folder: Path,
        is_stepped: bool,
        stall_s: float,
        mount: PageMount = PageMount(),  # noqa: B008  # immutable
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Listen and start to serve.

        Args:
            address: to listen on.
            session: is shown and changed.
            token: that every request needs.
            health: of the source.
            source: its name, without passwords.
            folder: of the class folders.
            is_stepped: True if each image waits for its class.
            stall_s: seconds after which a frame is no fresh one.
            mount: base path, and sites that may show the page in a frame.
            clock: seconds, as those of the health.

        Raises:
            RuntimeMissingError: the extra `web` isn't installed.
            ToolkitError: the address is taken, or isn't this machine's.
        """
        self._session = session
        self._health = health
        self._stall_s = stall_s
        self._clock = clock
        self._facts = {
            "source": source, "folder": str(folder), "classes": list(session.names), "stepped": is_stepped,
            "hold_s": HOLD_S, "next": f"python -m train --data {shlex.quote(str(folder))}",
        }  # fmt: skip
        broadcast = Broadcast(session, picture=lambda shown: _encode(shown, session.region), message=self._update)
        routes = Routes(
            broadcast=broadcast,
            initial_event=lambda: server_event("initial", self._facts),
            health=self._report_health,
            files=_FILES,
            actions={
                "/collect/hold": self._hold,
                "/collect/release": self._release,
                "/collect/undo": self._undo,
                "/collect/next": self._pass_on,
            },
        )
        self.app = application(routes, token=token, host=address.host, mount=mount)
        self._server = ServerThread(self.app, broadcast, address)
        self.address = self._server.address

    def close(self) -> None:
        """Close all connections and stop the server."""
        self._server.stop()

    def _hold(self, parameters: Mapping[str, str]) -> Answer:
        """Take `class`, its name, and `press`, any text that is the same as long as the button is held."""
        name, key = parameters.get("class", ""), parameters.get("press", "")
        if not 0 < len(key) <= _LONGEST_KEY:
            return Answer(400, {"error": f"expected press, a text of 1 to {_LONGEST_KEY} characters"})
        try:
            self._session.hold(name, key)
        except ValueError as error:
            return Answer(400, {"error": str(error)})
        return Answer(200, {"held": name})

    def _release(self, parameters: Mapping[str, str]) -> Answer:
        key = parameters.get("press", "")
        if not 0 < len(key) <= _LONGEST_KEY:
            return Answer(400, {"error": f"expected press, a text of 1 to {_LONGEST_KEY} characters"})
        self._session.release(key)
        return Answer(200, {})

    def _undo(self, _: Mapping[str, str]) -> Answer:
        try:
            undone = self._session.undo()
        except OSError as error:
            return Answer(507, {"error": f"{error.filename}: {error.strerror}"})
        return Answer(200, {"undone": _burst(undone)}) if undone else Answer(409, {"error": "there is nothing to undo"})

    def _pass_on(self, _: Mapping[str, str]) -> Answer:
        self._session.pass_on()
        return Answer(200, {})

    def _update(self) -> bytes:
        """Return the event of this moment: its data are the fields of `SessionState`, run and age_ms."""
        state = self._session.state()
        newest, captured_s = self._session.newest, self._health.captured_s
        return server_event("update", {
            **state._asdict(),
            "classes": [list(each) for each in state.classes],  # name, images, added
            "last": None if state.last is None else _burst(state.last),
            "run": self._health.published(),
            "frame": None if newest is None else newest.frame.source,
            "age_ms": None if captured_s is None else max(0.0, (self._clock() - captured_s) * 1e3),
        })  # fmt: skip

    def _report_health(self) -> tuple[bool, dict[str, object]]:
        captured_s = self._health.captured_s
        is_fresh = captured_s is not None and self._clock() - captured_s <= self._stall_s
        is_ok = is_fresh and self._health.state == LIVE
        facts = {name: getattr(self._health, name) for name in ("state", "reason", "frames")}
        return is_ok, {"ok": is_ok, **facts, "stall_s": self._stall_s}


def _burst(burst: Burst) -> dict[str, object]:
    return {"class": burst.name, "images": burst.images}


def _encode(shown: ShownFrame, region: Region | None) -> bytes:
    image = shown.frame.image
    return encode_page_picture(image, _NO_OUTLINE, region=region.box(*image.shape[:2]) if region else None)
