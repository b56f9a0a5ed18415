"""The page's routes: the only file that imports a web framework (extra `web`).

Starlette on uvicorn: streams to many viewers from one thread (a WSGI server such as waitress holds a thread for each),
pure Python of seven small packages, so no compiler on a Pi (aiohttp brings four compiled ones), both well kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RuntimeMissingError
from edge.sinks.web.access import Guard
from edge.sinks.web.broadcast import BOUNDARY, Broadcast

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

_FOLDER = Path(__file__).parent
_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


@dataclass(frozen=True, slots=True)
class Routes:
    """Content of the routes."""

    broadcast: Broadcast
    initial_event: Callable[[], bytes]
    """Returns a viewer's first server-sent event."""
    health: Callable[[], tuple[bool, dict[str, object]]]
    """Returns True if frames are being classified, and the body of /healthz."""
    metrics: Callable[[], bytes]
    metrics_type: str


def application(routes: Routes, *, token: str, host: str) -> Guard:
    """Return the ASGI application, guarded.

    Raises:
        RuntimeMissingError: Starlette isn't installed.
    """
    try:
        from starlette.applications import Starlette
    except ImportError as error:
        raise RuntimeMissingError(f"--serve can't work ({error}): pip install 'edge-classify[web]'") from error
    broadcast = routes.broadcast

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(broadcast.run())
        yield
        await broadcast.end()
        await task

    streams = (
        _stream(broadcast, "picture", f"multipart/x-mixed-replace; boundary={BOUNDARY}", broadcast.pictures),
        _stream(broadcast, "message", "text/event-stream", lambda: broadcast.messages(routes.initial_event())),
    )
    app = Starlette(routes=[*_files(), *streams, *_single_responses(routes)], lifespan=lifespan)
    app.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return Guard(app, token=token, host=host)


def _files() -> Iterator[Route]:
    """Yield the routes of the page's files."""
    from starlette.responses import Response
    from starlette.routing import Route

    for path, (name, media_type) in _FILES.items():
        content = (_FOLDER / name).read_bytes()
        yield Route(path, lambda _, body=content, kind=media_type: Response(body, media_type=kind))


def _stream(broadcast: Broadcast, kind: str, media_type: str, start: Callable[[], AsyncIterator[bytes]]) -> Route:
    """Return a route whose response lasts until the viewer leaves."""
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    async def answer(request: Request) -> Response:
        if not broadcast.has_room(kind):
            return Response("too many viewers: close another page\n", 503, {"retry-after": "5"})
        if request.method == "HEAD":
            return Response(media_type=media_type)
        return StreamingResponse(start(), media_type=media_type)

    return Route(f"/{kind}s", answer)


def _single_responses(routes: Routes) -> Iterator[Route]:
    """Yield the routes with one response a request."""
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def still(_: Request) -> Response:
        picture = await routes.broadcast.still()
        return Response(picture, media_type="image/jpeg") if picture else Response("no frame yet\n", 503)

    async def health(_: Request) -> Response:
        is_ok, body = routes.health()
        return JSONResponse(body, 200 if is_ok else 503)

    async def metrics(_: Request) -> Response:
        return Response(routes.metrics(), headers={"content-type": routes.metrics_type})

    for path, answer in (("/picture.jpg", still), ("/healthz", health), ("/metrics", metrics)):
        yield Route(path, answer)
