"""The page's modules in Node.js, and the page in Chromium."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge import demo
from edge.errors import ExportError, RuntimeMissingError
from export.web import __main__ as command
from export.web.check import run_in_node
from export.web.folder import TEMPLATES
from export.web.runtime import LITERT_JS, fetch
from tests.export.web.in_chromium import chromium, web_page


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


@pytest.fixture(scope="session")
def folder(npm: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the built-in model of clothes, made by the command."""
    made = tmp_path_factory.mktemp("web") / "site"
    assert command.main(["clothes", "--out", str(made), "--quiet"]) == 0
    return made


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn garments, a second and a half each."""
    path = tmp_path_factory.mktemp("film") / "garments.y4m"
    hold = web_page.FILM_FPS * 3 // 2
    frames = (cv2.resize(demo.draw_frame(number, hold=hold).image, (640, 480)) for number in range(4 * hold))
    web_page.write_film(path, frames)
    return path


@pytest.fixture
def browser(film: Path) -> Iterator[Any]:
    """A browser of its own for each test: nothing is kept from another."""
    running = chromium.Chromium(*web_page.camera_flags(film))
    running.look(width=1280, height=900)
    yield running
    running.close()
