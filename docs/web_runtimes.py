"""`python docs/web_runtimes.py`: LiteRT.js beside ONNX Runtime Web, in turn, into docs/measured/web_runtimes.json.

The same networks as TFLite and ONNX, one thread, in Chromium. Needs chromium, npm, the extras `export` and `transfer`,
Fashion-MNIST and the photographs that tests/models/lite0_forms.py calibrates with.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from chromium import Chromium
from web_figures import LITERT, ROOT, keep, lay_out
from web_page import host

from edge.artifact.file import builtin_models
from export.web.folder import TEMPLATES, fixed_axes
from export.web.runtime import LITERT_JS, Package, fetch, litert_js, member, require_integrity
from tests.models import lite0_forms

ORT_WEB = Package(
    "onnxruntime-web", "1.30.0",
    "sha512-q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ==",
)  # fmt: skip
ORT_FILES = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
ROUNDS, ROUND_MS = 9, 300  # both runtimes in turn; of each in a round

# A network in each runtime: milliseconds to open it, and functions that run it once.
BOTH = """
(async () => {
  LITERT
  const ort = await import("/ort.wasm.min.mjs");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = "/";
  const timed = async (make) => { const from = performance.now(); return [await make(), performance.now() - from]; };
  const onnx = await bytes("/model.onnx");
  const [network, litertMs] = await timed(() => openNetwork(globalThis.ModuleFactory, wasm, model, TENSOR));
  const [session, ortMs] = await timed(() => ort.InferenceSession.create(onnx, { executionProviders: ["wasm"] }));
  const filled = (length) => Uint8Array.from({ length }, (_, i) => (i * 7919) % 256);
  const values = filled(SHAPE.reduce((product, edge) => product * edge, 1));
  const floats = Float32Array.from(values, (value) => value / 255);
  const input = network.inputBytes > values.length ? new Uint8Array(floats.buffer) : values;
  const tensor = TYPE === "float32" ? new ort.Tensor(TYPE, floats, SHAPE) : new ort.Tensor(TYPE, values, SHAPE);
  globalThis.runs = {
    litert: () => network.invoke(input),
    ort: () => session.run({ [session.inputNames[0]]: tensor }),
  };
  for (const run of Object.values(runs)) for (let i = 0; i < 5; i += 1) await run();
  return { litert: litertMs, ort: ortMs };
})()
"""
ROUND = """
(async () => {
  const taken = {};
  for (const [name, run] of Object.entries(runs)) {
    const from = performance.now();
    for (let i = 0; i < CALLS; i += 1) await run();
    taken[name] = (performance.now() - from) / CALLS;
  }
  return taken;
})()
"""


def main() -> None:
    """Measure LiteRT.js and ONNX Runtime Web in turn, on the same networks as TFLite and ONNX."""
    script, wasm = litert_js()
    archive = fetch(ORT_WEB)
    require_integrity(ORT_WEB, archive, where="npm")
    ort = {name: member(archive, f"package/dist/{name}") for name in ORT_FILES}
    sizes = {"litert": (script, wasm, (TEMPLATES / "network.js").read_bytes()), "ort": tuple(ort.values())}
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        forms = lite0_forms.build(folder / "lite0")
        edge_onnx = folder / "edge_int8.onnx"
        command = ["-m", "export.onnx", "pretrained/edge", "--quantize", "int8", "--out", str(edge_onnx)]
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
        lay_out(folder, **ort)
        lite0, image = "EfficientNet-Lite0, {}, 224x224", [1, 3, 224, 224]
        networks = (  # the same network twice, and the type and shape of the ONNX file's input
            ("edge, int8, 28x28", builtin_models()["edge"], edge_onnx, "uint8", [1, 28, 28, 1]),
            (lite0.format("int8"), forms["tflite_uint8"], forms["onnx_int8"], "float32", image),
            (lite0.format("float"), forms["tflite_float"], forms["onnx_float"], "float32", image),
        )
        rows = []
        for name, tflite, onnx, dtype, shape in networks:
            (folder / "model.tflite").write_bytes(tflite.read_bytes())
            (folder / "model.onnx").write_bytes(onnx.read_bytes())
            size = shape[2]
            tensor = {"shape": [1, size, size, min(shape[1], shape[3])], "fixedAxes": fixed_axes(tflite.read_bytes())}
            program = BOTH.replace("LITERT", LITERT).replace("TYPE", json.dumps(dtype))
            program = program.replace("TENSOR", json.dumps(tensor)).replace("SHAPE", json.dumps(shape))
            rows.append({"network": name, **in_turn(folder, program)})
    keep("web_runtimes.json", {
        "rounds": ROUNDS, "rows": rows,
        "versions": {"litert": f"LiteRT.js {LITERT_JS.version}", "ort": f"ONNX Runtime Web {ORT_WEB.version}"},
        "bytes": {name: sum(map(len, parts)) for name, parts in sizes.items()},
        "gzip_bytes": {name: sum(len(gzip.compress(part, 9)) for part in parts) for name, parts in sizes.items()},
    })  # fmt: skip


def in_turn(folder: Path, program: str) -> dict[str, Any]:
    """Run one network in both runtimes, in turn, for so many rounds."""
    browser = Chromium()
    try:
        with host(folder) as (url, _):
            browser.visit(f"{url}index.html")
            opened = browser.evaluate(program)
            once = max(browser.evaluate(ROUND.replace("CALLS", "5")).values())
            calls = str(max(3, round(ROUND_MS / max(0.01, once))))
            rounds = [browser.evaluate(ROUND.replace("CALLS", calls)) for _ in range(ROUNDS)]
    finally:
        browser.close()
    ratios = [each["ort"] / each["litert"] for each in rounds]
    return {"open_ms": opened, "invoke_ms": {name: median(each[name] for each in rounds) for name in rounds[0]},
            "ort_to_litert": {"median": median(ratios), "lowest": min(ratios), "highest": max(ratios)}}  # fmt: skip


if __name__ == "__main__":
    main()
