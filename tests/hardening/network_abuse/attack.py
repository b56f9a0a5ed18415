"""Attack on one runner: calm, every attack of other clients, calm again; and the counts."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.collect.page import CollectPage
from edge.collect.session import Session
from edge.health import Health
from edge.sinks.addresses import PageAddress
from edge.sinks.images.class_folders import COLLECTED, ClassFolders
from edge.sinks.web.broadcast import MOST_VIEWERS
from edge.sinks.web.corrections import Corrections
from edge.sinks.web.live_state import Identity
from edge.sinks.web.sink import PageSink
from tests.hardening.network_abuse.brokers import HOSTILE, Broker
from tests.hardening.network_abuse.exposed_runner import ExposedRunner
from tests.hardening.network_abuse.http_client import Reply, ask_all, in_a_process, leave_idle, never_read
from tests.hardening.network_abuse.requests import changes_out_of_bounds, unauthorised_requests

PAGES = ("run", "collect")
"""Pages that are attacked: the runner's and that of `edge-classify collect`."""
_IDENTITY = Identity(file="", sha256="", size_bytes=0, labels=(), quantization="", run_name="", dataset="", runtime="",
                     score="", threshold=0.0, off_threshold=0.0, presence_threshold=0.0)  # fmt: skip
IDLE_S, SLOW_S = 15.0, 40.0  # longer than the timeouts of the page
_LOOK_S = 0.5  # from one look of the viewer with a right to the next
_SETTLED_S = 12.0  # until the last connection is closed


@dataclass(frozen=True, slots=True)
class Outcome:
    """Counts of the attack."""

    paths: tuple[str, ...]
    replies: Sequence[Reply]
    idle: int
    idle_left: int
    slow: int
    slow_left: int
    lines: int
    leaks: int
    has_crashed: bool
    memory_mb: float
    handles: int
    calm_fps: float
    """Frames a second, before and after."""
    attacked_fps: dict[str, float]
    """Frames a second, by kind of abuse meanwhile."""
    missed: int
    longest_wait_s: float
    brokers: int
    written: int
    """Files in the folder of the page that writes, of which nobody with a right asked for any."""

    @property
    def ratio(self) -> float:
        """Frames classified under the worst of it, of those in calm."""
        return min(self.attacked_fps.values()) / self.calm_fps

    def details(self) -> list[dict[str, Any]]:
        """Frames a second, and how often each kind of request got which status; 0 is a closed connection."""
        counted = Counter((reply.request.what, reply.status) for reply in self.replies)
        speeds = {"calm_fps": self.calm_fps, **{f"{what}_fps": fps for what, fps in self.attacked_fps.items()}}
        replies = [{"what": what, "status": status, "times": times} for (what, status), times in counted.items()]
        return [{what.replace(" ", "_"): round(fps, 2) for what, fps in speeds.items()}, *replies]


def routes_of(kind: str) -> dict[str, bool]:
    """Return every route of a page, asked of the page itself: path -> True if it changes something.

    `kind` is one of `PAGES`.
    """
    health = Health()
    with TemporaryDirectory() as name:
        folder, token = Path(name), secrets.token_urlsafe()
        if kind == "collect":
            session = Session(ClassFolders(folder, limit_bytes=1, ending=COLLECTED), {"ripe": 0}, interval_s=1.0)
            page: Any = CollectPage(PageAddress(port=0), session, token=token, health=health, source="", folder=folder,
                                    is_stepped=False, stall_s=1.0)  # fmt: skip
        else:
            corrections = Corrections(folder, ("Coat",), limit_bytes=1, model_sha256="", picture=lambda _: b"")
            page = PageSink(PageAddress(port=0), token=token, health=health, identity=_IDENTITY, stall_s=1.0,
                            corrections=corrections)  # fmt: skip
        page.close()
    return {route.path: "POST" in route.methods for route in page.app.app.routes}


def attack(*, kind: str, host: str, token: str, idle: int, seconds: float, seed: int) -> Outcome:
    """Start a command with a page and attack that, and its MQTT connection if it has one.

    Args:
        kind: one of `PAGES`; the runner's takes corrections if there is a token.
        host: that its page listens on.
        token: of the page; empty: none.
        idle: connections that ask for nothing.
        seconds: of calm before and after, and at least of requests.
        seed: of what is random.
    """
    password = secrets.token_urlsafe()
    broker = Broker(itertools.cycle(HOSTILE.values()))
    with TemporaryDirectory() as folder:
        runner = ExposedRunner(kind=kind, host=host, token=token, folder=Path(folder), broker_port=broker.port,
                               password=password)  # fmt: skip
        try:
            return _attack(runner, broker, token=token, password=password, idle=idle, seconds=seconds, seed=seed)
        finally:
            runner.close()
            broker.close()


def _attack(
    runner: ExposedRunner, broker: Broker, *, token: str, password: str, idle: int, seconds: float, seed: int
) -> Outcome:
    routes, name = routes_of(runner.kind), f"localhost:{runner.port}"
    every = tuple(path for path in routes if token or not path.startswith("/corrections/"))
    writing = [path for path in every if routes[path]]
    calm_fps = [_frames_a_second(runner, seconds)]
    memory, handles = runner.memory_bytes("VmHWM"), runner.handles(_SETTLED_S)
    requests = unauthorised_requests(every, token=token, host=name, seed=seed, writing=writing, frame=runner.frame)
    requests += changes_out_of_bounds(writing, token=token, host=name)
    stream = f"GET /pictures HTTP/1.1\r\nHost: {name}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    slow = 2 * MOST_VIEWERS
    with _Watch(runner) as asked:
        replies: list[Reply] = in_a_process(ask_all, runner.port, requests, seconds)
    with _Watch(runner) as idled:
        idle_left: int = in_a_process(leave_idle, runner.port, idle, IDLE_S)
    with _Watch(runner) as stalled:
        slow_left: int = in_a_process(never_read, runner.port, stream, slow, SLOW_S)
    calm_fps.append(_frames_a_second(runner, seconds))
    handles_after = runner.handles(_SETTLED_S)
    looked = [runner.look(path) for path in ("/metrics", "/healthz", "/page.js", "/collect.js") if path in routes]
    said = b"".join((*looked, *(reply.content for reply in replies))).decode(errors="replace")
    told = "\n".join((said, *runner.lines, *runner.answers))
    return Outcome(
        paths=every,
        replies=replies,
        idle=idle,
        idle_left=idle_left,
        slow=slow,
        slow_left=slow_left,
        lines=len(runner.lines),
        leaks=sum(secret in told for secret in (token, password, runner.cookie, runner.frame) if secret),
        has_crashed=runner.has_crashed,
        memory_mb=max(0, runner.memory_bytes("VmHWM") - memory) / 1e6,
        handles=max(0, handles_after - handles),
        calm_fps=sum(calm_fps) / 2,
        attacked_fps={"requests": asked.fps, "idle connections": idled.fps, "slow readers": stalled.fps},
        missed=runner.unanswered,
        longest_wait_s=runner.longest_wait_s,
        brokers=broker.came,
        written=sum(path.is_file() for path in runner.folder.rglob("*")),
    )


def _frames_a_second(runner: ExposedRunner, seconds: float) -> float:
    began_s, began = time.monotonic(), runner.frames()
    time.sleep(seconds)
    frames = runner.frames() - began
    return frames / (time.monotonic() - began_s)


class _Watch:
    """A viewer with a right, who looks again and again, and counts frames as long as it is entered."""

    def __init__(self, runner: ExposedRunner) -> None:
        self.fps = 0.0
        self._runner = runner
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._began_s, self._began = time.monotonic(), self._runner.frames()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self.fps = (self._runner.frames() - self._began) / (time.monotonic() - self._began_s)

    def _look(self) -> None:
        while not self._is_over.wait(_LOOK_S):
            self._runner.look("/healthz")
