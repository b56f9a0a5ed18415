"""What a parser says of its flags."""

from __future__ import annotations

import argparse

import pytest

from edge.cli import console, parser_flags


def parser() -> argparse.ArgumentParser:
    """One flag of each kind."""
    flags = argparse.ArgumentParser(prog="p", formatter_class=console.HelpFormatter)
    flags.add_argument("folder", metavar="DIR", help="a folder")
    flags.add_argument("files", nargs="*", metavar="FILE")
    either = flags.add_mutually_exclusive_group()
    either.add_argument("-q", "--quiet", action="store_true", help="say less,\nmuch less")
    either.add_argument("--serve", nargs="?", const="here", metavar="HOST:PORT", help=argparse.SUPPRESS)
    flags.add_argument("--top-k", type=int, default=3, metavar="N", help="classes to name")
    flags.add_argument("--runtime", choices=("auto", "litert"))
    flags.add_argument("--map", action="append", default=[])
    flags.add_argument("--sway", action=argparse.BooleanOptionalAction)
    return flags


def test_every_flag_in_order() -> None:
    found = parser_flags.actions(parser())
    assert [parser_flags.synopsis(action) for action in found] == [
        "-h, --help", "DIR", "[FILE ...]", "-q, --quiet", "--serve [HOST:PORT]", "--top-k N",
        "--runtime {auto,litert}", "--map MAP", "--sway, --no-sway",
    ]  # fmt: skip
    assert [parser_flags.long_name(action) for action in found] == [
        "help", "", "", "quiet", "serve", "top-k", "runtime", "map", "sway",
    ]  # fmt: skip


def named(name: str) -> argparse.Action:
    return next(action for action in parser_flags.actions(parser()) if parser_flags.long_name(action) == name)


def test_help_is_one_line_with_the_default() -> None:
    assert parser_flags.help_of(parser(), named("top-k")) == "classes to name (default: 3)"
    assert parser_flags.help_of(parser(), named("quiet")) == "say less, much less"
    assert parser_flags.help_of(parser(), named("serve")) == parser_flags.help_of(parser(), named("runtime")) == ""


@pytest.mark.parametrize(("name", "expected"), [("quiet", True), ("sway", True), ("help", False), ("serve", False)])
def test_switches(name: str, expected: bool) -> None:
    assert parser_flags.is_switch(named(name)) is expected


def test_what_may_be_repeated() -> None:
    assert parser_flags.is_repeatable(named("map"))
    assert not parser_flags.is_repeatable(named("top-k"))


def test_rivals() -> None:
    flags = parser()
    quiet = next(action for action in parser_flags.actions(flags) if action.dest == "quiet")
    assert [action.dest for action in parser_flags.rivals(flags, quiet)] == ["serve"]
    assert parser_flags.rivals(flags, parser_flags.actions(flags)[0]) == []
