"""The page's routes: the only file that imports a web framework (extra `web`).

Starlette on uvicorn: streams to many viewers from one thread (a WSGI server such as waitress holds a thread for each),
pure Python of seven small packages, so no compiler on a Pi (aiohttp brings four compiled ones), both well kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from edge.errors import RuntimeMissingError
from edge.sinks.addresses import PageMount
from edge.sinks.web.access import Guard
from edge.sinks.web.broadcast import BOUNDARY, Broadcast

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

FOLDER = Path(__file__).parent
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

_UNBUFFERED = {"x-accel-buffering": "no"}  # nginx would hold back what comes in small pieces


class Answer(NamedTuple):
    """Response to a request that changes something."""

    status: int
    """Status of HTTP."""
    body: Mapping[str, object]
    """Content as JSON; `error` is the sentence for the user where the status is 400 or more."""


Action = Callable[[Mapping[str, str]], Answer]
"""Change that a page asks for, with the request's parameters; called in a thread of its own, one at a time."""


@dataclass(frozen=True, slots=True)
class Routes:
    """Content of the routes."""

    broadcast: Broadcast[Any]
    initial_event: Callable[[], bytes]
    """Returns a viewer's first server-sent event."""
    health: Callable[[], tuple[bool, dict[str, object]]]
    """Returns True if frames come in, and the body of /healthz."""
    files: Mapping[str, Path]
    """Path of the route -> file of the page, whose suffix is one of `MEDIA_TYPES`."""
    metrics: Callable[[], bytes] | None = None
    metrics_type: str = ""
    stills: Mapping[str, Callable[[Mapping[str, str]], bytes | None]] = field(default_factory=dict)
    """Path of the route -> function that returns a JPEG for the request's parameters; None: there is none."""
    actions: Mapping[str, Action] = field(default_factory=dict)
    """Path of the route -> change; by POST alone, with the token, and without a body."""


def application(routes: Routes, *, token: str, host: str, mount: PageMount = PageMount()) -> Guard:  # noqa: B008
    """Return the ASGI application, guarded.

    Raises:
        RuntimeMissingError: Starlette isn't installed.
        ValueError: there are actions and no token.
    """
    if routes.actions and not token:
        raise ValueError("a page that writes needs a token")
    try:
        from starlette.applications import Starlette
    except ImportError as error:
        raise RuntimeMissingError(f"a page can't be served ({error}): pip install 'edge-classify[web]'") from error
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
    single = (*_files(routes.files), *_single_responses(routes), *_stills(routes.stills), *_actions(routes.actions))
    app = Starlette(routes=[*streams, *single], lifespan=lifespan)
    app.router.redirect_slashes = False  # it would redirect to whatever host the request names
    return Guard(app, token=token, host=host, mount=mount)


def _files(files: Mapping[str, Path]) -> Iterator[Route]:
    """Yield the routes of the page's files."""
    from starlette.responses import Response
    from starlette.routing import Route

    for path, file in files.items():
        content, media_type = file.read_bytes(), MEDIA_TYPES[file.suffix]
        yield Route(path, lambda _, body=content, kind=media_type: Response(body, media_type=kind))


def _stream(broadcast: Broadcast[Any], kind: str, media_type: str, start: Callable[[], AsyncIterator[bytes]]) -> Route:
    """Return a route whose response lasts until the viewer leaves."""
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    async def answer(request: Request) -> Response:
        if not broadcast.has_room(kind):
            return Response("too many viewers: close another page\n", 503, {"retry-after": "5"})
        if request.method == "HEAD":
            return Response(media_type=media_type)
        return StreamingResponse(start(), media_type=media_type, headers=_UNBUFFERED)

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

    yield Route("/picture.jpg", still)
    yield Route("/healthz", health)
    if (text := routes.metrics) is not None:
        headers = {"content-type": routes.metrics_type}
        yield Route("/metrics", lambda _: Response(text(), headers=headers))


def _stills(stills: Mapping[str, Callable[[Mapping[str, str]], bytes | None]]) -> Iterator[Route]:
    """Yield the routes of images that a request names."""
    from starlette.responses import Response
    from starlette.routing import Route

    for path, make in stills.items():

        async def answer(request: Request, make: Callable[[Mapping[str, str]], bytes | None] = make) -> Response:
            picture = await asyncio.to_thread(make, dict(request.query_params))
            return Response(picture, media_type="image/jpeg") if picture else Response("no such frame\n", 404)

        yield Route(path, answer)


def _actions(actions: Mapping[str, Action]) -> Iterator[Route]:
    """Yield the routes that change something."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    # A disk may take its time, and the images of the viewers have a thread already.
    writer = ThreadPoolExecutor(1, thread_name_prefix="edge.page.write")
    for path, act in actions.items():

        async def answer(request: Request, act: Action = act) -> JSONResponse:
            loop = asyncio.get_running_loop()
            status, body = await loop.run_in_executor(writer, act, dict(request.query_params))
            return JSONResponse(body, status)

        yield Route(path, answer, methods=["POST"])
