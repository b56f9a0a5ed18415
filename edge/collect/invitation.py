"""Address of a session's page as a line, and for a phone as a QR code in the terminal."""

from __future__ import annotations

import secrets
import socket
from urllib.parse import quote

import cv2
import numpy as np

from edge.sinks.addresses import PageAddress

_TOKEN_BYTES = 15  # 20 characters: more than can be guessed over a network, and still typed on a phone
_ELSEWHERE = ("192.0.2.1", 9)  # an address that nobody has: a route to it tells the own one, and nothing is sent
_BLACK_ON_WHITE, _PLAIN = "\x1b[30;107m", "\x1b[0m"
_HALVES = {(255, 255): " ", (0, 255): "▀", (255, 0): "▄", (0, 0): "█"}
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # told apart, not listened on


def new_token() -> str:
    """Return a random token of 20 characters."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def invite(address: PageAddress, token: str, *, has_code: bool) -> str:
    """Return the page's address, ready to be opened.

    Args:
        address: that the page listens on.
        token: becomes a part of the address; empty: the user has one, which is not repeated.
        has_code: True adds a QR code where others can reach the page.
    """
    if address.host in _EVERYWHERE:
        address = address._replace(host=own_address())
    url = f"{address.url}?token={quote(token)}" if token else f"{address.url}?token=... (your own)"
    line = f"page: {url}"
    return f"{line}\n{qr_code(url)}" if has_code and token and not address.is_loopback else line


def own_address() -> str:
    """Return this machine's address in its network, or its name where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        try:
            unsent.connect(_ELSEWHERE)
            return str(unsent.getsockname()[0])
        except OSError:
            return socket.gethostname()


def qr_code(text: str) -> str:
    """Return a QR code of half blocks, black on white on every terminal, two rows of modules a line."""
    code = cv2.copyMakeBorder(cv2.QRCodeEncoder.create().encode(text), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(255,))
    if len(code) % 2:
        code = np.vstack([code, np.full((1, code.shape[1]), 255, np.uint8)])
    rows = zip(code[::2].tolist(), code[1::2].tolist(), strict=True)
    return "\n".join(
        _BLACK_ON_WHITE + "".join(_HALVES[pair] for pair in zip(*row, strict=True)) + _PLAIN for row in rows
    )
