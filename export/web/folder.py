"""Folder of the page: its templates, the runtime, the model, and `site.js`, which says what the model is."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import edge
from edge.artifact.formats.flatbuffer_front import OldTable
from edge.artifact.pixels import input_table, tensor_shape
from edge.classify.loaded_model import LoadedModel
from edge.errors import ExportError
from edge.system import atomic_file
from export.web.runtime import LITERT_JS, SCRIPT, WASM

SITE = "site.js"
"""File that marks a folder as a page of ours, and the last that is written."""
MODEL_PATH = "model.tflite.gz"
"""Place of the model; another one takes its place."""
TEMPLATES = Path(__file__).parent / "site"
"""Files that are the same in every page, but for its name."""
SCRIPT_PATH, WASM_PATH = f"runtime/{SCRIPT}", f"runtime/{WASM}.gz"
"""Places of the runtime in the folder."""
_NAME = "@NAME@"
# Numbers of fields in TFLite's schema: of a model, of a graph, of a tensor.
_SUBGRAPHS, _TENSORS, _INPUTS, _SHAPE, _SIGNATURE = 2, 0, 1, 0, 7
_VERSION_DIGITS = 12  # hexadecimal, of the digest of all files


def page_files(loaded: LoadedModel, runtime: tuple[bytes, bytes], *, name: str) -> dict[str, bytes]:
    """Return all files of the page: path in the folder -> content.

    Model and WebAssembly are compressed, because many hosts compress neither.

    Args:
        loaded: the model.
        runtime: script and WebAssembly of LiteRT.js.
        name: title of the page.
    """
    script, wasm = runtime
    files = {path.name: path.read_bytes() for path in sorted(TEMPLATES.iterdir()) if path.is_file()}
    files["index.html"] = _named(files["index.html"], html.escape(name))
    files["manifest.webmanifest"] = _named(files["manifest.webmanifest"], json.dumps(name, ensure_ascii=False)[1:-1])
    files |= {
        SCRIPT_PATH: script,
        WASM_PATH: _compressed(wasm),
        MODEL_PATH: _compressed(loaded.artifact.path.read_bytes()),
    }
    site = {
        "model": model_facts(loaded) | {"path": MODEL_PATH},
        "runtime": {"script": SCRIPT_PATH, "wasm": WASM_PATH},
        "runtime_version": LITERT_JS.version,
        "toolkit_version": edge.__version__,
        "load": [{"path": path, "bytes": len(files[path])} for path in (WASM_PATH, MODEL_PATH)],
    }
    # index.html is kept as the folder's own address: some hosts redirect the file to it.
    site["files"] = ["./", *sorted(path for path in {*files, SITE} - {"index.html", "sw.js"})]
    content = json.dumps(site, ensure_ascii=False, sort_keys=True)
    site["version"] = _digest({**files, SITE: content.encode()})[:_VERSION_DIGITS]
    text = json.dumps(site, ensure_ascii=True, separators=(",", ":"))
    return {**files, SITE: f"globalThis.SITE = {text};\n".encode()}


def model_facts(loaded: LoadedModel) -> dict[str, Any]:
    """Return what the page must know of a model: its specification, and a table from pixels to the input tensor."""
    spec, artifact = loaded.spec, loaded.artifact
    tensor, output = loaded.runtime.input_tensor, loaded.runtime.output_tensor
    origin = [f"run {spec.provenance.run_name}"] if spec.provenance.run_name else []
    origin += [f"data {spec.provenance.dataset}"] if spec.provenance.dataset else []
    rule = asdict(spec.decision)
    return {
        "file": artifact.path.name,
        "sha256": artifact.sha256,
        "size_bytes": artifact.size_bytes,
        "quantization": spec.provenance.quantization,
        "origin": ", ".join(origin),
        "labels": list(spec.labels),
        "output": spec.output,
        "input": asdict(spec.input),
        "input_dtype": tensor.dtype,
        "input_table": input_table(spec.input, tensor).T.tolist(),
        "tensor": {"shape": list(tensor_shape(spec.input)), "fixedAxes": fixed_axes(artifact.network)},
        "output_tensor": {"dtype": output.dtype, "scale": output.scale, "zero_point": output.zero_point},
        "decision": rule
        | {"off_threshold": spec.decision.off_threshold, "presence_on_threshold": spec.decision.presence_on_threshold},
    }


def fixed_axes(network: bytes) -> list[tuple[int, int]]:
    """Return where a TFLite network says that its batch is free, and the size of each such axis for one image.

    Written there, the sizes make it a network of one image. Where other axes of its input are free too, the list is
    empty: their sizes in the file aren't those of the images.

    Args:
        network: a sound flatbuffer.

    Returns:
        Pairs of a place, in bytes, of an int32, and its new value.
    """
    root = OldTable.root(network)
    graph = root.at(root.tables(_SUBGRAPHS)[0])
    tensors = [graph.at(tensor) for tensor in graph.tables(_TENSORS)]
    signatures = [(_int32s(network, tensor, _SIGNATURE), _int32s(network, tensor, _SHAPE)) for tensor in tensors]
    ((input_index, _),) = _int32s(network, graph, _INPUTS)[:1]
    if any(size < 0 for size, _ in signatures[input_index][0][1:]):
        return []
    return [
        (place, shape[axis][0])
        for signature, shape in signatures
        for axis, (size, place) in enumerate(signature)
        if size < 0
    ]


def _int32s(network: bytes, table: OldTable, field: int) -> list[tuple[int, int]]:
    """Return the numbers of a field that is a list of int32, each with its place in bytes; none if it is absent."""
    start = table.target(field)
    if start is None:
        return []
    (count,) = struct.unpack_from("<I", network, start.position)
    places = range(start.position + 4, start.position + 4 + 4 * count, 4)
    return [(struct.unpack_from("<i", network, place)[0], place) for place in places]


def require_page_folder(folder: Path) -> None:
    """Refuse a folder that isn't new, empty or a page already.

    Raises:
        ExportError: it holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file: name a folder for the page with --out")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SITE).is_file():
        raise ExportError(f"{folder} holds other files and no page: name a new folder with --out, or empty it")


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the page into a folder that is new, empty or a page already; each file is whole or the old one.

    Raises:
        ExportError: the folder holds something else.
        OSError: it can't be written.
    """
    require_page_folder(folder)
    for path in sorted(files, key=lambda path: (path == SITE, path)):
        atomic_file.write_bytes(folder / path, files[path])


def _named(template: bytes, name: str) -> bytes:
    return template.replace(_NAME.encode(), name.encode())


def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.encode() + b"\0" + hashlib.sha256(files[path]).digest())
    return digest.hexdigest()
