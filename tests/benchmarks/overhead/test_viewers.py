"""The comparison with and without viewers runs, watches for real, and has a limit."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("uvicorn", reason="the page needs the extra `web`: pip install 'edge-classify[web]'")

from benchmarks.overhead import viewers
from benchmarks.overhead.viewers import ViewerCost


def test_blocks_with_and_without_viewers_are_compared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "LARGEST_RATIO", 1e9)
    assert viewers.main(["--viewers", "2", "--rounds", "1", "--seconds", "0.3", "-q"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["viewers"], told["fps"], len(told["alone_ms"])) == (2, 30.0, 1)
    assert told["pictures_per_s"][0] > 0
    assert told["ratio"] == pytest.approx(told["watched_ms"][0] / told["alone_ms"][0], rel=1e-2)


def test_a_slowdown_beyond_the_limit_is_exit_code_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "measure", lambda **_: ViewerCost(4, 30.0, 1.06, [], [], []))
    assert viewers.main([]) == 3
    error = capsys.readouterr().err
    assert "4 viewers make " in error
    assert error.index("1.06 times") < error.index("at most 1.05")
    assert viewers.main(["--viewers", "1"]) == 3
    assert "1 viewer makes " in capsys.readouterr().err
