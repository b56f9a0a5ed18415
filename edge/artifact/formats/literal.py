"""Reads lists and mappings that are written as JSON or as Python prints them, without evaluating anything.

Both lie in other people's models: Ultralytics writes `{0: 'cat', 1: 'dog'}`, Hugging Face writes JSON.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from typing import Any

from edge.artifact.formats import MalformedModelError

_MAX_CHARACTERS = 4 * 2**20
_MAX_TOKENS = 150_000  # four for each of the 21,843 classes of the whole ImageNet, and then some
_MAX_DEPTH = 16
_MAX_DIGITS = 30
_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
        |(?P<word>-?[0-9][0-9.]{0,30}(?:[eE][-+]?[0-9]{1,3})?(?![\w.])|(?:True|False|None)\b)
        |(?P<open>[{\[(])|(?P<close>[}\])])|(?P<between>[,:])
    )[ \t\r\n]*""",
    re.VERBOSE,
)


def read(text: str) -> Any:
    """Read JSON, or a Python literal of dicts, lists, tuples, texts, numbers, True, False and None.

    Raises:
        MalformedModelError: it is neither, too long, too deep, or has a key twice.
    """
    if len(text) > _MAX_CHARACTERS:
        raise MalformedModelError(f"a text of {len(text):,} characters: at most {_MAX_CHARACTERS:,} are read")
    try:
        return json.loads(text, object_pairs_hook=_without_repetition, parse_int=_whole)
    except MalformedModelError:
        raise
    except (ValueError, RecursionError):
        return _python(text)


def _python(text: str) -> Any:
    """Read a Python literal; only what consists of a few plain tokens reaches Python's own parser."""
    place = depth = count = 0
    previous = ""
    while place < len(text):
        token = _TOKEN.match(text, place)
        count += 1
        if token is None or count > _MAX_TOKENS or (token.lastgroup == previous == "text"):
            raise MalformedModelError(f"character {place + 1:,} begins neither JSON nor a Python literal")
        previous = str(token.lastgroup)
        depth += (previous == "open") - (previous == "close")
        if not 0 <= depth <= _MAX_DEPTH:
            raise MalformedModelError(f"the brackets at character {place + 1:,} don't match, or are too deep")
        place = token.end()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python doesn't know
            tree = ast.parse(text.strip(), mode="eval")
        _check_keys(tree)
        return ast.literal_eval(tree)
    except MalformedModelError:
        raise
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise MalformedModelError(f"neither JSON nor a Python literal ({type(error).__name__})") from error


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:  # Python 3.10 takes minutes for a million
        raise MalformedModelError(f"a number of {len(digits):,} digits")
    return int(digits)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedModelError("a key occurs twice")
    return found


def _check_keys(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            if len(keys) != len(node.keys) or len(set(keys)) != len(keys):
                raise MalformedModelError("a key occurs twice, or is neither a text nor a number")
