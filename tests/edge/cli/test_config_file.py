"""TOML file of flags: precedence of the command line, and one line for whatever no flag takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.cli import config_file, console
from edge.errors import ConfigError
from edge.run.flags import parser


@pytest.fixture
def parse(tmp_path: Path) -> Callable[..., argparse.Namespace]:
    """Parse a command line of `edge-classify` with a file that holds this text."""

    def parse(text: str, *arguments: str, flags: argparse.ArgumentParser | None = None) -> argparse.Namespace:
        path = tmp_path / "c.toml"
        path.write_text(text, encoding="utf-8")
        return config_file.parse(flags or parser(), ["--config", str(path), *arguments])

    return parse


def test_without_a_file_it_is_the_command_line() -> None:
    assert config_file.parse(parser(), ["--top-k", "2"]) == parser().parse_args(["--top-k", "2"])


def test_a_file_is_parsed_as_the_same_flags_would_be(parse: Callable[..., argparse.Namespace], tmp_path: Path) -> None:
    said = parse('camera = 0\ntop-k = 2\nsmoothing = 0.5\njson = true\nquiet = false\nmodel = "-m.tflite"\n')

    flags = ["--camera", "0", "--top-k", "2", "--smoothing", "0.5", "--json", "--model=-m.tflite"]
    expected = parser().parse_args([*flags, "--config", str(tmp_path / "c.toml")])
    assert said == expected


def test_the_command_line_wins(parse: Callable[..., argparse.Namespace]) -> None:
    said = parse("top-k = 2\nthreshold = 0.6", "--top-k", "5")
    assert (said.top_k, said.threshold) == (5, 0.6)


def test_the_command_line_wins_even_where_it_says_the_default(parse: Callable[..., argparse.Namespace]) -> None:
    assert parse("top-k = 2", "--top-k", "3").top_k == 3


def test_the_command_line_wins_over_what_it_excludes(parse: Callable[..., argparse.Namespace]) -> None:
    said = parse("camera = 0\nverbose = true", "--source", "a.png", "-q")
    assert (said.camera, said.source, said.verbose, said.quiet) == (None, "a.png", False, True)


def test_switches_that_are_off_exclude_nothing(parse: Callable[..., argparse.Namespace]) -> None:
    assert parse("verbose = false\nquiet = true").quiet


def test_flags_of_every_kind(parse: Callable[..., argparse.Namespace]) -> None:
    flags = console.Parser()
    config_file.add_config_flag(flags)
    flags.add_argument("--serve", nargs="?", const="127.0.0.1:8080")
    flags.add_argument("--map", action="append", default=[])
    flags.add_argument("--sway", action=argparse.BooleanOptionalAction, default=True)

    said = parse('serve = true\nmap = ["a=b", "-c"]\nsway = false', flags=flags)
    assert (said.serve, said.map, said.sway) == ("127.0.0.1:8080", ["a=b", "-c"], False)
    assert parse('serve = "0.0.0.0:80"', flags=flags).serve == "0.0.0.0:80"
    assert parse("serve = false", flags=flags).serve is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("treshold = 0.5", "no flag is called 'treshold': did you mean 'threshold'?"),  # codespell:ignore treshold
        ("top_k = 3", "no flag is called 'top_k': did you mean 'top-k'?"),
        ("version = true", "no flag is called 'version': expected some of camera, source, model, "),
        ("[camera]\nindex = 0", "camera: expected a number or a text in quotes, got a section (keys stand outside"),
        ("top-k = 0", "top-k: expected a whole number from 1 to 2,147,483,647, got '0'"),
        ("top-k = 2.5", "top-k: expected a whole number from 1 to 2,147,483,647, got '2.5'"),
        ('top-k = "3"', "top-k: expected a number, got the text '3'"),
        ("top-k = true", "top-k: expected a number or a text in quotes, got true"),
        ("top-k = [3]", "top-k: expected a number or a text in quotes, got a list"),
        ('threshold = "high"', "threshold: expected a number, got 'high'"),
        ("json = 1", "json: expected true or false, got 1"),
        ('runtime = "keras"', "runtime: expected one of auto, litert, tflite-runtime, onnxruntime, got 'keras'"),
        ('roi = "1,2"', "roi: a region is"),
        ("camera = 0\nsource = 'a.png'", "'camera' and 'source' exclude each other: keep one of them"),
        ("camera 0", " isn't TOML: "),
    ],
)
def test_what_no_flag_takes_is_one_line(parse: Callable[..., Any], tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(tmp_path / "c.toml") in str(caught.value)
    assert sentence in str(caught.value)


def test_a_file_that_is_not_there_is_a_wrong_call(edge_classify: Callable[..., Any]) -> None:
    outcome = edge_classify("--config", "gone.toml")
    assert (outcome.code, outcome.out) == (2, "")
    assert "gone.toml" in outcome.sentence
    assert "No such file" in outcome.sentence


def test_a_run_takes_limits_from_file_and_command_line(edge_classify: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("max-frames = 2\njson = true\n", encoding="utf-8")
    outcome = edge_classify("--config", tmp_path / "c.toml", "--max-frames", 1, "-q")
    assert (outcome.code, outcome.out.count("\n")) == (0, 1)
    assert outcome.out.startswith('{"frame": 0')


def test_the_numbers_of_the_console_are_numbers_here(parse: Callable[..., argparse.Namespace]) -> None:
    flags = console.Parser()
    config_file.add_config_flag(flags)
    flags.add_argument("--port", type=console.natural)
    assert parse("port = 0", flags=flags).port == 0


def one_flag_of_each_kind() -> argparse.ArgumentParser:
    flags = console.Parser(prog="p")
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
    found = config_file.actions(one_flag_of_each_kind())
    assert [config_file.synopsis(action) for action in found] == [
        "-h, --help", "DIR", "[FILE ...]", "-q, --quiet", "--serve [HOST:PORT]", "--top-k N",
        "--runtime {auto,litert}", "--map MAP", "--sway, --no-sway",
    ]  # fmt: skip
    assert [config_file.long_name(action) for action in found] == [
        "help", "", "", "quiet", "serve", "top-k", "runtime", "map", "sway",
    ]  # fmt: skip


def test_help_is_one_line_with_the_default() -> None:
    flags = one_flag_of_each_kind()
    texts = {action.dest: config_file.help_of(flags, action) for action in config_file.actions(flags)}
    assert texts["top_k"] == "classes to name (default: 3)"
    assert texts["quiet"] == "say less, much less"
    assert texts["serve"] == texts["runtime"] == ""
