"""What flags a command has: the one file that looks into argparse, which keeps them to itself."""

from __future__ import annotations

import argparse


def synopsis(action: argparse.Action) -> str:
    """How a flag is given: `-q, --quiet`, `--top-k N`, `--runtime {auto,litert}`; a file's place alone: `FILE`."""
    choices = f"{{{','.join(map(str, action.choices))}}}" if action.choices else ""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    value = metavar or choices or action.dest.upper()
    if action.nargs == 0 or isinstance(action, argparse.BooleanOptionalAction):
        return ", ".join(action.option_strings)
    value = {"?": f"[{value}]", "*": f"[{value} ...]", "+": f"{value} [...]"}.get(str(action.nargs), value)
    return " ".join(part for part in (", ".join(action.option_strings), value) if part)


def help_of(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """What --help says of a flag, on one line, with its default."""
    if not action.help or action.help == argparse.SUPPRESS:
        return ""
    return " ".join(parser._get_formatter()._expand_help(action).split())


def long_name(action: argparse.Action) -> str:
    """The long flag without its dashes, `top-k`; empty for what has none, such as a file that is named as it is."""
    return next((flag[2:] for flag in action.option_strings if flag.startswith("--")), "")


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Every flag and argument, in the order of the help."""
    return list(parser._actions)


def is_switch(action: argparse.Action) -> bool:
    """Whether it takes no value and is simply on; --help and --version do something else instead."""
    return (action.nargs == 0 and action.const is True) or isinstance(action, argparse.BooleanOptionalAction)


def is_repeatable(action: argparse.Action) -> bool:
    """Whether it may be given several times, each with a value of its own."""
    return isinstance(action, argparse._AppendAction)


def rivals(parser: argparse.ArgumentParser, action: argparse.Action) -> list[argparse.Action]:
    """The flags that can't be given together with this one."""
    groups = [group._group_actions for group in parser._mutually_exclusive_groups]
    return [other for group in groups if action in group for other in group if other is not action]
