"""The page's modules in Node.js."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from edge.errors import ExportError, RuntimeMissingError
from export.web.check import run_in_node
from export.web.folder import TEMPLATES
from export.web.runtime import LITERT_JS, fetch


@pytest.fixture
def in_node() -> Callable[[str, Any], Any]:
    """Run a script among the page's modules: in_node(script, data) returns what it prints as JSON."""
    if shutil.which("node") is None:
        pytest.skip("Node.js isn't here: apt install nodejs")

    def run(script: str, data: Any) -> Any:
        files = {path.name: path.read_bytes() for path in TEMPLATES.glob("*.js")}
        files["data.json"] = json.dumps(data).encode()
        head = 'import { readFileSync } from "node:fs";\nconst data = JSON.parse(readFileSync("data.json"));\n'
        return run_in_node(files, head + script)

    return run


@pytest.fixture(scope="session")
def npm() -> None:
    """Skip with a sentence where npm isn't here, or can't fetch the page's runtime."""
    try:
        fetch(LITERT_JS)
    except (RuntimeMissingError, ExportError) as error:
        pytest.skip(str(error))
