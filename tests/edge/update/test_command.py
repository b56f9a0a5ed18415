"""`edge-classify update` as a user calls it, and `edge-classify --store` after it; a real kill, a real rollback."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import default_model, read_artifact
from edge.cli.signals import Terminated
from edge.errors import RefusedModelError, RuntimeMissingError, SourceError, UpdateError
from edge.update import command
from edge.update import state as states
from edge.update.state import State, Trial
from edge.update.store import Store
from tests.edge.update.conftest import digest

Run = Callable[..., Any]


def test_a_file_is_tested_for_real_and_installed(update: Run, store: Store, fixtures: Path) -> None:
    new = fixtures / "tiny_int8.tflite"
    outcome = update(new, "--max-slower", 100)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split(maxsplit=1) for line in outcome.out.splitlines()]
    assert [line[0] for line in lines] == ["new", "drawn", "time", "installed", "next"]
    assert digest(new) in outcome.out
    state = store.read()
    assert state.current
    assert state == State(replace(state.current, sha256=digest(new), format="tflite", source=str(new)), None, Trial())
    assert store.verified_path(state.current).read_bytes() == new.read_bytes()


def test_a_failed_self_test_switches_nothing(update: Run, store: Store, respec: Run) -> None:
    spec = read_artifact(default_model()).spec
    assert spec
    wrong = respec(default_model(), replace(spec, labels=(*spec.labels[1:], spec.labels[0])))
    outcome = update(wrong, "--allow-new-labels", "--max-slower", 100)
    assert (outcome.code, outcome.out) == (1, "")
    assert all(fact in outcome.sentence for fact in (str(wrong), "failed", "0 of 40", "75%"))
    state = store.read()
    assert state.refused
    assert (state.refused.sha256, state.current, state.trial) == (digest(wrong), None, None)
    assert state.refused.reason == outcome.sentence.removeprefix("error: ")
    assert digest(wrong)[:12] in update("--status").out
    assert [path.name for path in store.folder.iterdir() if path.suffix != ".lock"] == ["state.json"]


def test_a_refused_model_is_forgotten_once_another_one_is_installed_or_current(
    update: Run, store: Store, fixtures: Path, tmp_path: Path, tested: list[Any]
) -> None:
    page, new = tmp_path / "page.tflite", fixtures / "tiny_int8.tflite"
    page.write_text("<html>Please log in</html>")
    for _ in range(2):  # it is installed, and then it is current
        update(page)
        refused = store.read().refused
        assert refused
        assert refused.sha256 == digest(page)
        assert str(tmp_path / "store") not in refused.reason
        assert update(new).code == 0
        assert store.read().refused is None


@pytest.mark.parametrize(
    ("error", "code", "is_noted"),
    [
        (RefusedModelError("it crashed"), 1, True),
        (RuntimeMissingError("no library"), 2, False),
        (SourceError("no folder of samples"), 1, False),
        (UpdateError("ended by SIGKILL"), 1, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_is_noted_only_if_the_model_is_to_blame(  # noqa: PLR0917  # fixtures
    update: Run, store: Store, fixtures: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int,
    is_noted: bool,
) -> None:  # fmt: skip
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(command, "evaluate_in_child", fail)
    outcome = update(fixtures / "tiny_int8.tflite")
    assert (outcome.code, str(error) in outcome.sentence) == (code, True)
    assert (store.read().refused is not None) == is_noted


def test_samples_that_are_not_there_are_no_fault_of_the_model(
    update: Run, store: Store, fixtures: Path, tmp_path: Path
) -> None:
    (tmp_path / "samples").mkdir()
    outcome = update(fixtures / "tiny_int8.tflite", "--samples", tmp_path / "samples")
    assert (outcome.code, str(tmp_path / "samples") in outcome.sentence) == (1, True)
    assert store.read().refused is None


def test_a_note_that_can_not_be_written_does_not_hide_the_error(
    update: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    page = tmp_path / "page.tflite"
    page.write_text("<html>Please log in</html>")
    monkeypatch.setattr(Store, "change", full)
    outcome = update(page)
    assert (outcome.code, outcome.sentence.startswith(f"{page} is neither")) == (1, True)


def test_an_error_names_the_file_as_the_user_did(update: Run, store: Store, tmp_path: Path) -> None:
    page = tmp_path / "page.tflite"
    page.write_text("<html>Please log in</html>")
    assert update(page).sentence.startswith(f"{page} is neither a TFLite")
    page.write_text("")
    assert f"{page} is empty" in update(page).sentence
    page.write_bytes(b"\0\0\0\0TFL3" * 9)
    outcome = update(page)
    assert outcome.sentence.startswith(f"{page} is damaged")
    assert (outcome.code, store.read().current) == (1, None)
    assert update(tmp_path / "gone").sentence == f"{tmp_path / 'gone'}: {os.strerror(errno.ENOENT)}"


def test_a_file_from_a_server_needs_https_or_a_digest(  # noqa: PLR0917  # fixtures
    update: Run, store: Store, fixtures: Path, server: Any, answer: Run, tested: list[Any]
) -> None:
    new = fixtures / "tiny_int8.onnx"
    server.answers["/door"] = answer(new.read_bytes())
    url = f"{server.url}/door"
    assert update(url).sentence.startswith(f"{url}: over http anybody")
    refused = update(url, "--require-sha256", "0" * 64).sentence
    assert refused.startswith(f"{url} has SHA-256 {digest(new)}, ")
    assert tested == []
    assert update(f"{url}?key=secret", "--require-sha256", digest(new)).code == 0
    state = store.read()
    assert state.current
    assert (state.current.format, state.current.source) == ("onnx", f"{url}?key=***")
    assert store.verified_path(state.current).suffix == ".onnx"


def test_a_required_signature_is_fetched_and_verified(  # noqa: PLR0917  # fixtures
    update: Run, store: Store, fixtures: Path, tmp_path: Path, tested: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography")
    from export import sign

    monkeypatch.chdir(tmp_path)
    shutil.copy(fixtures / "tiny_int8.tflite", "new.tflite")
    assert sign.main(["--new-key", "mine"]) == 0
    missing = update("new.tflite", "--require-signature", "mine.pub").sentence
    assert missing == f"new.tflite.minisig: {os.strerror(errno.ENOENT)}"
    assert sign.main(["new.tflite", "--key", "mine.key"]) == 0
    shutil.copy(fixtures / "tiny_none.tflite", "new.tflite")
    assert "isn't what was signed" in update("new.tflite", "--require-signature", "mine.pub").sentence
    assert (store.read().current, tested) == (None, [])
    shutil.copy(fixtures / "tiny_int8.tflite", "new.tflite")
    assert update("new.tflite", "--require-signature", "mine.pub").code == 0
    assert store.read().trial == Trial()


def test_a_store_is_not_verified_twice(edge_classify: Run, store: Store) -> None:
    outcome = edge_classify("--store", store.folder, "--require-sha256", "0" * 64)
    assert outcome.code == 2
    assert "`edge-classify update`" in outcome.sentence


def test_the_same_model_again_is_nothing_to_do(update: Run, store: Store, fixtures: Path, tested: list[Any]) -> None:
    outcome = update(default_model())
    assert outcome.out.splitlines()[-1].startswith("nothing to do")
    assert outcome.code == 0
    new = fixtures / "tiny_int8.tflite"
    update(new)
    outcome = update(new)
    assert (outcome.code, len(tested)) == (0, 1)
    last = f"nothing to do   model {digest(new)[:12]} is current, on trial, not started yet"
    assert outcome.out.splitlines()[-1] == last
    current = store.read().current
    store.path(current).write_bytes(b"damaged")
    assert update(new).code == 0
    assert store.verified_path(current)
    assert len(tested) == 2


def test_the_next_one_is_compared_with_the_good_one(
    update: Run, store: Store, fixtures: Path, tested: list[Any]
) -> None:
    first, second = fixtures / "tiny_int8.tflite", fixtures / "tiny_none.tflite"
    update(first)
    update(second)
    assert [current for _, current in tested] == [default_model()] * 2  # the first was never found good
    store.change(states.confirmed)
    good = store.read().current
    update(first)
    assert tested[-1][1] == store.path(good)
    assert store.read().last_good == good


def test_rolling_back_by_hand_and_the_status_of_it(
    update: Run, store: Store, fixtures: Path, tested: list[Any]
) -> None:
    assert update("--status").out.splitlines()[1:] == ["current         the built-in model"]
    assert str(store.folder) in update("--rollback").sentence
    new = fixtures / "tiny_int8.tflite"
    update(new)
    name = f"model {digest(new)[:12]}"
    lines = update("--status").out.splitlines()
    assert lines[1].startswith(f"current         {name} from {new}, ")
    assert ", on trial," in lines[1]
    assert "built-in" in lines[2]
    assert update("--rollback").out.splitlines()[0] == f"rolled back     {name} to the built-in model"
    assert update("--status").out.splitlines()[2].endswith(": by hand")
    again = update(new)
    assert again.code == 1
    assert all(fact in again.sentence for fact in (f"{name} was rolled back", "by hand", "--again"))
    assert update(new, "--again").code == 0


def test_json_holds_the_state_and_the_metrics(update: Run, fixtures: Path, tested: list[Any]) -> None:
    outcome = update(fixtures / "tiny_int8.tflite", "--json")
    facts = json.loads(outcome.out)
    assert list(facts) == ["schema", "current", "last_good", "trial", "rolled_back", "refused", "manifest", "self_test"]
    assert facts["self_test"]["drawn"] == {"frames": 40, "right": 39, "current_right": 40, "same": 39}
    assert facts["trial"] == {"starts": 0, "boot": None}
    assert list(json.loads(update("--status", "--json").out)) == list(facts)[:-1]


def test_a_damaged_store_is_an_error_of_the_status_and_mended_by_an_update(
    update: Run, edge_classify: Run, store: Store, fixtures: Path, tested: list[Any]
) -> None:
    update(fixtures / "tiny_int8.tflite")
    (store.folder / "state.json").write_text("{")
    assert "state.json is damaged" in update("--status").sentence
    runs = edge_classify("--store", store.folder, "--max-frames", 1)
    assert runs.code == 0
    assert all(fact in runs.err for fact in ("state.json", "the built-in model runs"))
    mended = update(fixtures / "tiny_none.tflite")
    assert mended.code == 0
    assert mended.err.count("state.json is damaged") == len(mended.err.splitlines()) == 1
    assert update("--status").code == 0


def test_sigterm_is_no_success(update: Run, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_: object, **__: object) -> None:
        raise Terminated

    monkeypatch.setattr(command, "evaluate_in_child", end)
    outcome = update(fixtures / "tiny_int8.tflite")
    assert outcome.code == 1
    assert all(fact in outcome.sentence for fact in ("SIGTERM", "--status"))


def test_flags_that_contradict_one_another_are_a_wrong_call(edge_classify: Run) -> None:
    assert edge_classify("update").code == 2
    assert edge_classify("update", "a.tflite", "--status").code == 2
    assert edge_classify("update", "a.tflite", "--min-right", "1.5").code == 2
    assert edge_classify("--model", "a.tflite", "--store").code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="kill is POSIX")
def test_a_run_that_is_killed_within_the_minute_is_rolled_back(  # noqa: PLR0917  # fixtures
    update: Run, edge_classify: Run, store: Store, fixtures: Path, tested: list[Any],
    spawn: Callable[..., subprocess.Popen[str]],
) -> None:  # fmt: skip
    new = fixtures / "tiny_int8.tflite"
    update(new)
    child = spawn("-m", "edge.run.main", "--store", str(store.folder), "--json", "--duration", "600")
    assert child.stdout
    assert json.loads(child.stdout.readline())["model_sha256"] == digest(new)
    child.send_signal(signal.SIGABRT)  # systemd's watchdog does so
    child.wait()
    outcome = edge_classify("--store", store.folder, "--json", "--max-frames", 1)
    assert outcome.code == 0
    assert json.loads(outcome.out)["model_sha256"] == digest(default_model())
    message = outcome.err.splitlines()[0]
    assert all(fact in message for fact in (digest(new)[:12], "rolled back", "the built-in model"))


def test_an_end_that_is_not_the_models_fault_leaves_it_on_trial(  # noqa: PLR0917  # fixtures
    update: Run, edge_classify: Run, store: Store, fixtures: Path, tested: list[Any], tmp_path: Path
) -> None:
    update(fixtures / "tiny_int8.tflite")
    before = store.read()
    run = lambda *flags: edge_classify("--store", store.folder, *flags).code  # noqa: E731
    assert run("--max-frames", 1) == 0
    assert run("--source", tmp_path / "gone.png") == 1  # as of a camera that isn't plugged in
    assert run("--threshold", 7) == 2
    assert run("--csv", tmp_path) == 2
    assert store.read() == before
