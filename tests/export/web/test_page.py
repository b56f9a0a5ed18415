"""The page in a real Chromium: a film before its camera, images, no network, a new version, its measurement."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.device.timing import read_timing
from edge import demo
from edge.artifact.file import builtin_models
from edge.classify.classifier import Classifier
from edge.images.decode import read_image
from edge.vision.least_edge import least_edge
from export.web import __main__ as command
from tests.export.web.in_chromium import MARKS, TEXT, choose, shown, web_page
from tests.models.lite0_forms import photographs

pytestmark = MARKS

MOST_BYTES = 8_000_000  # transferred at the first visit, with the model of 4 MB
IMAGES = 100


@pytest.fixture(scope="module")
def runner() -> Classifier:
    """The runner's classifier of the same file."""
    return Classifier.load(builtin_models()["clothes"])


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
    timing = read_timing(saved, "browser.json")
    assert (timing.runtime, timing.kind, timing.threads) == ("litert.js", "browser", 1)
    assert timing.machine.startswith("Chromium ")
    assert min(timing.invoke_ns + timing.frame_to_decision_ns) > 0
    assert timing.first_invoke_ns > 0
