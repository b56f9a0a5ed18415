"""Rules of words: docstrings of everything public, their first words, and the English sentences that tests pin."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "train", "export", "benchmarks")
PRODUCT = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BESIDE = sorted(path for folder in ("docs", "tests") for path in (ROOT / folder).rglob("*.py"))
TESTS = [path for path in BESIDE if path.stem.startswith("test_")]
PROGRAMS = [
    path
    for folder in ("hardening", "platforms")  # held to the product's rules
    for path in BESIDE
    if path.is_relative_to(ROOT / "tests" / folder) and path.stem != "conftest" and path not in TESTS
]
FORBIDDEN = ("What", "Whether", "How", "Who", "Whose", "Which", "Of", "As", "Remember", "Where", "When")
"""First words of a relative clause or a fragment: a docstring begins with a verb in the imperative or a noun phrase."""
LONG = 5
"""Words that make a literal an English sentence."""
MOST_SENTENCES = 60
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


def name_of(path: Path) -> str:
    """Return the file as a reader would write it: edge/artifact/spec.py."""
    return path.relative_to(ROOT).as_posix()


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each docstring, and of each string that documents a field."""
    for node in ast.walk(tree):
        for child in getattr(node, "body", []) if not isinstance(node, ast.Lambda | ast.IfExp) else []:
            if (
                isinstance(child, ast.Expr)
                and isinstance(child.value, ast.Constant)
                and isinstance(child.value.value, str)
            ):
                yield child.lineno, child.value.value


def riddles(source: str) -> list[str]:
    """Return line and first words of the docstrings that begin with a forbidden word."""
    found = [(line, text.split()) for line, text in docstrings(ast.parse(source)) if text.split()]
    return [f"{line}: {' '.join(words[:6])}" for line, words in found if words[0].strip(",:;") in FORBIDDEN]


def sentences(source: str) -> list[str]:
    """Return line and text of literals of five words or more in assertions, `pytest.raises` and `warns` among them."""
    found: dict[int, str] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            inside: list[ast.AST] = [node.test]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("raises", "warns"):
            inside = [keyword.value for keyword in node.keywords if keyword.arg == "match"]
        else:
            continue
        for part in (part for each in inside for part in ast.walk(each)):
            if (
                isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and len(_WORD.findall(part.value)) >= LONG
            ):
                found[id(part)] = f"{part.lineno}: {part.value[:100]!r}"
    return list(found.values())


def test_the_readers_see_what_they_look_for() -> None:
    source = '''
"""What a thing is."""
class A:
    """A noun."""
    x: int
    """Of the label, 0-1."""
    def f(self):
        """Return one."""
def g():
    """Whether it is."""
'''
    assert [line.split(":")[0] for line in riddles(source)] == ["2", "6", "10"]
    source = """
assert error == "this is five words long"
assert "four words are fine" in text
with pytest.raises(ValueError, match="the camera is gone for good"): pass
assert f"{name} was not found in there {x}"
"""
    assert len(sentences(source)) == 3


def test_a_docstring_begins_with_a_verb_or_a_noun() -> None:
    files = PRODUCT + BESIDE
    found = [f"{name_of(path)}:{line}" for path in files for line in riddles(path.read_text(encoding="utf-8"))]
    assert not found


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public functions, classes and methods without a docstring, and the module itself."""
    if not ast.get_docstring(tree):
        yield "the module"
    bodies: list[tuple[str, list[ast.stmt]]] = [("", tree.body)]
    while bodies:
        prefix, body = bodies.pop()
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                bodies.append((f"{prefix}{node.name}.", node.body))


def test_the_reader_of_docstrings_sees_functions_classes_and_methods() -> None:
    tree = ast.parse("def f(): 1\nclass C:\n  'c'\n  def m(self): 1\n  def _p(self): 1\nclass _D:\n  def m(self): 1\n")
    assert set(undocumented(tree)) == {"the module", "f", "C.m"}


@pytest.mark.parametrize("path", PRODUCT + PROGRAMS, ids=name_of)
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert not list(undocumented(ast.parse(path.read_text(encoding="utf-8"))))


def test_no_command_takes_abbreviated_flags() -> None:
    """Each is parsed by `edge.cli.console.Parser`, which refuses them."""
    makers = [name_of(path) for path in PRODUCT if "ArgumentParser(" in path.read_text(encoding="utf-8")]
    assert not makers


def test_few_tests_pin_english_sentences() -> None:
    count = sum(len(sentences(path.read_text(encoding="utf-8"))) for path in TESTS)
    assert count <= MOST_SENTENCES, f"{count} literals: `python tests/test_style.py` lists them"


if __name__ == "__main__":  # the list, for whoever wants to shorten it: `python tests/test_style.py [FOLDER]`
    chosen = [path for path in TESTS if not sys.argv[1:] or sys.argv[1] in name_of(path)]
    for path in chosen:
        for sentence in sentences(path.read_text(encoding="utf-8")):
            sys.stdout.write(f"{name_of(path)}:{sentence}\n")
