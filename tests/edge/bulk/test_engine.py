"""Ray for real: what is lost when workers, machines and the call itself are killed, and what the next call finds."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="bulk needs the extra `bulk`: pip install 'edge-classify[bulk]'")

from edge.bulk import arrow
from edge.bulk.items import Item
from edge.bulk.worker import BulkClassifier, Job
from tests.edge.bulk.conftest import garment

Spawn = Callable[..., "subprocess.Popen[str]"]
Write = Callable[..., Path]
Run = Callable[..., Any]
PATIENCE_S = 180.0
MANY = 1600  # images: more than a part, and some seconds of two workers


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A folder of many names for few images."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(20):
        (folder / f"0_{number:02d}.jpg").write_bytes(garment(number))
    for number in range(20, MANY):
        os.link(folder / f"0_{number % 20:02d}.jpg", folder / f"{number // 20}_{number % 20:02d}.jpg")
    return folder


def bulk(spawn: Spawn, folder: Path, out: Path, *flags: str) -> subprocess.Popen[str]:
    """The command, as a user starts it."""
    return spawn("-m", "edge.run.main", "bulk", str(folder), "--out", str(out), "--json", "--workers", "2", *flags)


def ended(child: subprocess.Popen[str]) -> dict[str, Any]:
    """Answer of a call, which must be one JSON object and no word of Ray's."""
    out, errors = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 0, errors
    return dict(json.loads(out))


def paths_in(out: Path) -> Counter[str]:
    """Rows of each image."""
    return Counter(
        path for part in out.rglob("part-*.parquet") for path in arrow.read_part(part, ["path"])["path"].to_pylist()
    )


def wait_for(is_true: Callable[[], object], child: subprocess.Popen[str]) -> None:
    """Wait until something is so while a call runs."""
    end_s = time.monotonic() + PATIENCE_S
    while not is_true():
        assert child.poll() is None, child.communicate()
        assert time.monotonic() < end_s
        time.sleep(0.05)


def descendants(pid: int) -> dict[int, str]:
    """Processes below one, with their command lines."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    facts = [line.split(None, 2) for line in listed.splitlines()]
    found = {pid}
    while more := {int(each) for each, parent, *_ in facts if int(parent) in found} - found:
        found |= more
    return {int(each): " ".join(line) for each, _, *line in facts if int(each) in found - {pid}}


def workers(pid: int) -> list[int]:
    """Processes that classify for a call."""
    return [each for each, line in descendants(pid).items() if line.startswith("ray::MapWorker")]


def has_part(out: Path) -> bool:
    return any(out.glob("*/part-*.parquet"))


@pytest.mark.e2e
def test_the_rows_are_those_of_one_process_and_nothing_is_left(
    archive: Write, job: Job, spawn: Spawn, tmp_path: Path
) -> None:
    folder, out = archive(400), tmp_path / "out"
    child = bulk(spawn, folder, out)
    wait_for(lambda: len(workers(child.pid)) == 2, child)
    started = descendants(child.pid)
    (address, *_) = re.findall(r"--gcs-address=(\S+)", " ".join(started.values()))
    assert not can_join(address)  # others on the network could run what they like
    said = ended(child)
    assert said["classified"] == said["images"] == 400
    rows = {row["path"]: row for part in out.rglob("part-*.parquet") for row in arrow.read_part(part).to_pylist()}
    table = arrow.items_table(Item(path, row["size"], 0) for path, row in rows.items())
    for row in BulkClassifier(job)(table).to_pylist():
        for name in ("sha256", "label", "probability", "score", "top_k", "model_sha256"):
            assert rows[row["path"]][name] == row[name]
    wait_for_the_end_of(started)


def wait_for_the_end_of(processes: dict[int, str]) -> None:
    """Wait until none of them runs any more."""
    end_s = time.monotonic() + PATIENCE_S
    while any(is_running(pid) for pid in processes):
        assert time.monotonic() < end_s
        time.sleep(0.2)


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def can_join(address: str) -> bool:
    """Return whether a program without the call's token gets into its Ray."""
    program = f"import ray; ray.init({address!r}, log_to_driver=False)"
    environment = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", program]
    with contextlib.suppress(subprocess.TimeoutExpired):
        return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False).returncode == 0
    return False


@pytest.mark.e2e
def test_a_worker_that_is_killed_costs_no_row(many: Path, spawn: Spawn, tmp_path: Path) -> None:
    child = bulk(spawn, many, tmp_path / "out")
    wait_for(lambda: has_part(tmp_path / "out"), child)
    os.kill(workers(child.pid)[0], signal.SIGKILL)
    said = ended(child)
    assert (said["images"], said["errors"]) == (MANY, {})
    assert set(paths_in(tmp_path / "out").values()) == {1}


@pytest.mark.e2e
def test_a_call_that_is_killed_is_gone_on_with(many: Path, spawn: Spawn, tmp_path: Path) -> None:
    out = tmp_path / "out"
    child = bulk(spawn, many, out)
    wait_for(lambda: has_part(out), child)
    started = descendants(child.pid)
    (session,) = set(re.findall(r"/\S*?/edge-ray-\w+", " ".join(started.values())))
    child.kill()
    child.communicate()
    assert Path(session).is_dir()
    kept = sum(paths_in(out).values())
    assert 0 < kept < MANY
    said = ended(bulk(spawn, many, out))
    assert (said["classified"], said["images"]) == (MANY - kept, MANY)
    assert len(paths_in(out)) == MANY
    assert set(paths_in(out).values()) == {1}
    wait_for_the_end_of(started)
    assert not Path(session).exists()


@pytest.mark.e2e
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_call_that_is_stopped_keeps_all_rows(
    number: signal.Signals, code: int, many: Path, spawn: Spawn, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    child = bulk(spawn, many, out)
    wait_for(lambda: has_part(out), child)
    child.send_signal(number)
    said, errors = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == code, errors
    assert said == ""
    assert 0 < len(paths_in(out)) < MANY
    assert set(paths_in(out).values()) == {1}
    assert not list(out.rglob("*.unfinished.*"))


DEADLY = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from edge.artifact.file import default_model
from edge.bulk import arrow, engine
from edge.bulk.items import Item
from edge.bulk.worker import Job
class Deadly:  # in the place of a file system: an image that ends the process that reads it
    def open_input_stream(self, *_, **__):
        os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    content = default_model().read_bytes()
    job = Job("edge.tflite", content, "m", "s", "litert", filesystems={"s3://deadly": Deadly()})
    items = [Item(path, 1, 1) for path in sys.argv[1:]]
    items.insert(len(items) // 2, Item("s3://deadly/a.jpg", 1, 1))
    with engine.Pool.started(workers=2, cpus=1, address=None) as pool:
        tables = list(pool.classify(job, arrow.chunks_of(arrow.items_table(items), 16)))
    for row in arrow.concatenated(tables).to_pylist():
        print(row["path"], row["sha256"] is not None, row["error"] is None)
"""


@pytest.mark.e2e
def test_an_image_on_which_workers_die_has_a_row_with_an_error_and_the_others_their_answers(
    archive: Write, tmp_path: Path
) -> None:
    (tmp_path / "deadly.py").write_text(DEADLY)
    paths = sorted(map(str, archive(40).rglob("*.jpg")))
    done = subprocess.run(
        [sys.executable, tmp_path / "deadly.py", *paths],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = sorted(line.split(" ") for line in done.stdout.splitlines())
    assert rows == sorted([*([path, "True", "True"] for path in paths), ["s3://deadly/a.jpg", "False", "False"]])


CLUSTER = """
import os, sys
os.environ.update(RAY_TMPDIR=sys.argv[1], RAY_USAGE_STATS_ENABLED="0")
from ray.cluster_utils import Cluster
node = {"num_cpus": 1, "object_store_memory": 10**8}
cluster = Cluster(initialize_head=True, head_node_args=node)
second = cluster.add_node(**node)
cluster.wait_for_nodes()
print(cluster.address, flush=True)
sys.stdin.readline()
cluster.remove_node(second, allow_graceful=False)
print("removed", flush=True)
sys.stdin.readline()
cluster.shutdown()
"""


@pytest.fixture
def cluster(spawn: Spawn) -> Iterator[tuple[str, Callable[[], None]]]:
    """Address of two Ray machines of one CPU each on 127.0.0.1, and how to kill the second."""
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # the names of Ray's sockets may have 107 bytes
    child = spawn("-c", CLUSTER, folder)
    assert child.stdout is not None
    assert child.stdin is not None
    address = child.stdout.readline().strip()
    assert address

    def kill() -> None:
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline().strip() == "removed"

    yield address, kill
    started = descendants(child.pid)
    child.communicate("\n\n", timeout=PATIENCE_S)
    wait_for_the_end_of(started)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.e2e
def test_a_machine_that_is_killed_in_the_middle_costs_no_row(
    cluster: tuple[str, Callable[[], None]], many: Path, spawn: Spawn, tmp_path: Path
) -> None:
    address, kill = cluster
    child = bulk(spawn, many, tmp_path / "out", "--address", address)
    wait_for(lambda: has_part(tmp_path / "out"), child)
    kill()
    said = ended(child)
    assert (said["classified"], said["images"], said["errors"]) == (MANY, MANY, {})
    assert set(paths_in(tmp_path / "out").values()) == {1}
