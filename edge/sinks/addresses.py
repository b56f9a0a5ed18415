"""Addresses of the page and the broker as users type them, and the names of environment variables; pure."""

from __future__ import annotations

import argparse
import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from edge.cli.console import parsed_by

TOKEN_VARIABLE = "EDGE_CLASSIFY_TOKEN"  # noqa: S105  # a variable's name
MQTT_VARIABLES = {
    "username": "EDGE_CLASSIFY_MQTT_USERNAME",
    "password": "EDGE_CLASSIFY_MQTT_PASSWORD",
    "authority": "EDGE_CLASSIFY_MQTT_CA",
    "certificate": "EDGE_CLASSIFY_MQTT_CERTIFICATE",
    "key": "EDGE_CLASSIFY_MQTT_KEY",
}
"""Setting of the broker -> environment variable; the last three name PEM files."""

_DEFAULT_HOST, _DEFAULT_PORT = "127.0.0.1", 8080
_BROKER_PORTS = {"mqtt": 1883, "mqtts": 8883}
_NAME = r"[A-Za-z0-9._-]+"  # and IPv4
_HOST = rf"{_NAME}|[0-9a-f:.]+"  # IPv6 too
_BASE_PATH = r"(?:/[A-Za-z0-9._~-]+)*"


class PageAddress(NamedTuple):
    """Listening address of the web page."""

    host: str = _DEFAULT_HOST
    """Name or address; IPv6 without brackets."""
    port: int = _DEFAULT_PORT
    """Port; 0: any free one."""

    @classmethod
    def parse(cls, text: str) -> PageAddress:
        """Parse HOST:PORT, HOST or PORT; the defaults are 127.0.0.1 and 8080.

        Raises:
            ValueError: anything else.
        """
        try:
            parts = urlsplit(f"//:{text}" if text.isdecimal() else f"//{text}")
            host, port = parts.hostname or _DEFAULT_HOST, parts.port
        except ValueError:
            parts, host, port = None, "", None
        is_all = parts is not None and parts.netloc.strip(":") == text.strip(":")  # no path, no query
        if not text or "@" in text or not is_all or not re.fullmatch(_HOST, host):
            raise ValueError(f"expected HOST:PORT such as 127.0.0.1:8080 or [::1]:8080, got {text!r}")
        return cls(host, _DEFAULT_PORT if port is None else port)

    @property
    def is_loopback(self) -> bool:
        """True if only this machine can reach it; False for names other than localhost, which may be anything."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """URL for a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"


class PageMount(NamedTuple):
    """Place of the page in other sites: the path of a proxy, and who may show it in a frame."""

    base_path: str = ""
    """Path that a proxy leaves in front of the page's own, such as /camera; empty: none."""
    embed_from: tuple[str, ...] = ()
    """Origins that may show the page in a frame, and `self` for the page's own; none: nobody may."""


def add_mount_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags of `PageMount`, which every page has."""
    group.add_argument("--serve-base-path", type=parsed_by(parse_base_path), metavar="PATH",
                       help="path that a proxy leaves in front of the page's addresses, such as /camera; a proxy that "
                       "takes it away needs no flag")  # fmt: skip
    group.add_argument("--serve-embed-from", type=parsed_by(parse_origin), action="append", metavar="SITE",
                       help="let pages of this site show the page in a frame, such as http://homeassistant.local:8123; "
                       "self: those of the page's own address, as in Home Assistant's ingress; repeatable (default: "
                       "nobody)")  # fmt: skip


def mount_from(options: argparse.Namespace) -> PageMount:
    """Return the parsed flags of `add_mount_flags`."""
    return PageMount(options.serve_base_path or "", tuple(options.serve_embed_from or ()))


def parse_base_path(text: str) -> str:
    """Return the path of a proxy with a slash before it and none behind; empty for the root.

    Raises:
        ValueError: anything that isn't the plain path of a URL.
    """
    path = text.rstrip("/")
    if not re.fullmatch(_BASE_PATH, path) or {".", ".."} & set(path.split("/")):
        raise ValueError(f"expected a path such as /camera, of letters, digits, - . _ and ~, got {text!r}")
    return path


def parse_origin(text: str) -> str:
    """Return an origin as browsers write it, http://HOST[:PORT] or https://HOST[:PORT], or `self`.

    Raises:
        ValueError: anything else; also a pattern, because each site is named, and IPv6, which browsers don't take here.
    """
    if text == "self":
        return text
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    origin = f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")
    if parts.scheme not in ("http", "https") or not re.fullmatch(_NAME, host) or origin != text.lower().rstrip("/"):
        raise ValueError(
            f"expected a site without a path, such as http://homeassistant.local:8123, or self, got {text!r}"
        )
    return origin


class BrokerAddress(NamedTuple):
    """Address of an MQTT broker, and the prefix of the topics."""

    host: str
    port: int
    topic: str
    """Prefix without a slash at either end."""
    has_tls: bool

    @classmethod
    def parse(cls, text: str) -> BrokerAddress:
        """Parse mqtt://HOST[:PORT]/TOPIC or mqtts://HOST[:PORT]/TOPIC.

        Raises:
            ValueError: anything else; or a password, which every user of the machine could read in the list of
                processes.
        """
        form = "mqtt://HOST[:PORT]/TOPIC, or mqtts:// for TLS"
        login = (
            "a user name and a password don't belong into the URL: put them into "
            f"{MQTT_VARIABLES['username']} and {MQTT_VARIABLES['password']}"
        )
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise ValueError(login if "@" in text else f"expected {form}, with a port from 1 to 65535") from None
        if "@" in parts.netloc:
            raise ValueError(login)
        if parts.scheme not in _BROKER_PORTS or not parts.hostname or parts.query:
            raise ValueError(f"expected {form}, got {text!r}")
        try:
            topic = parse_topic(parts.path)
        except ValueError:
            topic = ""
        if not topic or parts.fragment or "#" in text:
            raise ValueError(f"expected {form}: a topic such as /shop/door without + and #, got {text!r}")
        return cls(parts.hostname, port or _BROKER_PORTS[parts.scheme], topic, parts.scheme == "mqtts")

    @property
    def place(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


def parse_topic(text: str) -> str:
    """Return a topic without a slash at either end.

    Raises:
        ValueError: it is empty, a pattern, or one of the broker's own.
    """
    topic = text.strip("/")
    if not topic or set("+#\0") & set(topic) or topic.startswith("$"):
        raise ValueError(f"expected a topic such as shop/door, without + and #, got {text!r}")
    return topic
