"""FFmpeg's options for a URL, and the reason why it could not open one, which it doesn't pass on."""

from __future__ import annotations

import contextlib
import os
import threading
import urllib.parse
from collections.abc import Iterator

from edge.errors import SourceError, SourceRefusedError
from edge.system.connection import Access, connect, reason, web_page
from edge.system.unit import blocked_network_hint
from edge.system.urls import redact_url, require_plain_login

_VARIABLE = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_TLS_PORTS = {"https": 443, "rtsps": 322, "rtmps": 443, "tls": None, "srtps": None}
_PORTS = {"rtmp": 1935, "tcp": None, **_TLS_PORTS}
_lock = threading.Lock()  # the environment is the whole process's


@contextlib.contextmanager
def options(url: str, access: Access) -> Iterator[None]:
    """Set what OpenCV hands to FFmpeg when it opens a URL; the user's own settings win.

    RTSP comes over TCP, and certificates are checked, which FFmpeg doesn't do by itself.
    """
    ours = {"rtsp_transport": "tcp"}
    if not access.is_insecure:
        ours |= {"tls_verify": "1", "ca_file": access.bundle()}
    if url.startswith("http://127.0.0.1:"):
        ours["http_proxy"] = "none"  # a relay's; the environment's proxy has another 127.0.0.1
    with _lock:
        before = os.environ.get(_VARIABLE)
        own = {item.partition(";")[0] for item in (before or "").split("|")}
        added = [
            f"{name};{value}" for name, value in ours.items() if value and (name not in own or name == "http_proxy")
        ]
        os.environ[_VARIABLE] = "|".join([*([before] if before else []), *added])
        try:
            yield
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before


def require_trust(url: str, *, timeout_s: float, access: Access) -> None:
    """Refuse a URL that FFmpeg must not be handed: its login has no end, or its certificate isn't trusted.

    Raises:
        SourceRefusedError: it is one.
        SourceError: a server that should speak TLS is out of reach.
    """
    try:
        require_plain_login(url)
    except ValueError as error:
        raise SourceRefusedError(f"can't open {redact_url(url)}: {error}") from error
    parts = urllib.parse.urlsplit(url)
    port = parts.port or _TLS_PORTS.get(parts.scheme)
    if parts.scheme not in _TLS_PORTS or port is None:
        return
    try:
        connect(parts.hostname or "", port, timeout_s=timeout_s, access=access).close()
    except OSError as error:
        raise SourceError(f"can't open {redact_url(url)}: {reason(error)}") from error


def explain(url: str, *, timeout_s: float, access: Access) -> SourceError | None:  # noqa: PLR0911  # a scheme, a way
    """Ask a server why FFmpeg could not open its URL; None if it seems to be all right."""
    parts, name = urllib.parse.urlsplit(url), redact_url(url)
    if parts.scheme in ("http", "https"):
        from edge.system import http

        try:
            with http.open_url(url, timeout_s=timeout_s, access=access) as response:
                page = web_page(response.headers.get_content_type(), next(http.read_chunks(response, url), b""))
        except http.HttpError as error:
            return SourceError(str(error))
        return SourceError(f"{name} is {page}") if page else None
    if parts.scheme in ("rtsp", "rtsps"):
        from edge.sources.live.rtsp import require_description

        try:
            require_description(url, timeout_s=timeout_s, access=access)
        except SourceError as error:
            return type(error)(f"can't open {name}: {error}")
        return None
    if hint := blocked_network_hint():
        return SourceError(f"can't open {name}{hint}")
    port = parts.port or _PORTS.get(parts.scheme)
    if parts.scheme not in _PORTS or port is None:
        return None
    try:
        connect(parts.hostname or "", port, timeout_s=timeout_s, access=None).close()
    except OSError as error:
        return SourceError(f"can't open {name}: {reason(error)}")
    return None
