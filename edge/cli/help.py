"""Help that fits two screens, and sentences for mistyped verbs and flags; imported only where one of them is shown."""

from __future__ import annotations

import argparse
import copy
import difflib
import re
from collections.abc import Collection, Mapping, Sequence

from edge.cli.config_file import actions

_EPILOG_BREAK = "\n\n"


def short_help(parser: argparse.ArgumentParser, verbs: Mapping[str, str], common: Collection[str]) -> str:
    """Return a help of verbs (name -> summary), of the flags whose long names are in `common`, and the epilog's end."""
    formatter = parser.formatter_class(prog=parser.prog)
    formatter.add_usage(parser.usage, [], [])
    formatter.add_text(parser.description)
    width = max(map(len, verbs), default=0)
    formatter.start_section("verbs (VERB --help says more)")
    formatter.add_text("\n".join(f"{name:<{width}}  {summary}" for name, summary in verbs.items()))
    formatter.end_section()
    formatter.start_section("flags that most runs need (--help-all lists every one)")
    formatter.add_arguments([_first_sentence(action) for action in actions(parser) if {*_names(action)} & {*common}])
    formatter.end_section()
    formatter.add_text((parser.epilog or "").rpartition(_EPILOG_BREAK)[2])
    return formatter.format_help()


def not_understood(parser: argparse.ArgumentParser, words: Sequence[str], verbs: Collection[str]) -> str:
    """Return a sentence for words that no flag took; none of them is repeated, for it may hold a password."""
    known = [name for action in actions(parser) for name in action.option_strings]
    flags = [word.partition("=")[0] for word in words if word.startswith("-")]
    flags = [flag for flag in flags if flag not in known]
    near_verb = [] if words[0].startswith("-") else difflib.get_close_matches(words[0].lower(), verbs, n=1)
    if near_verb:
        return f"no such verb: did you mean `{parser.prog} {near_verb[0]}`?"
    if flags:
        flag = flags[0].lower()
        begun = [name for name in known if name.startswith(flag)]
        near = difflib.get_close_matches(flag, begun or known, n=1, cutoff=0.0 if begun else 0.6)
        called = f"no flag is called {flags[0]}" if re.fullmatch(r"-{1,2}[\w-]{1,30}", flags[0]) else "no such flag"
        return f"{called}: " + (f"did you mean {near[0]}?" if near else "--help lists the flags")
    if "--source" in known:
        return "a word too many: give a picture, folder, video or URL as --source SOURCE"
    return f"{len(words)} words too many: --help lists the flags"


def _first_sentence(action: argparse.Action) -> argparse.Action:
    """Return a copy of a flag whose help ends with its first sentence or half of one."""
    short = copy.copy(action)
    short.help = re.split(r"[.;] ", action.help or "", maxsplit=1)[0]
    return short


def _names(action: argparse.Action) -> list[str]:
    return [name.lstrip("-") for name in action.option_strings]
