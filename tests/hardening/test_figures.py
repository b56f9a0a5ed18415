import json
from pathlib import Path

import pytest

from edge.errors import GateError
from tests.hardening.figures import AttackResult, Figure, figure_with, finish, page


def _finish(figures: list[Figure], path: Path) -> None:
    result = AttackResult(figures, {"count": 5}, details=[{"a": 1}])
    finish("models", result, arguments=["--count", "5"], seed=3, out=path)


def test_what_was_counted_is_printed_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _finish([Figure("crashes", 0, limit=0), Figure("longest", 1.25, "s")], tmp_path / "a.json")

    report = json.loads((tmp_path / "a.json").read_text())
    assert [(row["what"], row["status"]) for row in report["figures"]] == [("crashes", "kept"), ("longest", "–")]  # noqa: RUF001
    assert report["environment"]["command"].endswith("models --count 5")
    assert (report["settings"], report["details"], report["environment"]["seed"]) == ({"count": 5}, [{"a": 1}], 3)
    assert "longest      1.25  s" in capsys.readouterr().out


def test_a_broken_promise_is_a_gate_and_kept_all_the_same(tmp_path: Path) -> None:
    figures = [Figure("crashes", 1, limit=0), Figure("survived", 9, limit=10, limit_kind="at least")]

    with pytest.raises(GateError, match=r"2 of 2 .* crashes 1, .* survived 9, "):
        _finish(figures, tmp_path / "a.json")

    assert json.loads((tmp_path / "a.json").read_text())["figures"][0]["status"] == "missed"


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [(2, "at most", True), (2.1, "at most", False), (2, "at least", True), (1.9, "at least", False)],
)
def test_a_limit_includes_itself(value: float, kind: str, kept: bool) -> None:
    assert Figure("x", value, limit=2, limit_kind=kind).is_kept is kept


def test_a_figure_is_looked_up_by_words_that_only_its_name_has() -> None:
    figures = [Figure("runner crashes", 1), Figure("runner hangs", 2)]
    assert figure_with(figures, "hangs").value == 2
    for words in ("runner", "floods"):
        with pytest.raises(LookupError):
            figure_with(figures, words)


def test_the_page_has_table_command_and_machine(tmp_path: Path) -> None:
    _finish([Figure("crashes", 0, limit=0), Figure("mutants", 10_000)], tmp_path / "a.json")

    text = page(json.loads((tmp_path / "a.json").read_text()))

    assert "| crashes | 0 |  | at most 0 | kept |" in text
    assert "| mutants | 10,000 |  | – | – |" in text  # noqa: RUF001
    assert "models --count 5`; " in text
