"""`edge-classify update --manifest` as a device calls it: its turn, its digest, older manifests, wrong calls."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.update.store import Store
from tests.edge.update.conftest import digest

Run = Callable[..., Any]


@pytest.fixture
def release(tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write door.json, a manifest of a model for a share of the devices, signed with mine.key."""
    pytest.importorskip("cryptography")
    from export import sign

    monkeypatch.chdir(tmp_path)
    sign.new_key(Path("mine"))

    def write(share: float, model: str = "tiny_int8.tflite") -> None:
        shutil.copy(fixtures / model, model)
        assert sign.main([model, "--manifest", "door.json", "--share", f"{share}", "--key", "mine.key"]) == 0

    return write


FLEET = ("--manifest", "door.json", "--require-signature", "mine.pub")


def test_a_device_installs_a_release_once_its_share_is_large_enough(
    update: Run, store: Store, release: Run, fixtures: Path, tested: list[Any]
) -> None:
    new = digest(fixtures / "tiny_int8.tflite")
    place = int(hashlib.sha256(f"door-1\n{new}".encode()).hexdigest()[:8], 16) / 2**32 * 100
    release(place - 0.01)
    outcome = update(*FLEET, "--device-id", "door-1")
    assert (outcome.code, [line.split()[0] for line in outcome.out.splitlines()]) == (0, ["manifest", "not"])
    assert f"{place:.1f} %" in outcome.out
    assert (store.read().current, tested) == (None, [])
    release(place + 0.01)
    assert update(*FLEET, "--device-id", "door-1").code == 0
    state = store.read()
    assert state.current
    assert state.manifest
    assert (state.current.sha256, state.current.source, state.manifest.sha256) == (new, "tiny_int8.tflite", new)
    again = update(*FLEET, "--device-id", "door-1")
    assert again.out.splitlines()[-1].startswith("nothing to do")
    assert len(tested) == 1
    assert f"model {new[:12]} for {place + 0.01:g} %" in update("--status").out


def test_the_model_of_a_manifest_must_have_its_digest(update: Run, store: Store, release: Run, fixtures: Path) -> None:
    release(100)
    shutil.copy(fixtures / "tiny_none.tflite", "tiny_int8.tflite")
    outcome = update(*FLEET, "--device-id", "door-1")
    assert outcome.code == 1
    assert outcome.sentence.startswith("tiny_int8.tflite ")
    assert digest(fixtures / "tiny_none.tflite") in outcome.sentence
    state = store.read()
    assert state.refused
    assert (state.current, state.refused.sha256) == (None, digest(fixtures / "tiny_none.tflite"))


def test_a_key_in_the_models_address_is_in_no_file_and_no_message(update: Run, store: Store, release: Run) -> None:
    from export import sign

    release(100)
    url = "https://models.invalid/a.tflite?sig=geheim0123456789abcdef"
    assert sign.main(["--manifest", "door.json", "--share", "100", "--key", "mine.key", "--url", url]) == 0
    outcome = update(*FLEET, "--device-id", "door-1", "--json")
    assert outcome.code == 1
    texts = [outcome.out, outcome.err, (store.folder / "state.json").read_text(), update("--status", "--json").out]
    assert not [text for text in texts if "geheim" in text]


def test_an_older_manifest_is_not_taken_again(update: Run, store: Store, release: Run, tested: list[Any]) -> None:
    release(100)
    names = ("door.json", "door.json.minisig")
    old = {name: Path(name).read_bytes() for name in names}
    release(100, "tiny_none.tflite")
    assert update(*FLEET, "--device-id", "door-1").code == 0
    after = store.read()
    for name in names:
        Path(name).write_bytes(old[name])
    outcome = update(*FLEET, "--device-id", "door-1")
    assert outcome.code == 1
    assert str(json.loads(old["door.json"])["issued"]) in outcome.sentence
    assert store.read() == after


def test_the_manifest_of_another_fleet_is_refused_though_the_same_key_signed_it(
    update: Run, store: Store, release: Run, tested: list[Any]
) -> None:
    release(100)
    for name in ("json", "json.minisig"):
        Path(f"door.{name}").rename(f"gate.{name}")  # who serves the files puts one in the place of the other
    device = ("--manifest", "gate.json", *FLEET[2:], "--device-id", "door-1")
    outcome = update(*device)
    assert outcome.code == 1
    assert "'door'" in outcome.sentence
    assert (store.read().manifest, tested) == (None, [])
    assert update(*device, "--manifest-name", "door").code == 0
    assert len(tested) == 1


def test_a_signature_that_is_wrong_names_the_address_and_no_temporary_file(update: Run, release: Run) -> None:
    from export import sign

    release(100)
    assert sign.main(["tiny_int8.tflite", "--key", "mine.key"]) == 0
    model = Path("tiny_int8.tflite").rename("new.tflite")
    Path("tiny_int8.tflite.minisig").rename("new.tflite.minisig")
    model.write_bytes(model.read_bytes() + b"x")
    outcome = update("new.tflite", "--require-signature", "mine.pub")
    assert outcome.code == 1
    assert "new.tflite.minisig" in outcome.sentence
    assert "model.tflite" not in outcome.sentence


def test_a_release_that_was_rolled_back_here_is_refused_before_it_is_fetched(
    update: Run, store: Store, release: Run, tested: list[Any]
) -> None:
    release(100)
    update(*FLEET, "--device-id", "door-1")
    update("--rollback")
    Path("tiny_int8.tflite").unlink()
    outcome = update(*FLEET, "--device-id", "door-1")
    assert outcome.code == 1
    assert all(fact in outcome.sentence for fact in ("was rolled back", "by hand", "--again"))
    assert store.read().manifest


def test_a_manifest_mends_a_damaged_store(update: Run, store: Store, release: Run, tested: list[Any]) -> None:
    release(100)
    store.folder.mkdir(parents=True)
    (store.folder / "state.json").write_text("{")
    assert update(*FLEET, "--device-id", "door-1").code == 0
    assert store.read().current


def test_the_machines_id_is_the_devices_unless_it_is_named(
    update: Run, release: Run, monkeypatch: pytest.MonkeyPatch, tested: list[Any]
) -> None:
    from edge.update import rollout

    release(100)
    monkeypatch.setattr(rollout, "machine_id", lambda: "machine")
    seen: list[str] = []
    monkeypatch.setattr(rollout, "device_place", lambda name, _: seen.append(name) or 0.0)
    update(*FLEET)
    update(*FLEET, "--device-id", "door-1")
    assert seen == ["machine", "door-1"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--manifest", "door.json"), "--require-signature"),
        ((*FLEET, "--require-sha256", "0" * 64), "--require-sha256"),
        (("door.tflite", "--device-id", "door-1"), "--device-id"),
        ((*FLEET, "--device-id", " "), "--device-id"),
        (("door.tflite", *FLEET), "--manifest"),
    ],
)
def test_flags_of_a_manifest_that_do_not_fit_are_a_wrong_call(
    update: Run, arguments: tuple[str, ...], part: str
) -> None:
    outcome = update(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert part in outcome.err.splitlines()[-1]
