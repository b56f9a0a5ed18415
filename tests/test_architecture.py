"""Import table of the design and order of its rooms, read from the syntax trees."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "train", "export", "benchmarks")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
# Programs beside the tests that attack the project and install it: never in the wheel, held to the same rules.
PROGRAMS = sorted(
    path
    for folder in ("hardening", "platforms")
    for path in (ROOT / "tests" / folder).rglob("*.py")
    if path.stem != "conftest" and not path.stem.startswith("test_")
)

# Each optional library of `edge`, and the one file that may import it.
ADAPTERS = {
    "ai_edge_litert": "edge/runtimes/litert.py",
    "tflite_runtime": "edge/runtimes/tflite_runtime.py",
    "onnxruntime": "edge/runtimes/onnxruntime.py",
    "cryptography": "edge/artifact/trust.py",
    "libcamera": "edge/sources/camera/csi.py",
    "picamera2": "edge/sources/camera/csi.py",
    "av": "edge/sources/pyav.py",
    "pillow_heif": "edge/images/heic.py",
    "tomli": "edge/cli/config_file.py",
    "shtab": "edge/run/completion.py",
    "pyarrow": "edge/bulk/arrow.py",
    "ray": "edge/bulk/engine.py",
    "tqdm": "edge/bulk/archive_run.py",
    "paho": "edge/sinks/mqtt/connection.py",
    "prometheus_client": "edge/sinks/web/metrics.py",
    "starlette": "edge/sinks/web/server.py",
    "uvicorn": "edge/sinks/web/thread.py",
}
EDGE_LIBRARIES = {"edge", "numpy", "cv2", *ADAPTERS, "tomllib"}  # in the standard library since Python 3.11
NEVER = {
    "edge": ("tensorflow", "keras", "onnx", "tf2onnx", "jax", "matplotlib", "train", "export", "benchmarks", "tests"),
    "train": ("export", "benchmarks", "tests", "edge.sources", "edge.sinks"),
    "export": ("train", "benchmarks", "tests", "edge.sources", "edge.sinks"),
    "benchmarks": ("tensorflow", "keras", "train", "export", "tests"),
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


def name_of(path: Path) -> str:
    """The file as a reader would write it: edge/artifact/spec.py."""
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


@functools.cache
def imports(path: Path) -> set[str]:
    """The modules that a file imports."""
    return set(imported(ast.parse(path.read_text(encoding="utf-8")), path))


def is_within(module: str, package: str) -> bool:
    """Return whether a module is this package or a part of it."""
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
    assert {"edge/run/main.py", "train/__main__.py", "export/tflite.py", "benchmarks/__main__.py"} <= set(
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


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {part.lower() for path in FILES + PROGRAMS for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not parts & VAGUE_NAMES


# ---- the folders


# Most files and folders that a folder may hold, without `__init__`, templates and models; 20 where nothing is said.
MOST_ENTRIES = {"edge": 21, "benchmarks": 16, "tests/hardening/soak": 22}


def entries() -> dict[str, set[str]]:
    """Files and folders of each folder that holds code."""
    found: dict[str, set[str]] = {}
    for path in FILES + PROGRAMS:
        parts = name_of(path).split("/")
        if path.stem == "__init__":
            parts.pop()
        for size in range(1, len(parts)):
            found.setdefault("/".join(parts[:size]), set()).add(parts[size])
    return found


def test_no_folder_holds_more_than_can_be_read_at_a_glance() -> None:
    found = {folder: len(names) for folder, names in entries().items()}
    assert found["edge"] >= 15
    assert {folder: size for folder, size in found.items() if size > MOST_ENTRIES.get(folder, 20)} == {}


# ---- the order of the rooms


# Rooms of a package, each of which imports only those before it.
ORDER = {
    "edge": (
        *("errors", "health", "system", "artifact", "images", "vision", "demo", "datasets", "runtimes", "verify"),
        *("classify", "cli", "sources", "sinks", "collect", "update", "doctor", "describe", "teach", "bulk", "run"),
    ),
    "benchmarks": (
        *(
            "records",
            "progress",
            "columns",
            "config",
            "host",
            "stats",
            "measure",
            "analysis",
            "report",
            "device",
        ),
        *("compare", "peers", "overhead", "__main__"),
    ),
    "train": (
        *("config", "data", "network", "results", "fitting", "report", "fit", "photographs", "scenes"),
        *("soft_labels", "compare", "__main__"),
    ),
}
# Imports that run backwards, and what will end them.
BACKWARDS: dict[tuple[str, str], str] = {}
# Rooms of `edge` that the makers of models may use.
ROOMS_FOR = {
    "train": {"artifact", "classify", "cli", "datasets", "demo", "errors", "images", "system", "teach", "vision"},
    "export": {
        *("artifact", "classify", "cli", "datasets", "demo", "errors", "images", "runtimes", "system", "teach"),
        *("verify", "vision"),
    },
}


def dotted(path: Path) -> str:
    """The module of a file, such as edge.artifact.spec."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in FILES + PROGRAMS}


def own_imports(module: str) -> set[str]:
    """The modules of this project that a module imports, also inside functions, and not the packages around them."""
    found = {name if name in MODULES else name.rpartition(".")[0] for name in imports(MODULES[module])} & set(MODULES)
    return {name for name in found if not any(is_within(other, name) for other in found - {name})} - {module}


def room_of(module: str) -> str:
    """The second part of a module's name; empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("package", ORDER)
def test_no_import_runs_backwards_between_rooms(package: str) -> None:
    rooms = {room: number for number, room in enumerate(("", *ORDER[package]))}
    found = {
        (module, name)
        for module in MODULES
        for name in own_imports(module)
        if is_within(module, package) and is_within(name, package) and rooms[room_of(name)] > rooms[room_of(module)]
    }
    assert found - {("edge", "")} == {pair for pair in BACKWARDS if is_within(pair[0], package)}


def test_only_the_gate_lets_files_pass_to_native_code() -> None:
    makers = [name_of(path) for path in FILES if "VerifiedArtifact(" in path.read_text(encoding="utf-8")]
    assert makers == ["edge/artifact/file.py", "edge/verify/gate.py"]  # the class, and who makes one


@pytest.mark.parametrize("package", ROOMS_FOR)
def test_the_makers_of_models_use_their_rooms_of_edge_alone(package: str) -> None:
    names = {name for module in MODULES if is_within(module, package) for name in own_imports(module)}
    assert {room_of(name) for name in names if is_within(name, "edge")} - {""} <= ROOMS_FOR[package]


def test_images_are_decoded_without_any_other_room() -> None:
    inside = [module for module in MODULES if is_within(module, "edge.images")]
    assert len(inside) >= 10
    names = {name for module in inside for name in own_imports(module)}
    assert {name for name in names if not is_within(name, "edge.images")} == {"edge.errors"}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import one another in a ring; empty where there is none."""
    done: set[str] = set()
    for start in graph:
        path: list[str] = []
        waiting = [(start, 0)]
        while waiting:
            module, depth = waiting.pop()
            done |= set(path[depth:])
            del path[depth:]
            if module in path:
                return path[path.index(module) :]
            if module in done:
                continue
            path.append(module)
            waiting += [(name, depth + 1) for name in sorted(graph[module])]
        done |= set(path)
    return []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"c"}}) == []
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}) in (["b", "c", "d"], ["c", "d", "b"])


def test_no_modules_import_one_another_in_a_circle() -> None:
    assert circle({module: own_imports(module) for module in MODULES}) == []


def top_level(tree: ast.Module) -> set[str]:
    """Return the names that a module defines, sets or imports, in whatever branch."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.py")), ids=name_of)
def test_programs_of_the_docs_use_what_their_neighbours_have(path: Path) -> None:
    """`micro.run` moved, and web_figures.py, which no test runs, still called it."""
    neighbours = {
        other.stem: top_level(ast.parse(other.read_text(encoding="utf-8"))) for other in path.parent.glob("*.py")
    }
    used = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            used |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.add((node.value.id, node.attr))
    imported_here = imports(path)
    assert not [(module, name) for module, name in used
                if module in neighbours and module in imported_here and name not in neighbours[module]]  # fmt: skip
