"""Places of devices in a release, and manifests that are fetched: with the right signature, or not at all."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="signing needs its extra: pip install 'edge-classify[signing]'")

from edge.artifact.manifest import MAX_BYTES, Manifest
from edge.errors import ConfigError, UpdateError
from edge.update.rollout import Offer, device_place, machine_id, read_offer
from export import sign

DIGEST, OTHER = "a" * 64, "b" * 64
DEVICES = [f"door-{number}" for number in range(2000)]
GOOD = Manifest("door", "door.tflite", DIGEST, 10, "0.1.0", "2026-01-31T09:30:00Z")
Write = Callable[..., Path]


def test_a_place_is_the_first_32_bits_of_the_hash_of_id_and_digest() -> None:
    """Worked by hand: `printf 'door-1\\naaaa...' | sha256sum` begins with f31aaadf."""
    assert device_place("door-1", DIGEST) == 0xF31AAADF / 2**32 * 100 == pytest.approx(94.96, abs=0.01)
    assert device_place("0123456789abcdef0123456789abcdef", DIGEST) == 0x8FAEA3EE / 2**32 * 100


def taking(share: float, digest: str = DIGEST) -> set[str]:
    """Devices that install a release of this share."""
    offers = {name: Offer(Manifest("door", "x", digest, share, "0", GOOD.issued), "x", device_place(name, digest))
              for name in DEVICES}  # fmt: skip
    return {name for name, offer in offers.items() if offer.takes_part}


def test_a_larger_share_only_adds_devices_and_all_is_all() -> None:
    shares = [0, 1, 10, 10.5, 50, 99, 100]
    groups = [taking(share) for share in shares]
    assert all(one <= other for one, other in itertools.pairwise(groups))
    assert (groups[0], groups[-1]) == (set(), set(DEVICES))
    for share, group in zip(shares, groups, strict=True):
        spread = 4 * (len(DEVICES) * share / 100 * (1 - share / 100)) ** 0.5  # standard deviations of a binomial
        assert abs(len(group) - len(DEVICES) * share / 100) <= spread


def test_every_release_begins_with_other_devices() -> None:
    one, other = taking(10), taking(10, OTHER)
    assert 0 < len(one & other) < 0.25 * len(one)  # by chance a tenth of them


@pytest.mark.parametrize("text", ["", "uninitialized\n", "0" * 32, "xyz", None])
def test_a_machine_without_an_id_is_a_wrong_call_that_says_what_to_do(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc" / "machine-id").write_text(text)
    with pytest.raises(ConfigError, match="--device-id"):
        machine_id(tmp_path)


def test_the_machines_id_is_that_of_systemd(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    assert machine_id(tmp_path) == "0123456789abcdef0123456789abcdef"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a manifest, or what is to pass for one, and sign it with a key of that name."""
    keys = tmp_path / "keys"
    keys.mkdir()

    def write_signed(content: str = GOOD.to_json(), *, key: str = "mine") -> Path:
        if not (keys / f"{key}.key").exists():
            sign.new_key(keys / key)
        path = tmp_path / "site" / "door.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        assert sign.main([str(path), "--key", str(keys / f"{key}.key")]) == 0
        return path

    return write_signed


@pytest.fixture
def read(tmp_path: Path, write: Write) -> Callable[..., Offer]:
    """Read an offer as the device door-1."""

    def offer(source: object, *, key: str = "mine") -> Offer:
        folder = tmp_path / "incoming"
        folder.mkdir(exist_ok=True)
        public = str(tmp_path / "keys" / f"{key}.pub")
        return read_offer(str(source), folder, public_key=public, device_id="door-1", name="door", timeout_s=10)

    return offer


def test_a_manifest_from_a_file_leads_to_the_model_beside_it(write: Write, read: Callable[..., Offer]) -> None:
    path = write()
    offer = read(path)
    assert (offer.manifest, offer.source) == (GOOD, str(path.parent / "door.tflite"))
    assert (offer.place, offer.takes_part) == (device_place("door-1", DIGEST), False)


def test_a_manifest_from_a_server_leads_to_the_model_there_also_over_http(
    write: Write, read: Callable[..., Offer], server: Any, answer: Callable[..., Any]
) -> None:
    for model, expected in (
        ("door.tflite", f"{server.url}/fleet/door.tflite"),
        ("../models/b.onnx", f"{server.url}/models/b.onnx"),
        ("https://models.example/c.tflite", "https://models.example/c.tflite"),
    ):
        path = write(GOOD.to_json().replace("door.tflite", model))
        for name in ("door.json", "door.json.minisig"):
            server.answers[f"/fleet/{name}"] = answer(path.with_name(name).read_bytes())
        assert read(f"{server.url}/fleet/door.json").source == expected


def test_a_wrong_signature_none_and_a_changed_manifest_are_refused(write: Write, read: Callable[..., Offer]) -> None:
    path = write(key="other")
    write(key="mine")
    path.write_text(path.read_text().replace("10", "100"))
    with pytest.raises(UpdateError, match=re.escape(f"{path} isn't what was signed")):
        read(path)
    with pytest.raises(UpdateError, match=re.escape(f"{path} is signed with key")):
        read(path, key="other")
    path.with_name("door.json.minisig").unlink()
    with pytest.raises(FileNotFoundError):
        read(path)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (GOOD.to_json().replace("10,", "101,"), "rollout_percent"),
        (GOOD.to_json().replace('"door"', '"gate"'), "'gate'"),
        (GOOD.to_json().replace('"0.1.0"', '"999.0"'), "999.0"),
        ("{}", "schema"),
        ("x" * (MAX_BYTES + 1), f"{MAX_BYTES:,}"),
    ],
    ids=["share of 101", "another fleet", "newer version", "empty", "too large"],
)
def test_a_signed_manifest_that_can_not_be_followed_is_refused(
    write: Write, read: Callable[..., Offer], content: str, part: str
) -> None:
    path = write(content)
    with pytest.raises(UpdateError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert part in str(caught.value)
    assert "incoming" not in str(caught.value)
