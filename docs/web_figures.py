"""`python docs/web_figures.py`: the page's figures, in Chromium, into docs/measured/.

web.json: the page of the built-in model of clothes: bytes, first answer, frames a second, answers like the runner's.
web.txt: output of its export. portable_web.json: the networks of docs/micro.py on its images, in the browser, for the
table of one network everywhere. Needs chromium, npm, the extra `export` and Fashion-MNIST; photographs in
../shared/photos are used where they are.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import micro
import numpy as np
from chromium import Chromium
from commands import call
from web_page import FILM_FPS, camera_flags, classify_urls, host, open_page, start_camera, write_film

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the checkout, not an installed copy

from benchmarks.host.environment import describe_environment, machine_name  # noqa: E402
from edge import demo  # noqa: E402
from edge.artifact.file import builtin_models  # noqa: E402
from edge.classify.classifier import Classifier  # noqa: E402
from edge.classify.loaded_model import LoadedModel  # noqa: E402
from edge.images.decode import read_image  # noqa: E402
from edge.system import atomic_file  # noqa: E402
from edge.system.host import utc_now  # noqa: E402
from edge.vision.least_edge import least_edge  # noqa: E402
from export.web.folder import TEMPLATES, model_facts  # noqa: E402
from export.web.runtime import LITERT_JS, litert_js  # noqa: E402
from tests.models import lite0_forms  # noqa: E402

MEASURED = ROOT / "docs" / "measured"
VISITS, IMAGES, WATCHED_S = 5, 100, 8.0
_TIMES = ("ready_ms", "first_answer_ms", "fps", "decision_ms", "invoke_ms")
BATCH = 100  # images that the browser gets at a time

LITERT = """
  const { openNetwork } = await import("/network.js");
  globalThis.bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  await new Promise((resolve) => {
    const script = document.createElement("script");
    [script.src, script.onload] = ["/litert.js", resolve];
    document.head.append(script);
  });
  const [wasm, model] = [await bytes("/litert.wasm"), await bytes("/model.tflite")];
"""
OPEN_NETWORK = """
(async () => {
  LITERT
  globalThis.network = await openNetwork(globalThis.ModuleFactory, wasm, model, TENSOR);
  globalThis.answer = async (url) => {
    const [all, size] = [await bytes(url), network.inputBytes];
    const outputs = [];
    const from = performance.now();
    for (let at = 0; at < all.length; at += size) outputs.push(network.invoke(all.subarray(at, at + size)));
    return { ms: performance.now() - from, outputs: outputs.map((output) => [...output]) };
  };
  return network.memoryBytes();
})()
"""


def main() -> None:
    """Measure what is named, or all of it."""
    flags = argparse.ArgumentParser(description=__doc__)
    parts: dict[str, Callable[[], None]] = {"page": page, "portable": portable}
    flags.add_argument("--only", choices=parts, help="measure this part alone")
    options = flags.parse_args()
    for name, part in parts.items():
        if options.only in (None, name):
            part()


def keep(name: str, figures: dict[str, Any]) -> None:
    """Write figures, the machine and the time as a JSON file of docs/measured."""
    environment = describe_environment(["docs/web_figures.py"], seed=0, threads=1)
    common = {"utc": utc_now(), "host": machine_name(environment), "load_average_1min": environment.load_average_1min}
    atomic_file.write_text(MEASURED / name, json.dumps(common | figures, indent=1, ensure_ascii=False) + "\n")


def browser_name(browser: Chromium) -> str:
    """Return Chromium's name and version."""
    version = str(browser.call("Browser.getVersion")["product"]).partition("/")[2]
    return f"Chromium {version.partition('.')[0]}"


def page() -> None:
    """Measure the page of the model of clothes: several first visits, a film before the camera, images."""
    runner = Classifier.load(builtin_models()["clothes"])
    with tempfile.TemporaryDirectory() as text:
        folder, film = Path(text) / "site", Path(text) / "film.y4m"
        text_of_export = call("export.web", "clothes", "--out", "site", cwd=Path(text))
        (MEASURED / "web.txt").write_text(text_of_export, encoding="utf-8")
        frames = (cv2.resize(demo.draw_frame(n, hold=FILM_FPS).image, (640, 480)) for n in range(4 * FILM_FPS))
        write_film(film, frames)
        visits = [visit(folder, film) for _ in range(VISITS)]
        drawn = Path(text) / "drawn"
        drawn.mkdir()
        for number in range(IMAGES):
            cv2.imwrite(str(drawn / f"{number:03d}.jpg"), demo.draw_frame(number).image)
        images = {"drawn": agreement(folder, film, runner, sorted(drawn.iterdir()))}
        if photographs := lite0_forms.photographs(IMAGES):
            images["photographs"] = agreement(folder, film, runner, photographs)
    prediction_ms = median(
        runner.classify(cv2.resize(demo.draw_frame(n).image, (640, 480))).latency_ns["invoke"] / 1e6 for n in range(50)
    )
    keep("web.json", {
        "browser": visits[0]["browser"], "model": runner.artifact.path.name, "model_bytes": runner.artifact.size_bytes,
        "sent_bytes": visits[0]["sent_bytes"], "visits": VISITS, "host_invoke_ms": prediction_ms, "images": images,
        **{name: median(visit[name] for visit in visits) for name in _TIMES},
    })  # fmt: skip


def visit(folder: Path, film: Path) -> dict[str, Any]:
    """Visit the page for the first time and watch the film."""
    browser = Chromium(*camera_flags(film))
    try:
        with host(folder) as (url, server):
            browser.look(width=1280, height=900)
            assert open_page(browser, url) == ""
            browser.wait_for("navigator.serviceWorker.ready.then(() => true)")
            assert start_camera(browser) == ""
            browser.wait_for("performance.getEntriesByName('first answer').length")
            time.sleep(WATCHED_S)
            counts = browser.evaluate("[...document.querySelectorAll('#counts dd')].map((one) => one.textContent)")
            fps, decision, invoke = (float(text.removesuffix(" ms")) for text in counts)
            ready, first = (
                browser.evaluate(f"performance.getEntriesByName('{name}')[0].startTime")
                for name in ("ready", "first answer")
            )
            return {"browser": browser_name(browser), "sent_bytes": server.sent_bytes, "ready_ms": ready,
                    "first_answer_ms": first, "fps": fps, "decision_ms": decision, "invoke_ms": invoke}  # fmt: skip
    finally:
        browser.close()


def agreement(folder: Path, film: Path, runner: Classifier, paths: list[Path]) -> dict[str, int]:
    """Classify images on the page and with the runner."""
    least = least_edge(runner.spec.input)
    predictions = [runner.classify(read_image(path, least=least)) for path in paths]
    with tempfile.TemporaryDirectory() as text:
        for name in [*(path for path in folder.rglob("*") if path.is_file())]:
            target = Path(text) / name.relative_to(folder)
            target.parent.mkdir(exist_ok=True)
            target.symlink_to(name)
        for number, path in enumerate(paths):
            (Path(text) / f"{number:03d}{path.suffix}").symlink_to(path.resolve())
        browser = Chromium(*camera_flags(film))
        try:
            with host(Path(text)) as (url, _):
                assert open_page(browser, url) == ""
                answers = classify_urls(browser, [f"{number:03d}{path.suffix}" for number, path in enumerate(paths)])
        finally:
            browser.close()
    pairs = list(zip(answers, predictions, strict=True))
    return {
        "images": len(paths),
        "same_top1": sum(answer["top1"] == (each.top_k[0][0] if each.top_k else "") for answer, each in pairs),
        "same_label": sum(answer["label"] == each.label for answer, each in pairs),
    }


def lay_out(folder: Path, **files: bytes) -> None:
    """Write LiteRT.js, the page's module for it and further files for a page without a word."""
    script, wasm = litert_js()
    own = {"litert.js": script, "litert.wasm": wasm, "network.js": (TEMPLATES / "network.js").read_bytes()}
    for name, content in {**own, "index.html": b"<!doctype html><title>figures</title>", **files}.items():
        (folder / name).write_bytes(content)


def portable() -> None:
    """Run the networks of docs/micro.py on its images in the browser and here, in turn."""
    models = builtin_models()
    with tempfile.TemporaryDirectory() as text:
        run = str(ROOT / "pretrained" / "micro")
        call("export.tflite", run, "--quantize", "int8", "--out", "micro_int8.tflite", cwd=Path(text))
        rows = [in_browser(Path(text) / "micro_int8.tflite", micro.fashion_mnist()),
                in_browser(models["edge"], micro.fashion_mnist())]  # fmt: skip
    if micro.PHOTOGRAPHS.is_dir():
        rows.append(in_browser(models["clothes"], micro.photographs(models["clothes"], micro.PHOTOGRAPHS)))
    keep("portable_web.json", {"rows": rows})


def in_browser(path: Path, images: micro.Images) -> dict[str, Any]:
    """Return the figures of one network: right answers, those like LiteRT's, memory, and times of both in turn."""
    loaded = LoadedModel.load(path)
    dtype = loaded.runtime.output_tensor.dtype
    answers, host_answers, page_ms, host_ms = [], [], [], []
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        lay_out(folder, **{"model.tflite": path.read_bytes()})
        browser = Chromium()
        try:
            with host(folder) as (url, _):
                browser.visit(f"{url}index.html")
                tensor = json.dumps(model_facts(loaded)["tensor"])
                browser.evaluate(OPEN_NETWORK.replace("LITERT", LITERT).replace("TENSOR", tensor))
                for first in range(0, len(images.labels), BATCH):
                    tensors = [loaded.input_tensor(pixels) for pixels in images.pixels[first : first + BATCH]]
                    (folder / "inputs.bin").write_bytes(b"".join(tensor.tobytes() for tensor in tensors))
                    got = browser.evaluate(f"answer('/inputs.bin?{first}')")
                    answers += [int(np.array(output, np.uint8).view(dtype).argmax()) for output in got["outputs"]]
                    page_ms.append(got["ms"] / len(tensors))
                    begun = time.perf_counter()
                    outputs = [loaded.runtime.invoke(tensor) for tensor in tensors]
                    host_ms.append((time.perf_counter() - begun) * 1e3 / len(tensors))
                    host_answers += [int(np.argmax(output)) for output in outputs]
                memory, name = browser.evaluate("network.memoryBytes()"), browser_name(browser)
        finally:
            browser.close()
    return {
        "file": path.name, "sha256": loaded.artifact.sha256, "size_bytes": loaded.artifact.size_bytes,
        "runtime": "LiteRT.js", "runtime_version": LITERT_JS.version, "machine": name, "utc": utc_now(),
        "images": len(images.labels), "right": int((np.array(answers) == images.labels).sum()),
        "agreement": float((np.array(answers) == np.array(host_answers)).mean()),
        "reference": f"{loaded.runtime.name} {loaded.runtime.version}",
        "memory_bytes": memory, "memory": "WebAssembly memory, the model in it",
        "invoke_median_ns": round(median(page_ms) * 1e6), "host_invoke_median_ns": round(median(host_ms) * 1e6),
    }  # fmt: skip


if __name__ == "__main__":
    main()
