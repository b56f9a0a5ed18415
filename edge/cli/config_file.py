"""TOML file in place of flags: its keys are the long flags' names; the command line wins.

Only this file uses argparse's private attributes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.cli.redaction import remember_secrets
from edge.errors import ConfigError

_NOT_KEYS = ("config", "help", "help-all", "list-cameras", "version")  # flags that end the program


def add_config_flag(flags: argparse.ArgumentParser) -> None:
    """Add --config."""
    flags.add_argument("--config", type=Path, metavar="FILE",
                       help="TOML file whose keys are the long names of these flags (top-k = 3); the command line "
                       "wins")  # fmt: skip


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line (None: this process's) and the file that its --config names.

    Raises:
        ConfigError: the file can't be read, isn't TOML, or has a key or value that no flag takes.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not any(argument.partition("=")[0] == "--config" for argument in arguments):
        return parser.parse_args(arguments)
    absent = object()
    without_defaults = argparse.Namespace(**{action.dest: absent for action in actions(parser)})
    parsed = vars(parser.parse_args(arguments, without_defaults))
    on_command_line = {name: value for name, value in parsed.items() if value is not absent}
    if "config" in on_command_line:
        arguments = [*_as_arguments(parser, on_command_line["config"], set(on_command_line)), *arguments]
    return parser.parse_args(arguments)


def _as_arguments(parser: argparse.ArgumentParser, path: Path, on_command_line: set[str]) -> list[str]:
    """Return the file as a command line, without the keys that the real one overrides."""
    known = {name: action for action in actions(parser) if (name := long_name(action))}
    for name in _NOT_KEYS:
        known.pop(name, None)
    arguments: list[str] = []
    used: list[argparse.Action] = []
    for key, value in _read(path).items():
        if key not in known:
            raise ConfigError(f"{path}: no flag is called {key!r}: {_nearest(key, known)}")
        action = known[key]
        words = _words(action, value, where=f"{path}: {key}")
        excluded = _excluded_by(parser, action)
        if words and (clash := next((other for other in excluded if other in used), None)):
            raise ConfigError(f"{path}: {long_name(clash)!r} and {key!r} exclude each other: keep one of them")
        if words and not any(other.dest in on_command_line for other in excluded):
            arguments += words
            used.append(action)
    return arguments


def _read(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        text = path.read_text(encoding="utf-8")
        remember_secrets(word.strip("\"', ") for line in text.splitlines() for word in (line, line.partition("=")[2]))
        return tomllib.loads(text)
    except OSError as error:
        from edge.system.unit import file_hint

        raise ConfigError(f"config file {path} can't be read: {error.strerror}{file_hint(error)}") from error
    except ValueError as error:  # tomllib's own, and UnicodeDecodeError
        raise ConfigError(f"config file {path} isn't TOML: {error}; expected lines such as camera = 0") from error


def _nearest(key: str, known: dict[str, argparse.Action]) -> str:
    import difflib

    near = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected some of {', '.join(known)}"


def _words(action: argparse.Action, value: Any, *, where: str) -> list[str]:
    """Return a key as words of a command line; none for a switch that is off."""
    flag = f"--{long_name(action)}"
    if isinstance(value, bool) and (_is_switch(action) or action.nargs == "?"):
        off = [f"--no-{flag[2:]}"] if f"--no-{flag[2:]}" in action.option_strings else []
        return [flag] if value else off
    if _is_switch(action):
        raise ConfigError(f"{where}: expected true or false, got {value!r}")
    if isinstance(action, argparse._AppendAction) and isinstance(value, list):
        return [f"{flag}={_text(action, item, where=where)}" for item in value]
    return [f"{flag}={_text(action, value, where=where)}"]


def _text(action: argparse.Action, value: Any, *, where: str) -> str:
    """Return a value as text of a command line, after a try with the flag's own type."""
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


def synopsis(action: argparse.Action) -> str:
    """Return the syntax of a flag: `-q, --quiet`, `--top-k N`, `--runtime {auto,litert}`; of an argument: `FILE`."""
    choices = f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    value = metavar or choices or action.dest.upper()
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return ", ".join(action.option_strings)
    value = {"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} [...]"}.get(str(action.nargs), value)
    return " ".join(part for part in (", ".join(action.option_strings), value) if part)


def help_of(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return a flag's help with its default, on one line."""
    if not action.help or action.help == argparse.SUPPRESS:
        return ""
    return " ".join(parser._get_formatter()._expand_help(action).split())


def long_name(action: argparse.Action) -> str:
    """Return the long flag without its dashes, such as `top-k`; empty for a positional argument."""
    return next((flag[2:] for flag in action.option_strings if flag.startswith("--")), "")


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """List every flag and argument, in the order of the help."""
    return list(parser._actions)


def _is_switch(action: argparse.Action) -> bool:
    """Return True for a flag that is on or off; --help and --version aren't."""
    return (action.nargs == 0 and action.const is True) or isinstance(action, argparse.BooleanOptionalAction)


def _excluded_by(parser: argparse.ArgumentParser, action: argparse.Action) -> list[argparse.Action]:
    """List the flags that are mutually exclusive with this one."""
    groups = [group._group_actions for group in parser._mutually_exclusive_groups]
    return [other for group in groups if action in group for other in group if other is not action]
