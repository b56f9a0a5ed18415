"""The page in a real Chromium: modules of docs that drive it, and acts of its users."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[3] / "docs"
TEXT = "document.getElementById({!r}).textContent"


def module_of(name: str) -> Any:
    """Return a module of docs, which is no package."""
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


chromium, web_page = module_of("chromium"), module_of("web_page")
MARKS = [
    pytest.mark.e2e,
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="no browser here: apt install chromium"),
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js isn't here: apt install nodejs npm"),
]


def shown(browser: Any, part: str) -> str:
    """Return the text of a part of the page."""
    return str(browser.evaluate(TEXT.format(part)))


def choose(browser: Any, path: Path) -> None:
    """Choose an image file."""
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])
