"""Every file is written whole or not at all: read from the syntax trees, with the few that may be otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "train", "export", "benchmarks")
WRITERS = {
    "write_text", "write_bytes", "touch", "tofile", "imwrite", "VideoWriter", "save", "savez", "savez_compressed",
    "savefig", "savetxt", "extract", "extractall", "dump", "rename", "copyfile", "copytree", "CSVLogger", "TensorBoard",
    "write_table",
}  # fmt: skip
QUALIFIED = {"shutil.copy", "shutil.copy2", "shutil.move", "os.replace", "os.write", "os.truncate", "os.link"}

# What writes without edge.system.atomic_file, and why it may.
ALLOWED = {
    "edge/cli/console.py": {"open": "the null device"},
    "edge/system/process.py": {"fdopen": "a file without a name"},
    "benchmarks/measure/worker.py": {"open": "the null device", "fdopen": "standard output"},
    "benchmarks/measure/model_spec.py": {"fdopen": "standard output"},
    "benchmarks/overhead/toolkit.py": {"open": "the null device"},
    "benchmarks/overhead/baseline.py": {"open": "the null device"},
    "edge/bulk/arrow.py": {"write_table": "into the temporary file that edge/bulk/store.py renames"},
    "edge/bulk/worker.py": {"write_bytes": "into a temporary folder that goes once the model is loaded"},
    "benchmarks/overhead/bulk.py": dict.fromkeys(("imwrite", "os.link"), "into a temporary folder of the command"),
    "edge/sinks/text/csv.py": {"open": "it grows; the next start takes half a row back"},
    "edge/sinks/images/video.py": {"VideoWriter": "it grows under another name, and gets its own at the end"},
    "edge/update/fetch.py": {"open": "into a folder that goes with the update"},
    "edge/update/command.py": {"rename": "the same"},
    "train/fitting/training.py": {
        "write_bytes": "history.csv of an unfinished run, made anew from the state when it is gone on with",
        "CSVLogger": "the same",
        "TensorBoard": "the same; TensorBoard reads logs that are cut",
    },
    "train/results/run_dir.py": {"save": "into the folder that train/fit.py names when it is whole"},
    "benchmarks/report/charts/style.py": {"savefig": "into memory"},
    "benchmarks/device/bundle.py": {"save": "into memory"},
    "benchmarks/measure/inputs.py": {"save": "into a temporary folder that goes with the process that reads it"},
    "benchmarks/device/run.py": {"save": "the same", "extractall": "the same"},
    "benchmarks/overhead/inputs.py": {
        **dict.fromkeys(("save", "imwrite", "VideoWriter"), "the same"),
        "copyfile": "the same",
    },
    "export/onnx.py": {"save": "the same"},
    "edge/verify/gate.py": {"touch": "an empty file"},
    "export/web/check.py": {"write_bytes": "into a temporary folder that goes with the process that reads it"},
    "export/sign.py": {"fdopen": "a new secret key, which must not exist"},
}


def bare_writes(node: ast.AST, *, inside: bool = False) -> Iterator[str]:
    """Names of the calls that write a file under its own name, but for atomic_file's and those in a block of one."""
    if isinstance(node, ast.With):
        inside = inside or any("atomic_file." in ast.unparse(item.context_expr) for item in node.items)
    if isinstance(node, ast.Call) and not inside and (name := writer(node)):
        yield name
    for child in ast.iter_child_nodes(node):
        yield from bare_writes(child, inside=inside)


def writer(call: ast.Call) -> str | None:
    """The call's name if it writes a file."""
    whole = ast.unparse(call.func)
    name = whole.rpartition(".")[2]
    if whole.startswith(("atomic_file.", "self._")) or whole == "cv2.VideoWriter.fourcc":
        return None
    modes = [word for word in (*call.args, *(keyword.value for keyword in call.keywords)) if is_mode(word)]
    if name in ("open", "fdopen", "NamedTemporaryFile"):
        return name if modes else None
    return whole if whole in QUALIFIED else name if name in WRITERS else None


def is_mode(word: ast.expr) -> bool:
    """Return whether it is a file mode that writes."""
    if not isinstance(word, ast.Constant) or not isinstance(word.value, str):
        return False
    return bool(set(word.value) & set("wax+")) and set(word.value) <= set("rwaxbt+")


def test_the_reader_of_writes_sees_them() -> None:
    source = """
Path("a").write_text("x")
with open(p, "wb") as file: pass
p.open("rb+")
p.open(mode="a")
p.open("rb")
np.savez(p, a=1)
shutil.copy(a, b)
with atomic_file.replacing(p) as temporary:
    np.save(temporary, a)
    with temporary.open("wb") as file: pass
atomic_file.write_text(p, "x")
cv2.VideoWriter(p)
a.copy()
"""
    found = list(bare_writes(ast.parse(source)))
    assert found == ["write_text", "open", "open", "open", "savez", "shutil.copy", "VideoWriter"]


def test_nothing_else_writes_a_file_under_its_own_name() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = {path: path.relative_to(ROOT).as_posix() for path in files}
    found = {
        (names[path], write) for path in files if names[path] != "edge/system/atomic_file.py"
        for write in bare_writes(ast.parse(path.read_text(encoding="utf-8")))
    }  # fmt: skip
    assert found == {(file, write) for file, writes in ALLOWED.items() for write in writes}
