"""Addresses of the page and the broker as users type them, and the names of environment variables; pure."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

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
_HOST = r"[A-Za-z0-9._-]+|[0-9a-f:.]+"  # names and IPv4; IPv6


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
        parts = urlsplit(text)
        if "@" in parts.netloc:
            raise ValueError("a user name and a password don't belong into the URL: put them into the environment")
        try:
            port = parts.port
        except ValueError:
            raise ValueError(f"expected {form}, with a port from 1 to 65535") from None
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
