"""The import table of the design, read from the syntax trees, and what may not be loaded on a device."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "train", "export", "benchmarks")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# Each optional library of `edge`, and the one file that may import it.
ADAPTERS = {
    "ai_edge_litert": "edge/runtimes/litert.py",
    "tflite_runtime": "edge/runtimes/tflite_runtime.py",
    "onnxruntime": "edge/runtimes/onnxruntime.py",
    "cryptography": "edge/admission/minisign.py",
    "picamera2": "edge/sources/csi.py",
    "av": "edge/sources/planes.py",
    "tomli": "edge/config.py",
    "paho": "edge/sinks/mqtt/connection.py",
    "prometheus_client": "edge/sinks/web/metrics.py",
    "starlette": "edge/sinks/web/server.py",
    "uvicorn": "edge/sinks/web/thread.py",
}
EDGE_LIBRARIES = {"edge", "numpy", "cv2", *ADAPTERS, "tomllib"}  # in the standard library since Python 3.11
NEVER = {
    "edge": ("tensorflow", "keras", "onnx", "tf2onnx", "jax", "matplotlib", "train", "export", "benchmarks"),
    "train": ("export", "benchmarks"),
    "export": ("train", "benchmarks", "edge.sources", "edge.sinks"),
    "benchmarks": ("tensorflow", "keras", "train", "export"),
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def name_of(path: Path) -> str:
    """The file as a reader would write it: edge/spec.py."""
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST, path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere, also inside functions, and the names it takes from one."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def imports(path: Path) -> set[str]:
    """The modules that a file imports."""
    return set(imported(ast.parse(path.read_text(encoding="utf-8")), path))


def is_within(module: str, package: str) -> bool:
    """Whether a module is this package or a part of it."""
    return module == package or module.startswith(f"{package}.")


def test_the_reader_of_imports_sees_every_way_to_import() -> None:
    source = """
import a, b.c as d
from e import f
from . import g
from ..h import i
def later():
    import j
"""
    found = set(imported(ast.parse(source), ROOT / "edge" / "runtimes" / "x.py"))
    assert found == {"a", "b.c", "e", "e.f", "edge.runtimes", "edge.runtimes.g", "edge.h", "edge.h.i", "j"}


def test_there_is_something_to_walk() -> None:
    assert len([path for path in FILES if name_of(path).startswith("edge/")]) > 30
    assert {"edge/cli.py", "train/__main__.py", "export/tflite.py", "benchmarks/__main__.py"} <= set(
        map(name_of, FILES)
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_keep_to_the_table(path: Path) -> None:
    package = name_of(path).split("/")[0]
    forbidden = {module for module in imports(path) for never in NEVER[package] if is_within(module, never)}
    assert not forbidden
    if package == "edge":
        tops = {module.split(".")[0] for module in imports(path)}
        assert tops <= EDGE_LIBRARIES | set(sys.stdlib_module_names)


@pytest.mark.parametrize("library", ADAPTERS)
def test_an_optional_library_of_edge_is_imported_in_exactly_one_file(library: str) -> None:
    importing = [
        name_of(path)
        for path in FILES
        if name_of(path).startswith("edge/") and any(is_within(module, library) for module in imports(path))
    ]
    assert importing == [ADAPTERS[library]]


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public functions, classes and methods without a docstring, and the module itself."""
    if not ast.get_docstring(tree):
        yield "the module"
    bodies: list[tuple[str, list[ast.stmt]]] = [("", tree.body)]
    while bodies:
        prefix, body = bodies.pop()
        for node in body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                bodies.append((f"{prefix}{node.name}.", node.body))


def test_the_reader_of_docstrings_sees_functions_classes_and_methods() -> None:
    tree = ast.parse("def f(): 1\nclass C:\n  'c'\n  def m(self): 1\n  def _p(self): 1\nclass _D:\n  def m(self): 1\n")
    assert set(undocumented(tree)) == {"the module", "f", "C.m"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_public_has_a_docstring(path: Path) -> None:
    assert not list(undocumented(ast.parse(path.read_text(encoding="utf-8"))))


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {part.lower() for path in FILES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not parts & VAGUE_NAMES


def loaded(program: str) -> set[str]:
    """Top-level names of the modules that a program of its own has loaded at its end."""
    ending = (
        "\nimport json, sys\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    child = subprocess.run(
        [sys.executable, "-c", program + ending], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )
    return set(json.loads(child.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "program",
    [
        "import edge",
        "import edge.cli",
        "import edge.cli\ntry: edge.cli.main(['--help'])\nexcept SystemExit as end: assert not end.code",
    ],
    ids=["import edge", "import edge.cli", "--help"],
)
def test_help_loads_neither_opencv_nor_a_runtime(program: str) -> None:
    assert not loaded(program) & {"cv2", *ADAPTERS, "tensorflow", "keras", "onnx", "matplotlib"}


def test_import_edge_loads_the_standard_library_alone() -> None:
    assert "numpy" not in loaded("import edge")


def test_the_runner_works_where_the_training_libraries_can_not_be_imported() -> None:
    absent = ("tensorflow", "keras", "onnx", "tf2onnx", "jax", "matplotlib", "train", "export", "benchmarks")
    program = f"""
import sys
for name in {absent}:
    sys.modules[name] = None
import edge.cli
assert edge.cli.main(["--max-frames", "2"]) == 0
"""
    assert {"edge", "cv2", "ai_edge_litert"} <= loaded(program)
