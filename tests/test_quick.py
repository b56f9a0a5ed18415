"""Plugins that keep the tests quick and their output short, tried on small test files."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import progress, quick

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder for tests, whose runs have both plugins."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p tests.progress -p tests.quick -p no:cacheprovider")
    pytester.makeini("[pytest]\nmarkers = e2e: long")
    return pytester


def test_a_test_that_takes_too_long_fails_unless_it_is_marked(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.makepyfile("import pytest\ndef test_a(): 0\n@pytest.mark.e2e\ndef test_b(): 0\ndef test_c(): pytest.skip('x')")
    with monkeypatch.context() as patched:  # this test is under the plugin itself
        patched.setattr(quick, "LIMIT_S", -1.0)
        result = run.runpytest()
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*::test_a took 0 s of processor time, allowed are -1: make it faster, or mark it *"])


def test_what_the_fixtures_and_children_of_a_test_take_is_its_own(run: pytest.Pytester) -> None:
    run.makepyfile("""
        import pytest, subprocess, sys, time
        SPIN = "import time\\nwhile time.process_time() < 0.3: pass"
        @pytest.fixture(scope="module")
        def slow():
            subprocess.run([sys.executable, "-c", SPIN])
        def test_first(slow): pass
        def test_second(slow): pass
        def test_sleeps(): time.sleep(0.3)
    """)
    lines = run.runpytest().stdout.str().splitlines()
    taken = {line.split("::")[1]: float(line.split()[0]) for line in lines if re.match(r" +[0-9.]+ s  ", line)}
    assert taken["test_first"] >= 0.3
    assert max(taken["test_second"], taken["test_sleeps"]) < 0.2


def test_a_log_has_a_line_for_each_tenth_and_no_letters(run: pytest.Pytester) -> None:
    run.makepyfile("import pytest\n@pytest.mark.parametrize('n', range(40))\ndef test_a(n): assert n != 13")
    lines = run.runpytest().stdout.str().splitlines()
    shown = [line for line in lines if " of 40 tests" in line]
    assert [line.split(" tests")[0].split() for line in shown] == [
        [str(percent), "%", str(percent * 2 // 5), "of", "40"] for percent in range(10, 101, 10)
    ]
    assert ["1 failed" in line for line in shown] == [False] * 3 + [True] * 7
    assert not [line for line in lines if "..." in line and not line.startswith("FAILED")]
    assert any(line.startswith("FAILED ") and "test_a[13]" in line for line in lines)
    assert re.fullmatch(r"=+ 1 failed, 39 passed in [0-9.]+s =+", lines[-1])


def test_a_terminal_has_one_line_that_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    reporter = SimpleNamespace(isatty=lambda: True, rewrite=lambda line, erase: shown.append(line))
    line = progress.Progress(cast(Any, reporter), cast(Any, SimpleNamespace(testscollected=4)))
    for refresh_s in (0.0, 0.0, 60.0, 60.0):  # the last test is shown however soon it is
        monkeypatch.setattr(progress, "REFRESH_S", refresh_s)
        line.pytest_runtest_logreport(cast(Any, SimpleNamespace(failed=False, when="teardown")))
    assert shown == [f"{percent:3} %  {count} of 4 tests  0 s" for percent, count in ((25, 1), (50, 2), (100, 4))]


@pytest.mark.parametrize("flag", ["-v", "-q"])
def test_who_asks_for_more_or_less_gets_pytest_s_own(run: pytest.Pytester, flag: str) -> None:
    run.makepyfile("def test_a(): pass")
    text = run.runpytest(flag).stdout.str()
    assert "of 1 tests" not in text
    assert ("PASSED" if flag == "-v" else ".") in text


def test_skips_are_a_line_for_each_reason(run: pytest.Pytester) -> None:
    run.makepyfile(
        test_a="import pytest\n@pytest.mark.parametrize('n', range(3))\ndef test_a(n): pytest.skip('no broker here')",
        test_b="import pytest\n@pytest.mark.skipif(True, reason='no browser')\ndef test_b(): pass",
        test_c="import pytest\npytest.importorskip('nothing_of_this_name')",
        test_d="import pytest\n@pytest.mark.skip(reason='no broker here')\ndef test_d(): pass",
    )
    lines = run.runpytest().stdout.str().splitlines()
    assert [line.strip() for line in lines if " skipped: " in line] == [
        "4 skipped: no broker here",
        "1 skipped: could not import 'nothing_of_this_name': No module named 'nothing_of_this_name'",
        "1 skipped: no browser",
    ]
    assert re.fullmatch(r"=+ 6 skipped in [0-9.]+s =+", lines[-1])


def test_what_is_not_in_one_half_is_in_the_other_and_a_change_must_pass_both() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"-m pytest .* -m (.+)", makefile) == ["'not e2e'", "e2e"]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make (.+)$", ci, re.MULTILINE) == ["demo", "check", "test", "e2e"]
