"""The token: where it comes from, and when there must be one."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ToolkitError
from edge.sinks.addresses import PageAddress
from edge.sinks.web.token import read_token

TOKEN = "correct-horse-battery"
HERE, ANYWHERE = PageAddress(), PageAddress("0.0.0.0")


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGE_CLASSIFY_TOKEN", raising=False)


def test_this_machine_needs_none() -> None:
    assert read_token(HERE, None) == ""


@pytest.mark.parametrize("address", [HERE, ANYWHERE], ids=["here", "anywhere"])
def test_from_the_environment_or_from_a_file_which_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: PageAddress
) -> None:
    monkeypatch.setenv("EDGE_CLASSIFY_TOKEN", TOKEN)
    assert read_token(address, None) == TOKEN
    (tmp_path / "token").write_text(f"  {TOKEN}2\n")
    assert read_token(address, tmp_path / "token") == f"{TOKEN}2"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "pi.local"])
def test_what_others_can_reach_does_not_start_without_one(host: str) -> None:
    with pytest.raises(ToolkitError, match="can be reached by others, so it needs a token"):
        read_token(PageAddress(host), None)


@pytest.mark.parametrize("token", ["short", "a" * 15, "äöü" * 9, "a" * 16 + "\n" + "b"])
def test_a_token_that_is_none_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("EDGE_CLASSIFY_TOKEN", token)
    with pytest.raises(ToolkitError, match="expected at least 16, all ASCII") as caught:
        read_token(HERE, None)
    assert token not in str(caught.value)


def test_a_file_that_is_empty_or_missing_is_never_taken_for_no_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(ToolkitError, match="is empty"):
        read_token(HERE, tmp_path / "token")
    with pytest.raises(FileNotFoundError):
        read_token(HERE, tmp_path / "none")
