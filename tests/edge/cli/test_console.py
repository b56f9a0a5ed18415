"""The error boundary: exception in, one line on stderr and an exit code out; and the flags all commands share."""

from __future__ import annotations

import argparse
import errno
import hashlib
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.trust import TrustPolicy
from edge.cli import console
from edge.cli.trust_flags import add_trust_flags, trust_policy_from
from edge.errors import GateError, SourceLostError, SpecError


def raising(error: BaseException) -> Callable[[Sequence[str] | None], int]:
    """A main that ends with this exception, after a line of results."""

    @console.command
    def main(argv: Sequence[str] | None = None) -> int:
        sys.stdout.write("a result\n")
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (SpecError("no labels:\n  give some"), 1, "no labels: give some"),
        (GateError("too inaccurate"), 3, "too inaccurate"),
        (SourceLostError("camera 0 gave no more frames"), 4, "camera 0 gave no more frames"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.txt"), 1, "a.txt: No such file or directory"),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "[Errno 28] No space left on device (free some space and run it again)",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device", "a.png"),
            1,
            "a.png: No space left on device (free some space and run it again)",
        ),
        (
            ZeroDivisionError("one\ntwo"),
            1,
            "unexpected ZeroDivisionError: one two (DEBUG=1 shows where; please report it)",
        ),
    ],
    ids=["ours", "gate", "lost", "Ctrl-C", "missing file", "full disk", "full disk, file known", "bug"],
)
def test_an_exception_becomes_one_line_and_a_code(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raising(error)(None) == code
    out, err = capsys.readouterr()
    assert out == "a result\n"
    assert err == f"error: {line}\n"


def test_a_long_message_of_a_bug_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    assert raising(RuntimeError("x" * 5000))([]) == 1
    assert len(capsys.readouterr().err) < 400


def test_debug_lets_the_exception_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "1")
    with pytest.raises(SpecError, match="no labels"):
        raising(SpecError("no labels"))(None)


def test_a_main_that_returns_keeps_its_code_its_arguments_and_its_name() -> None:
    @console.command
    def count(argv: Sequence[str] | None = None) -> int:
        return len(argv or ())

    assert count(["a", "b", "c"]) == 3
    assert count.__name__ == "count"
    with pytest.raises(SystemExit) as end:
        console.run(lambda argv: 7 if argv is None else 0)
    assert end.value.code == 7


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's")
def test_results_that_are_still_in_the_buffer_at_the_end_are_not_lost_in_silence(spawn: Callable[..., Any]) -> None:
    program = """
from edge.cli import console
@console.command
def main(argv=None):
    print("a result")
    return 0
console.run(main)
"""
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123  # a device
        child = spawn("-c", program, stdout=full)
        _, err = child.communicate(timeout=60)
    assert err.startswith("error: [Errno 28] ")
    assert "free some space" in err
    assert err.count("\n") == 1
    assert child.returncode == 1


def test_a_closed_stdout_is_no_traceback(spawn: Callable[..., Any]) -> None:
    program = """
import os, sys
os.close(1)
sys.stdout = None  # as Python starts after `>&-`
from edge.cli import console
@console.command
def main(argv=None):
    sys.stdout.write("to nobody")
    raise KeyboardInterrupt
console.run(main)
"""
    child = spawn("-c", program)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, "error: interrupted\n")


@pytest.mark.parametrize(
    ("flags", "shown"),
    [([], ["info", "warning"]), (["-v"], ["debug", "info", "warning"]), (["--quiet"], ["warning"])],
    ids=["plain", "verbose", "quiet"],
)
def test_logging_flags_choose_what_reaches_stderr(
    flags: list[str], shown: list[str], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    parser = console.Parser()
    console.add_logging_flags(parser)
    for _ in range(2):  # a second start must not double the lines
        console.start_logging(parser.parse_args(flags))
    for name in ("edge.somewhere", "train.x", "somebody.else"):
        logger = logging.getLogger(name)
        for level in ("debug", "info"):
            getattr(logger, level)(level)
    logging.getLogger("edge").warning("warning")
    out, err = capsys.readouterr()
    assert out == ""
    expected = [*shown[:-1], *shown[:-1], "warning"]  # of edge and of train, not of others
    assert err.splitlines() == expected
    assert {record.name for record in caplog.records} <= {"somebody.else"}  # the root logger would say ours twice


def test_verbose_and_quiet_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    parser = console.Parser()
    console.add_logging_flags(parser)
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["-v", "-q"])
    assert end.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (console.positive_int, "1", 1),
        (console.positive_int, "250", 250),
        (console.natural, "0", 0),
        (console.thread_count, "256", 256),
        (console.positive_float, "0.5", 0.5),
        (console.positive_float, "1e3", 1000.0),
    ],
)
def test_numbers_are_parsed(parse: Callable[[str], float], text: str, value: float) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [(console.positive_int, text) for text in ("0", "-1", "1.5", "2147483648")]
    + [(console.natural, "-1"), (console.thread_count, "0"), (console.thread_count, "257")]
    + [(console.positive_float, text) for text in ("0", "-0.5", "nan", "inf", "x")],
)
def test_numbers_that_make_no_sense_are_refused(parse: Callable[[str], float], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"got '{text}'"):
        parse(text)


def test_help_shows_defaults_that_teach_something_and_keeps_the_examples() -> None:
    parser = console.Parser(epilog="one\n  two")
    parser.add_argument("--rows", default=3, help="rows")
    parser.add_argument("--name", help="name")
    parser.add_argument("--fast", action="store_true", help="fast")
    text = parser.format_help()
    assert "rows (default: 3)" in text
    assert text.count("default") == 1
    assert "one\n  two" in text


@pytest.mark.parametrize("flag", ["--out", "--outpu"])
def test_a_flag_is_not_taken_for_a_longer_one(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = console.Parser()
    parser.add_argument("--output")
    with pytest.raises(SystemExit) as end:
        parser.parse_args([flag, "file"])
    assert end.value.code == 2
    assert flag in capsys.readouterr().err


def test_a_value_with_a_space_may_begin_like_a_flag() -> None:
    parser = console.Parser()
    parser.add_argument("--comment")
    assert parser.parse_args(["--comment", "--- for the door ---"]).comment == "--- for the door ---"


HANGING = """
import functools, sys, threading, time
from edge.cli import console
from edge.system.process import BackgroundThread
sleep = functools.partial(time.sleep, 3600)
(BackgroundThread(sleep, name="x") if sys.argv[1] == "ours" else threading.Thread(target=sleep, daemon=True)).start()
class Late:
    def __del__(self): print("torn down")
late = Late()
console.run(lambda argv: print("done") or 5)
"""


@pytest.mark.parametrize(("whose", "out"), [("ours", "done\n"), ("foreign", "done\ntorn down\n")])
def test_nothing_is_torn_down_under_a_thread_that_hangs(spawn: Callable[..., Any], whose: str, out: str) -> None:
    child = spawn("-c", HANGING, whose)
    assert child.communicate(timeout=60) == (out, "")
    assert child.returncode == 5


DIGEST = hashlib.sha256(b"a model").hexdigest()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--require-sha256", f" {DIGEST.upper()}"], TrustPolicy(DIGEST)),
        (["--require-signature", "mine.pub"], TrustPolicy("", "mine.pub")),
        (["--require-sha256", DIGEST, "--require-signature", "k"], TrustPolicy(DIGEST, "k")),
    ],
)
def test_flags_become_a_trust_policy(arguments: list[str], expected: TrustPolicy | None) -> None:
    flags = console.Parser()
    add_trust_flags(flags)
    assert trust_policy_from(flags.parse_args(arguments)) == expected


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, "0" * 63])
def test_what_is_no_digest_is_a_wrong_call(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    flags = console.Parser()
    add_trust_flags(flags)
    with pytest.raises(SystemExit):
        flags.parse_args(["--require-sha256", text])
    assert "expected 64 hexadecimal digits" in capsys.readouterr().err
