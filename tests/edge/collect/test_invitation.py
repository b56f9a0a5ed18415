"""The page's address as a line and as a QR code."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.collect import invitation
from edge.collect.invitation import invite, new_token, qr_code
from edge.sinks.addresses import PageAddress

URL = "http://192.168.1.17:8080/?token=abcdefghijklmnopqrst"


def test_a_token_is_long_and_never_the_same() -> None:
    assert len({new_token() for _ in range(20)}) == 20
    assert len(new_token()) == 20


def test_a_session_s_token_is_in_the_link_and_the_user_s_own_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitation, "own_address", lambda: "192.168.1.17")
    everywhere = PageAddress("0.0.0.0", 8080)
    assert invite(everywhere, "abcdefghijklmnopqrst", has_code=False) == f"page: {URL}"
    assert "192.168.1.17:8080/?token=..." in invite(everywhere, "", has_code=True)
    assert len(invite(everywhere, "abcdefghijklmnopqrst", has_code=True).splitlines()) > 10
    assert len(invite(PageAddress(), "abcdefghijklmnopqrst", has_code=True).splitlines()) == 1  # no phone gets there


def test_the_code_of_half_blocks_is_read_back() -> None:
    halves = {" ": (255, 255), "▀": (0, 255), "▄": (255, 0), "█": (0, 0)}
    lines = [line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m") for line in qr_code(URL).splitlines()]
    rows = [[halves[character][half] for character in line] for line in lines for half in (0, 1)]
    image = np.kron(np.array(rows, np.uint8), np.ones((8, 8), np.uint8))
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == URL
