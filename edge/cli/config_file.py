"""A TOML file instead of flags: its keys are the long flags' names, and what is on the command line wins."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.cli import parser_flags
from edge.errors import ConfigError

_NOT_KEYS = ("config", "help", "list-cameras", "version")  # which do something else instead


def add_config_flag(flags: argparse.ArgumentParser) -> None:
    """Add --config."""
    flags.add_argument("--config", type=Path, metavar="FILE",
                       help="TOML file whose keys are the long names of these flags (top-k = 3); the command line "
                       "wins")  # fmt: skip


def parse(flags: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line and the file that its --config names.

    Args:
        flags: a parser with `add_config_flag`.
        argv: the command line; None: this process's.

    Raises:
        ConfigError: the file can't be read, isn't TOML, or has a key or value that no flag takes.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    given = _given(flags, arguments)
    if "config" not in given:
        return flags.parse_args(arguments)
    return flags.parse_args([*_as_arguments(flags, given["config"], given), *arguments])


def _given(flags: argparse.ArgumentParser, arguments: list[str]) -> dict[str, Any]:
    """What the command line itself says, without defaults: destination -> value."""
    absent = object()
    untouched = argparse.Namespace(**{action.dest: absent for action in parser_flags.actions(flags)})
    found = vars(flags.parse_args(arguments, untouched))
    return {name: value for name, value in found.items() if value is not absent}


def _as_arguments(flags: argparse.ArgumentParser, path: Path, given: dict[str, Any]) -> list[str]:
    """The file as a command line, without what the real one says otherwise."""
    known = {name: action for action in parser_flags.actions(flags) if (name := parser_flags.long_name(action))}
    for name in _NOT_KEYS:
        known.pop(name, None)
    arguments: list[str] = []
    used: list[argparse.Action] = []
    for key, value in _read(path).items():
        if key not in known:
            raise ConfigError(f"{path}: no flag is called {key!r}: {_nearest(key, known)}")
        action = known[key]
        words = _words(action, value, where=f"{path}: {key}")
        rivals = parser_flags.rivals(flags, action)
        if words and (clash := next((other for other in rivals if other in used), None)):
            raise ConfigError(
                f"{path}: {parser_flags.long_name(clash)!r} and {key!r} exclude each other: keep one of them"
            )
        if words and not any(other.dest in given for other in rivals):
            arguments += words
            used.append(action)
    return arguments


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"config file {path} can't be read: {error.strerror}") from error
    except ValueError as error:  # tomllib's own, and UnicodeDecodeError
        raise ConfigError(f"config file {path} isn't TOML: {error}; expected lines such as camera = 0") from error


def _nearest(key: str, known: dict[str, argparse.Action]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected some of {', '.join(known)}"


def _words(action: argparse.Action, value: Any, *, where: str) -> list[str]:
    """One key's words of a command line; none where a switch is off."""
    flag = f"--{parser_flags.long_name(action)}"
    if isinstance(value, bool) and (parser_flags.is_switch(action) or action.nargs == "?"):
        off = [f"--no-{flag[2:]}"] if f"--no-{flag[2:]}" in action.option_strings else []
        return [flag] if value else off
    if parser_flags.is_switch(action):
        raise ConfigError(f"{where}: expected true or false, got {value!r}")
    if parser_flags.is_repeatable(action) and isinstance(value, list):
        return [f"{flag}={_text(action, item, where=where)}" for item in value]
    return [f"{flag}={_text(action, value, where=where)}"]


def _text(action: argparse.Action, value: Any, *, where: str) -> str:
    """The value as it would stand on a command line, tried on the flag's own parser."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ConfigError(f"{where}: expected a number or a text in quotes, got {_named(value)}")
    convert = action.type if callable(action.type) else str
    try:
        converted = convert(str(value))
    except (argparse.ArgumentTypeError, ValueError) as error:
        expected = f"expected a number, got {value!r}" if convert is float else str(error)
        raise ConfigError(f"{where}: {expected}") from None
    if isinstance(converted, (int, float)) and isinstance(value, str):
        raise ConfigError(f"{where}: expected a number, got the text {value!r}")
    if action.choices is not None and converted not in action.choices:
        raise ConfigError(f"{where}: expected one of {', '.join(map(str, action.choices))}, got {value!r}")
    return str(value)


def _named(value: Any) -> str:
    kinds = {dict: "a section (keys stand outside of any)", list: "a list", bool: str(value).lower()}
    return kinds.get(type(value), repr(value))
