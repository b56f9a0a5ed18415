"""The page in a real Chromium where something is missing or broken; for every eye, keyboard and screen."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge import demo
from edge.artifact.file import builtin_models
from edge.errors import ExportError
from export.web.folder import MODEL_PATH
from export.web.runtime import Package, fetch, member, require_integrity
from tests.export.web.in_chromium import MARKS, TEXT, choose, chromium, shown, web_page

pytestmark = MARKS

AXE = Package(
    "axe-core", "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)  # fmt: skip
NO_SIMD = "WebAssembly.validate = () => false;"
NO_CAMERA_API = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
UNPLUGGED = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wishes) => (globalThis.given = await ask(wishes));
"""


def before_each_page(browser: Any, script: str) -> None:
    """Run a script in each new page before its own."""
    browser.call("Page.addScriptToEvaluateOnNewDocument", source=script)


def test_without_permission_the_way_to_give_it_is_said_and_images_work(folder: Path, tmp_path: Path) -> None:
    browser = chromium.Chromium("--use-fake-device-for-media-stream")
    try:
        with web_page.host(folder) as (url, _):
            browser.call("Browser.setPermission", permission={"name": "camera"}, setting="denied", origin=url)
            assert web_page.open_page(browser, url) == ""
            assert "settings" in web_page.start_camera(browser)
            assert shown(browser, "start") == "Start camera"
            cv2.imwrite(str(tmp_path / "garment.png"), demo.draw_frame(0).image)
            choose(browser, tmp_path / "garment.png")
            browser.wait_for("performance.getEntriesByName('first answer').length")
            assert shown(browser, "trouble") == ""
            (tmp_path / "notes.png").write_text("no image")
            choose(browser, tmp_path / "notes.png")
            browser.wait_for(web_page.TROUBLE, lambda words: "notes.png" in words)
    finally:
        browser.close()


def test_without_a_camera_it_is_said(folder: Path) -> None:
    browser = chromium.Chromium("--use-fake-ui-for-media-stream")  # which allows what isn't there
    try:
        with web_page.host(folder) as (url, _):
            assert web_page.open_page(browser, url) == ""
            assert "No camera" in web_page.start_camera(browser)
    finally:
        browser.close()


def test_a_camera_that_is_unplugged_is_said_and_starts_again(browser: Any, folder: Path) -> None:
    before_each_page(browser, UNPLUGGED)
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        assert web_page.start_camera(browser) == ""
        browser.evaluate("given.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
        browser.wait_for(web_page.TROUBLE, lambda words: "unplugged" in words)
        assert browser.evaluate(web_page.STATE) == "ready"
        assert web_page.start_camera(browser) == ""


def test_a_camera_that_stands_still_is_stale(browser: Any, folder: Path) -> None:
    before_each_page(browser, UNPLUGGED)
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        assert web_page.start_camera(browser) == ""
        browser.wait_for("performance.getEntriesByName('first answer').length")
        browser.evaluate("given.getVideoTracks()[0].enabled = false; given.getVideoTracks()[0].stop()")
        browser.wait_for(TEXT.format("label"), lambda label: label == "stale")


@pytest.mark.parametrize(("script", "word"), [(NO_SIMD, "SIMD"), (NO_CAMERA_API, "HTTPS")], ids=["no SIMD", "HTTP"])
def test_a_browser_that_lacks_something_is_told_what(browser: Any, folder: Path, script: str, word: str) -> None:
    before_each_page(browser, script)
    with web_page.host(folder) as (url, _):
        trouble = web_page.open_page(browser, url) or web_page.start_camera(browser)
    assert word in trouble


def test_a_page_opened_from_the_disk_says_how_to_serve_it(browser: Any, folder: Path) -> None:
    browser.visit((folder / "index.html").as_uri())
    browser.wait_for(web_page.TROUBLE, lambda words: "http.server" in words)
    assert browser.evaluate("document.getElementById('trouble').checkVisibility()")


def test_a_host_whose_gz_files_the_browser_unpacks_will_do(browser: Any, folder: Path) -> None:
    with web_page.host(folder) as (url, host):
        host.unpacks = True
        assert web_page.open_page(browser, url) == ""
        assert "verified" in shown(browser, "model")


@pytest.mark.parametrize("fault", ["missing", "another model", "damaged"])
def test_a_folder_that_is_not_whole_is_said(browser: Any, folder: Path, tmp_path: Path, fault: str) -> None:
    site = tmp_path / "site"
    shutil.copytree(folder, site)
    model = site / MODEL_PATH
    if fault == "missing":
        model.unlink()
    elif fault == "another model":
        shutil.copy(builtin_models()["edge"], model)
    else:
        model.write_bytes(model.read_bytes()[:100_000])
    with web_page.host(site) as (url, _):
        assert "folder" in web_page.open_page(browser, url)
        assert shown(browser, "state") == "stopped"
        assert browser.evaluate("document.getElementById('start').disabled")
        shutil.copy(folder / model.name, model)
        assert web_page.open_page(browser, f"{url}?again") == ""  # nothing of the damage was kept


@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desk"])
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_and_nothing_sticks_out(*, browser: Any, folder: Path, width: int, is_dark: bool) -> None:
    try:
        content = fetch(AXE)
    except ExportError as error:
        pytest.skip(str(error))
    require_integrity(AXE, content, where="npm")
    axe = member(content, "package/axe.min.js").decode()
    browser.look(width=width, height=844, is_dark=is_dark)
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        for act in ("0", "document.getElementById('start').click()"):
            browser.evaluate(act)
            if act != "0":
                browser.wait_for("document.querySelectorAll('#bars li').length === 5")
            browser.evaluate(f"{axe}; 0")
            result = json.loads(browser.evaluate("axe.run().then((found) => JSON.stringify(found.violations))"))
            assert [(each["id"], each["nodes"][0]["html"]) for each in result] == []
            assert browser.evaluate("document.documentElement.scrollWidth") == width
        small = (
            "[...document.querySelectorAll('button, select, .button')]"
            ".filter((one) => one.checkVisibility() && one.offsetHeight < 44).length"
        )
        assert browser.evaluate(small) == 0


def test_a_thousand_labels_are_folded_and_open_by_key(browser: Any, folder: Path) -> None:
    """A network of ImageNet's classes made a phone's page ten screens long."""
    browser.look(width=390, height=844)
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        height = browser.evaluate("document.documentElement.scrollHeight")
        names = "[...Array(1000).keys()].map((number) => `class ${number}`)"
        browser.evaluate(
            f"import(new URL('view.js', location.href)).then((view) => view.showFacts('model', "
            f"[['labels', view.listed({names})], ['few', view.listed(['cat', 'dog'])]]))"
        )
        few, many, names_of_many = (
            f"document.querySelector('#model {part}')" for part in ("div:last-child dd", "details", "details p")
        )
        assert browser.evaluate(f"{few}.textContent") == "2: cat, dog"
        assert browser.evaluate("document.documentElement.scrollHeight") < height
        browser.evaluate("document.querySelector('#model summary').focus()")
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                         windowsVirtualKeyCode=13)  # fmt: skip
        assert browser.evaluate(f"{many}.open")
        assert browser.evaluate(f"{names_of_many}.textContent").endswith("class 999")
        assert browser.evaluate("document.documentElement.scrollWidth") == 390


def test_the_keyboard_reaches_everything(browser: Any, folder: Path) -> None:
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        reached = []
        for _ in range(5):
            for kind in ("rawKeyDown", "keyUp"):
                browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            reached.append(browser.evaluate("document.activeElement.id"))
            if reached[-1] == "start":
                outline = browser.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid"
        assert reached[:4] == ["camera", "start", "file", "measure"]
        browser.evaluate("document.getElementById('start').focus()")
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r",
                         windowsVirtualKeyCode=13)  # fmt: skip
        browser.wait_for(web_page.STATE, lambda state: state == "live")
