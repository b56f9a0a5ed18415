"""Hostile servers say what they are to say, and end."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from tests.hardening.malformed_media.servers import servers, serving

BY_NAME = {server.name: server for server in servers()}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def test_a_server_answers_and_is_gone_afterwards() -> None:
    with serving(BY_NAME["HTML"]) as url, urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.headers.get_content_type() == "text/html"
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=30)


def test_what_never_ends_goes_on_until_nobody_listens() -> None:
    with serving(BY_NAME["garbage for ever"]) as url, urllib.request.urlopen(url, timeout=30) as answer:
        assert len(answer.read(5_000_000)) == 5_000_000
