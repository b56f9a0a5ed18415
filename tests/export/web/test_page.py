"""The page in a real Chromium: a film before its camera, images, no network, and everything that can go wrong."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge import demo
from edge.artifact.file import builtin_models
from edge.classify.classifier import Classifier
from edge.errors import ExportError
from edge.images.decode import read_image
from edge.vision.least_edge import least_edge
from export.web import __main__ as command
from export.web.folder import MODEL_PATH
from export.web.runtime import Package, fetch, member, require_integrity
from tests.models.lite0_forms import photographs

DOCS = Path(__file__).parents[3] / "docs"


def module_of(name: str) -> Any:
    """A module of docs, which is no package."""
    specification = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


chromium, web_page = module_of("chromium"), module_of("web_page")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(chromium.EXECUTABLE is None, reason="no browser here: apt install chromium"),
    pytest.mark.skipif(shutil.which("node") is None, reason="Node.js isn't here: apt install nodejs npm"),
]

AXE = Package(
    "axe-core", "4.14.1",
    "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
)  # fmt: skip
MOST_BYTES = 8_000_000  # transferred at the first visit, with the model of 4 MB
IMAGES = 100
TEXT = "document.getElementById({!r}).textContent"
NO_SIMD = "WebAssembly.validate = () => false;"
NO_CAMERA_API = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
UNPLUGGED = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wishes) => (globalThis.given = await ask(wishes));
"""


@pytest.fixture(scope="module")
def folder(npm: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the built-in model of clothes, made by the command."""
    made = tmp_path_factory.mktemp("web") / "site"
    assert command.main(["clothes", "--out", str(made), "--quiet"]) == 0
    return made


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn garments, a second and a half each."""
    path = tmp_path_factory.mktemp("film") / "garments.y4m"
    hold = web_page.FILM_FPS * 3 // 2
    frames = (cv2.resize(demo.draw_frame(number, hold=hold).image, (640, 480)) for number in range(4 * hold))
    web_page.write_film(path, frames)
    return path


@pytest.fixture(scope="module")
def runner() -> Classifier:
    """The runner's classifier of the same file."""
    return Classifier.load(builtin_models()["clothes"])


@pytest.fixture
def browser(film: Path) -> Iterator[Any]:
    """A browser of its own for each test: nothing is kept from another."""
    running = chromium.Chromium(*web_page.camera_flags(film))
    running.look(width=1280, height=900)
    yield running
    running.close()


def shown(browser: Any, part: str) -> str:
    """Text of a part of the page."""
    return str(browser.evaluate(TEXT.format(part)))


def test_the_camera_is_classified_live_as_the_runner_does(
    *, browser: Any, folder: Path, runner: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    with web_page.host(folder) as (url, host):
        assert web_page.open_page(browser, url) == ""
        browser.wait_for("navigator.serviceWorker.ready.then(() => true)")
        assert host.sent_bytes <= MOST_BYTES
        assert web_page.start_camera(browser) == ""
        browser.wait_for("performance.getEntriesByName('first answer').length")
        labels = runner.spec.labels
        browser.wait_for(TEXT.format("label"), lambda label: label in labels)
        time.sleep(2)  # of frames
        counts = browser.evaluate("[...document.querySelectorAll('#counts dd')].map((value) => value.textContent)")
        for _ in range(5):
            frame, tensor, answer = web_page.last_frame(browser)
            prediction = runner.classify(frame)
            assert runner.model.input_tensor(prediction.pixels).tobytes() == tensor
            assert (answer["label"], answer["top1"]) == (prediction.label, prediction.top_k[0][0])
            time.sleep(0.4)
        count_of_bars = "document.querySelectorAll('#bars li').length"
        assert browser.evaluate(count_of_bars) == 5
        assert "verified" in shown(browser, "model")
        ready, first = (browser.evaluate(f"performance.getEntriesByName('{name}')[0].startTime")
                        for name in ("ready", "first answer"))  # fmt: skip
        browser.evaluate("document.getElementById('start').click()")
        browser.wait_for(web_page.STATE, lambda state: state == "ready")
        assert browser.complaints() == []
    with capsys.disabled():
        sys.stdout.write(
            f"\npage: {host.sent_bytes / 1e6:.2f} MB sent, ready after {ready:.0f} ms, first answer after {first:.0f} "
            f"ms, {counts[0]} frames a second, frame to decision {counts[1]}\n"
        )


def agreement(browser: Any, folder: Path, paths: list[Path], runner: Classifier) -> tuple[int, int]:
    """Classify files on the page and with the runner; return how many have the same likeliest class, and label."""
    beside = folder / "images"
    beside.mkdir(exist_ok=True)
    for path in paths:
        shutil.copy(path, beside / path.name)
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        answers = web_page.classify_urls(browser, [f"images/{path.name}" for path in paths])
    shutil.rmtree(beside)
    least = least_edge(runner.spec.input)
    predictions = [runner.classify(read_image(path, least=least)) for path in paths]
    same_top1 = sum(answer["top1"] == (prediction.top_k[0][0] if prediction.top_k else "")
                    for answer, prediction in zip(answers, predictions, strict=True))  # fmt: skip
    same_label = sum(answer["label"] == each.label for answer, each in zip(answers, predictions, strict=True))
    return same_top1, same_label


def test_a_hundred_drawn_images_are_the_runner_s(
    *, browser: Any, folder: Path, runner: Classifier, tmp_path: Path
) -> None:
    paths = []
    for number in range(IMAGES):
        suffix = (".jpg", ".png", ".webp")[number % 3]
        path = tmp_path / f"{number:03d}{suffix}"
        image = cv2.resize(demo.draw_frame(number).image, (960, 720)) if number % 2 else demo.draw_frame(number).image
        cv2.imwrite(str(path), image)
        paths.append(path)
    same_top1, same_label = agreement(browser, folder, paths, runner)
    assert (same_top1, same_label) >= (IMAGES * 99 // 100, IMAGES * 97 // 100)


def test_a_hundred_photographs_are_the_runner_s(
    *, browser: Any, folder: Path, runner: Classifier, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = photographs(IMAGES)
    if len(paths) < IMAGES:
        pytest.skip("there are no photographs beside the checkout, in ../shared/photos")
    same_top1, same_label = agreement(browser, folder, paths, runner)
    with capsys.disabled():
        sys.stdout.write(f"\n{IMAGES} photographs: {same_top1} the same class, {same_label} the same label\n")
    assert same_top1 >= IMAGES * 99 // 100
    assert same_label >= IMAGES * 97 // 100


def test_a_cut_out_lies_on_the_runner_s_ground(
    *, browser: Any, folder: Path, runner: Classifier, tmp_path: Path
) -> None:
    image = np.zeros((60, 80, 4), np.uint8)
    image[10:50, 20:60] = (40, 90, 200, 255)
    image[..., :3][image[..., 3] == 0] = (0, 0, 255)  # what an editor left there
    path = folder / "cutout.png"
    cv2.imwrite(str(path), image)
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        choose(browser, path)
        browser.wait_for("performance.getEntriesByName('first answer').length")
        frame, _, _ = web_page.last_frame(browser)
    path.unlink()
    cv2.imwrite(str(tmp_path / "cutout.png"), image)
    np.testing.assert_array_equal(frame, read_image(tmp_path / "cutout.png"))


def choose(browser: Any, path: Path) -> None:
    """Choose a file as a user does."""
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    browser.call("DOM.setFileInputFiles", nodeId=node, files=[str(path)])


def test_after_one_visit_no_network_is_needed(browser: Any, folder: Path) -> None:
    with web_page.host(folder) as (url, host):
        assert web_page.open_page(browser, url) == ""
        browser.wait_for("navigator.serviceWorker.ready.then(() => true)")
    sent = host.sent_bytes
    browser.call("Network.enable")
    browser.call("Network.setCacheDisabled", cacheDisabled=True)
    browser.call("Page.reload")
    browser.wait_for("performance.getEntriesByType('navigation')[0].type === 'reload'")
    browser.wait_for(f"{web_page.STATE} === 'ready' || {web_page.TROUBLE}")
    assert shown(browser, "trouble") == ""
    assert web_page.start_camera(browser) == ""
    browser.wait_for("performance.getEntriesByName('first answer').length")
    assert host.sent_bytes == sent


def test_a_new_version_waits_until_it_is_wanted(browser: Any, folder: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(folder, site)
    with web_page.host(site) as (url, _):
        assert web_page.open_page(browser, url) == ""
        browser.wait_for("navigator.serviceWorker.ready.then(() => true)")
        browser.visit(f"{url}?again")
        browser.wait_for("Boolean(navigator.serviceWorker.controller)")
        assert command.main(["clothes", "--out", str(site), "--name", "Newer", "--quiet"]) == 0
        browser.evaluate("navigator.serviceWorker.ready.then((registration) => registration.update()).then(() => 1)")
        browser.wait_for("!document.getElementById('update').hidden")
        assert browser.evaluate("document.title") == "clothes"
        browser.evaluate("document.getElementById('reload').click()")
        browser.wait_for("document.title", lambda title: title == "Newer")
        browser.wait_for(f"{web_page.STATE} === 'ready' || {web_page.TROUBLE}")
        assert shown(browser, "trouble") == ""
        assert len(browser.evaluate("caches.keys()")) == 1


# ---- what can go wrong


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


# ---- everybody


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


def test_the_measurement_is_saved_as_the_benchmark_takes_it(browser: Any, folder: Path, tmp_path: Path) -> None:
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    with web_page.host(folder) as (url, _):
        assert web_page.open_page(browser, url) == ""
        browser.evaluate("document.getElementById('measure').click()")
        browser.wait_for("!document.getElementById('save').hidden")
        browser.evaluate("document.getElementById('save').click()")
        until = time.monotonic() + 30
        while not (tmp_path / "browser.json").is_file():
            assert time.monotonic() < until
            time.sleep(0.1)
    saved = json.loads((tmp_path / "browser.json").read_text(encoding="utf-8"))
    assert saved["sha256"] == Classifier.load(builtin_models()["clothes"]).artifact.sha256
    assert (saved["runtime"], saved["kind"], saved["threads"]) == ("litert.js", "browser", 1)
    assert saved["machine"].startswith("Chromium ")
    assert all(isinstance(each, int) and each > 0 for each in saved["invoke_ns"] + saved["frame_to_decision_ns"])
