"""The page's folder: complete, of one host, named, and never written over anything else."""

from __future__ import annotations

import gzip
import html
import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import builtin_models, read_artifact
from edge.artifact.formats.tflite_summary import summarise
from edge.classify.loaded_model import LoadedModel
from edge.errors import ExportError
from export.web.folder import SCRIPT_PATH, SITE, WASM_PATH, fixed_axes, page_files, write

ROOT = Path(__file__).parents[3]
RUNTIME = (b"var ModuleFactory;", b"\0asm")
INLINE = re.compile(r"<script(?![^>]*src=)|\son\w+=|\sstyle=")
ELSEWHERE = re.compile(r"(?:https?:)?//[\w.-]+\.\w+")


@pytest.fixture(scope="module")
def clothes() -> LoadedModel:
    """The built-in model of clothes."""
    return LoadedModel.load(builtin_models()["clothes"])


@pytest.fixture(scope="module")
def files(clothes: LoadedModel) -> dict[str, bytes]:
    """Its page, with a stand-in for the runtime."""
    return page_files(clothes, RUNTIME, name='Shirts & "more" <b>')


def site_of(files: dict[str, bytes]) -> dict[str, Any]:
    """Return what `site.js` says."""
    text = files[SITE].decode()
    return dict(json.loads(text.removeprefix("globalThis.SITE = ").rstrip(";\n")))


def test_the_model_lies_in_the_folder_whole_and_compressed(files: dict[str, bytes], clothes: LoadedModel) -> None:
    model = site_of(files)["model"]
    assert gzip.decompress(files[model["path"]]) == clothes.artifact.path.read_bytes()
    assert gzip.decompress(files[WASM_PATH]) == RUNTIME[1]
    assert files[SCRIPT_PATH] == RUNTIME[0]
    assert (model["sha256"], model["labels"]) == (clothes.artifact.sha256, list(clothes.spec.labels))
    assert (model["input"]["resize"], model["decision"]["score"]) == ("letterbox", "joint")
    # uint8 pixels go in as they are, red first.
    assert model["input_table"] == [list(range(256))] * 3
    assert model["decision"]["off_threshold"] == clothes.spec.decision.off_threshold


def test_what_the_page_loads_is_in_the_folder_and_kept_for_later(files: dict[str, bytes]) -> None:
    page = files["index.html"].decode()
    named = set(re.findall(r'(?:src|href)="([^"]+)"', page))
    named |= {icon["src"] for icon in json.loads(files["manifest.webmanifest"])["icons"]}
    for name, content in files.items():
        if name.endswith(".js") and "/" not in name:
            named |= set(re.findall(r'from "\./([\w.]+)"', content.decode()))
    assert len(named) >= 15
    assert named <= set(files)
    kept = set(site_of(files)["files"])
    assert kept == {"./", *files} - {"index.html", "sw.js"}


def test_nothing_comes_from_another_host(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        if name.endswith((".html", ".css", ".js", ".webmanifest")) and name != SITE:
            assert ELSEWHERE.findall(content.decode()) == [], name
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', files["index.html"].decode())
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert (rules["default-src"], rules["connect-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert not INLINE.search(files["index.html"].decode())


def test_a_free_batch_is_fixed_at_one_image_and_nothing_else(fixtures: Path, clothes: LoadedModel) -> None:
    network = read_artifact(fixtures / "softmax_int8.tflite").network
    assert summarise(network).inputs[0].shape == ("?", 28, 28, 1)
    fixed = bytearray(network)
    places = fixed_axes(network)
    for place, size in places:
        struct.pack_into("<i", fixed, place, size)
    facts = summarise(bytes(fixed))
    assert (facts.inputs[0].shape, facts.outputs[0].shape) == ((1, 28, 28, 1), (1, 10))
    assert fixed_axes(bytes(fixed)) == fixed_axes(clothes.artifact.network) == []
    free_rows = bytearray(network)
    struct.pack_into("<i", free_rows, places[0][0] + 4, -1)
    assert summarise(bytes(free_rows)).inputs[0].shape[:2] == ("?", "?")
    assert fixed_axes(bytes(free_rows)) == []


def test_the_name_is_text_in_page_and_manifest(files: dict[str, bytes]) -> None:
    (title,) = re.findall(r"<title>(.*)</title>", files["index.html"].decode())
    assert (html.unescape(title), "<" in title) == ('Shirts & "more" <b>', False)
    assert json.loads(files["manifest.webmanifest"])["name"] == 'Shirts & "more" <b>'


def test_a_change_of_any_file_is_another_version(files: dict[str, bytes], clothes: LoadedModel) -> None:
    again = page_files(clothes, RUNTIME, name='Shirts & "more" <b>')
    assert again == files
    decision = replace(clothes.spec.decision, threshold=0.9)
    other = page_files(clothes.with_decision(decision), RUNTIME, name='Shirts & "more" <b>')
    names = page_files(clothes, RUNTIME, name="other")
    assert len({site_of(made)["version"] for made in (files, other, names)}) == 3


def test_a_page_is_replaced_and_nothing_else_is(files: dict[str, bytes], tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(files, site)
    (site / "CNAME").write_text("a host's own file")
    write({**files, "page.css": b"/* new */"}, site)
    assert (site / "page.css").read_bytes() == b"/* new */"
    assert (site / "CNAME").exists()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"")
    for folder in (tmp_path / "photos", tmp_path / "photos" / "holiday.jpg"):
        with pytest.raises(ExportError):
            write(files, folder)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["holiday.jpg"]


def test_the_licences_of_what_it_holds_lie_in_it(files: dict[str, bytes]) -> None:
    text = files["licenses.txt"].decode()
    for name in ("LICENSE", "LICENSE-APACHE"):
        assert (ROOT / name).read_text(encoding="utf-8") in text
