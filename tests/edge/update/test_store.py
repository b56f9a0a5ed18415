"""A store on the disk: what lies in it after an update, after a kill at every step of one, and when it is damaged."""

from __future__ import annotations

import errno
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from edge.artifact.file import default_model
from edge.errors import ModelFileError, UpdateError
from edge.update import state as states
from edge.update.state import Model, State, Trial
from edge.update.store import Store, default_folder

MakeModel = Callable[[str], Model]


def models(store: Store) -> set[str]:
    """Names of the model files."""
    return {path.name for path in store.folder.iterdir() if path.suffix == ".tflite"}


def leftovers(store: Store) -> list[str]:
    """Names in the folder that are neither a model, a lock nor the state."""
    return [path.name for path in store.folder.iterdir() if path.suffix not in (".tflite", ".lock", ".json")
            or path.name.startswith((".incoming", ".state"))]  # fmt: skip


def test_a_store_that_does_not_exist_has_no_model_and_is_not_made_by_a_look(store: Store) -> None:
    assert store.read() == State()
    assert store.path(None) == store.verified_path(None) == default_model()
    assert not store.folder.exists()


def test_the_current_and_the_last_good_model_are_kept_and_no_other(store: Store, install: MakeModel) -> None:
    first, second = install("first"), install("second")
    assert store.read() == State(second, None, Trial())
    assert models(store) == {second.file_name}  # the first was never found good
    store.change(states.confirmed)
    third = install("third")
    assert store.read() == State(third, second, Trial())
    assert models(store) == {second.file_name, third.file_name}
    assert store.verified_path(third).read_bytes() == b"\0\0\0\0TFL3third"
    assert first.file_name not in models(store)
    assert leftovers(store) == []


def test_a_file_that_changed_on_the_disk_is_refused(store: Store, install: MakeModel) -> None:
    model = install("first")
    path = store.path(model)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ModelFileError, match="changed on the disk"):
        store.verified_path(model)
    path.unlink()
    with pytest.raises(ModelFileError, match="no model file"):
        store.verified_path(model)


def test_a_second_update_at_once_is_refused(store: Store) -> None:
    with store.updating(), pytest.raises(UpdateError, match=f"another update of {store.folder}"), store.updating():
        pass


def test_an_error_in_an_update_leaves_nothing(store: Store, install: MakeModel) -> None:
    model = install("first")
    with pytest.raises(UpdateError), store.updating() as folder:  # noqa: PT012  # the write must come first
        (folder / "model").write_bytes(b"half")
        raise UpdateError("no")
    assert (leftovers(store), models(store)) == ([], {model.file_name})


def test_the_next_update_removes_the_remains_of_killed_ones_and_no_other_files(store: Store) -> None:
    store.folder.mkdir()
    (store.folder / ".incoming.abc").mkdir()
    (store.folder / ".incoming.abc" / "model").write_text("half")
    for name in (
        ".state.abcdefgh.unfinished.json",
        f".{'a' * 64}.12345678.unfinished.tflite",
        "mine.tflite",
        "notes.json",
    ):
        (store.folder / name).write_text("")
    with store.updating():
        pass
    names = {path.name for path in store.folder.iterdir() if path.suffix != ".lock"}
    assert names == {"mine.tflite", "notes.json"}


def test_a_damaged_state_is_an_error_and_the_next_update_mends_it(store: Store, install: MakeModel) -> None:
    install("first")
    (store.folder / "state.json").write_bytes(b"\xff{")
    with pytest.raises(UpdateError, match=r"state\.json is damaged \("):
        store.read()
    assert store.read_or_empty() == State()
    second = install("second")
    assert store.read() == State(second, None, Trial())


def test_a_store_with_a_manifest_of_an_earlier_version_runs_its_model(store: Store, install: MakeModel) -> None:
    model = install("first")
    path = store.folder / "state.json"
    issued = {"model": "b.tflite", "sha256": "b" * 64, "rollout_percent": 10, "minimum_version": "0.1.0"}
    manifest = {**issued, "issued": "2026-01-02T12:00:00Z"}  # without a name
    path.write_text(json.dumps({**json.loads(path.read_text()), "manifest": manifest}))
    assert store.read() == State(model, None, Trial())
    assert store.verified_path(store.read().current) == store.path(model)


def test_a_full_disk_changes_nothing(store: Store, install: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    first = install("first")
    store.change(states.confirmed)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        install("second")
    assert store.read() == State(first)
    assert (leftovers(store), models(store)) == ([], {first.file_name})


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/edge-classify:/var/lib/other", "XDG_STATE_HOME": "/x"},
         "/var/lib/edge-classify/models"),
        ({"XDG_STATE_HOME": "/x"}, "/x/edge-classify/models"),
        ({"XDG_STATE_HOME": "x"}, "~/.local/state/edge-classify/models"),
        ({}, "~/.local/state/edge-classify/models"),
    ],
)  # fmt: skip
def test_the_default_folder_follows_the_environment(environment: dict[str, str], folder: str) -> None:
    assert default_folder(environment) == Path(folder).expanduser()


# Kills itself at the n-th event of the file system, for each n, each time on a fresh copy of the store.
PROGRAM = """
import json, os, shutil, signal, sys
from pathlib import Path
from edge.update import state as states
from edge.update.state import Model
from edge.update.store import Store

EVENTS = ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir", "os.rmdir", "tempfile.mkstemp", "tempfile.mkdtemp")
origin, what, new = Path(sys.argv[1]), sys.argv[2], Model(**json.loads(sys.argv[3]))

def work(store):
    if what != "installed":
        store.change({"ended_well": states.ended_well, "confirmed": states.confirmed,
                      "begun": lambda now: states.begun(now, boot="this", time="noon"),
                      "rolled_back": lambda now: states.rolled_back(now, reason="x", time="noon")}[what])
        return
    with store.updating() as folder:
        (folder / "model").write_bytes(b"\\0\\0\\0\\0TFL3third")
        store.install(folder / "model", new)

seen = []
for number in range(1000):
    shutil.rmtree("copy", ignore_errors=True)
    shutil.copytree(origin, "copy")
    child = os.fork()
    if not child:
        left = number
        def hook(event, _):
            global left
            if event in EVENTS:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        sys.addaudithook(hook)
        work(Store(Path("copy")))
        os._exit(0)
    killed = os.waitpid(child, 0)[1] != 0
    store = Store(Path("copy"))
    state = store.read()
    for model in (state.current, state.last_good):
        store.verified_path(model)
    with store.updating():  # the next one works, and clears up
        pass
    temporary = (".incoming", ".state", "." + new.sha256)
    left = [path.name for path in store.folder.iterdir() if path.name.startswith(temporary)]
    assert not left, left
    seen.append(json.loads(state.to_json()))
    if not killed:
        break
print(json.dumps(seen))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill is POSIX")
@pytest.mark.parametrize("what", ["installed", "begun", "ended_well", "confirmed", "rolled_back"])
def test_a_kill_at_any_step_leaves_the_old_state_or_the_new_one(
    store: Store, install: MakeModel, tmp_path: Path, what: str
) -> None:
    first = install("first")
    store.change(states.confirmed)
    second = install("second")
    before = store.change(lambda state: states.begun(state, boot="that", time="noon"))
    assert before == State(second, first, Trial(1, "that"))
    third = Model(hashlib.sha256(b"\0\0\0\0TFL3third").hexdigest(), "tflite", "third", "noon")
    after = {
        "installed": State(third, first, Trial()),
        "begun": State(second, first, Trial(2, "this")),
        "ended_well": State(second, first, Trial()),
        "confirmed": State(second, first),
        "rolled_back": states.rolled_back(before, reason="x", time="noon"),
    }[what]
    arguments = json.dumps(asdict(third))
    child = subprocess.run(
        [sys.executable, "-c", PROGRAM, store.folder, what, arguments],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    seen = [State.from_json(json.dumps(each)) for each in json.loads(child.stdout)]
    assert len(seen) >= (12 if what == "installed" else 5)
    assert (seen[0], seen[-1]) == (before, after)
    switched = seen.index(after)
    assert seen == [before] * switched + [after] * (len(seen) - switched)
