"""Help on two screens, all of it on demand, and the nearest of what was mistyped."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from edge.cli.help import not_understood
from edge.run.flags import VERBS, parser
from edge.run.main import main

SCREEN_LINES = 24


def said(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, output and last line of the errors."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out, err.splitlines()[-1] if err else ""


def test_help_fits_two_screens_and_begins_with_the_verbs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = said(["--help"], capsys)
    lines = out.splitlines()
    assert code == 0
    assert len(lines) <= 2 * SCREEN_LINES
    places = {verb: next(n for n, line in enumerate(lines) if line.split()[:1] == [verb]) for verb in VERBS}
    assert max(places.values()) < next(n for n, line in enumerate(lines) if line.split()[:1] == ["--camera"])
    assert "--help-all" in out


def test_help_all_has_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(["--help-all"], capsys)
    flags = [name for action in parser()._actions for name in action.option_strings]
    assert code == 0
    assert [flag for flag in flags if flag not in out] == []


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["doctr"], "edge-classify doctor"),
        (["descrbe", "a.tflite"], "edge-classify describe"),
        (["--treshold", "0.7"], "--threshold"),
        (["--thresh=0.7"], "--threshold"),
        (["--json", "--sorce", "a.mp4"], "--source"),
        (["photo.jpg"], "--source"),
        (["updaet", "--status"], "edge-classify update"),
        (["Doctor"], "edge-classify doctor"),
        (["--MODEL", "a.tflite"], "--model"),
        (["--vers"], "--version"),
        (["--corection", "photos"], "--corrections"),
        (["teach", "photos", "--ot", "a.tflite"], "--out"),
        (["bulk", "photos", "--ouut=results"], "--out"),
        (["collect", "photos", "--camera", "0", "--clases", "a,b"], "--classes"),
    ],
    ids=" ".join,
)
def test_the_nearest_verb_or_flag_is_named(arguments: list[str], near: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, line = said(arguments, capsys)
    assert (code, out) == (2, "")
    assert near in line


@pytest.mark.parametrize("word", ["rtsp://user:hunter2@camera/s", "--rtsp://u:hunter2@c", "--sorce=http://hunter2@c/"])
def test_a_word_that_is_not_understood_may_be_a_secret(word: str) -> None:
    assert "hunter2" not in not_understood(parser(), [word], VERBS)
