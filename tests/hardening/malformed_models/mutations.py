"""Makes damaged and forged model files from good ones; the same number and seed make the same file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from edge.artifact.file import SPEC_MEMBER
from tests.hardening.malformed_models.original import Original, Rng, assembled

_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 16, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutant(originals: Sequence[Original], *, seed: int, number: int) -> tuple[str, bytes]:
    """Make one file.

    Args:
        originals: good files of one format.
        seed: of the whole attack.
        number: of this file in it; kinds take turns.

    Returns:
        What was done, and the file.
    """
    from tests.hardening.malformed_models import forgery

    rng = np.random.default_rng((seed, number))
    original = originals[int(rng.integers(len(originals)))]
    kinds = {**_KINDS, **(_TFLITE_KINDS if original.format == "tflite" else {}), **forgery.KINDS[original.format]}
    name = list(kinds)[number % len(kinds)]
    return name, kinds[name](original, rng)


def _flip_bits(original: Original, rng: Rng) -> bytes:
    """Anywhere; nothing is put right afterwards."""
    return _flipped(assembled(original, original.network), rng)


def _flip_network(original: Original, rng: Rng) -> bytes:
    return assembled(original, _flipped(original.network, rng))


def _flipped(content: bytes, rng: Rng) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(len(changed), size=int(rng.integers(1, 17))):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _overwrite(original: Original, rng: Rng) -> bytes:
    """Numbers at which code breaks, where numbers lie: more often in the small structures than among the weights."""
    changed = bytearray(original.network)
    for _ in range(int(rng.integers(1, 4))):
        near = int(rng.choice([256, 2048, len(changed)]))
        place = int(rng.integers(min(near, len(changed)) - 4))
        place = (place if rng.random() < 0.5 else len(changed) - 4 - place) // 4 * 4
        number = int(rng.choice(_NUMBERS)) if rng.random() < 0.7 else int(rng.integers(2**32))
        size = int(rng.choice([1, 2, 4]))
        changed[place : place + size] = number.to_bytes(4, "little")[:size]
    return assembled(original, bytes(changed))


def _cut(original: Original, rng: Rng) -> bytes:
    whole = assembled(original, original.network)
    return whole[: int(rng.integers(len(whole)))]


def _cut_network(original: Original, rng: Rng) -> bytes:
    """The spec is whole, and its digest right."""
    return assembled(original, original.network[: int(rng.integers(8, len(original.network)))])


def _move_blocks(original: Original, rng: Rng) -> bytes:
    """Bytes are left out, put in, or copied to elsewhere."""
    content, size = original.network, int(rng.integers(1, 257))
    place, other = (int(rng.integers(len(content) - size)) for _ in range(2))
    block = content[other : other + size]
    kept = content[place + size * int(rng.integers(2)) :]
    return assembled(original, content[:place] + (b"" if rng.random() < 0.3 else block) + kept)


def _spec_text(original: Original, rng: Rng) -> bytes:
    """A right network with a specification that is too large, too deep, of wrong types or of another model."""
    data: dict[str, Any] = json.loads(original.spec.to_json())
    tensor = data["input_tensor"] or {"name": "image", "dtype": "uint8", "shape": [1, 28, 28, 1], "scale": 1 / 255}
    makers: tuple[Callable[[], Any], ...] = (
        lambda: "[" * int(rng.integers(10, 200_000)),
        lambda: '{"schema_version": 1, "labels": ' + "[" * 500 + "]" * 500 + "}",
        lambda: json.dumps(data | {"labels": [f"label {number}" for number in range(int(rng.integers(60_000)))]}),
        lambda: json.dumps(data | {"labels": [chr(int(rng.integers(0x11000))) * 3 for _ in range(10)]}),
        lambda: json.dumps(data | {"labels": ["x" * 100_000, "y"]}),
        lambda: " " * int(rng.integers(2**20 - 100, 2**20 + 100)),
        lambda: json.dumps(data | {_any(data, rng): _odd(rng)}),
        lambda: json.dumps(data | {"decision": data["decision"] | {_any(data["decision"], rng): _odd(rng)}}),
        lambda: json.dumps(data | {"input": data["input"] | {_any(data["input"], rng): _odd(rng)}}),
        lambda: json.dumps(data | {"input_tensor": tensor | {_any(tensor, rng): _odd(rng)}}),
        lambda: json.dumps(data | {"provenance": data["provenance"] | {_any(data["provenance"], rng): _odd(rng)}}),
        lambda: json.dumps({key: value for key, value in data.items() if key != _any(data, rng)}),
        lambda: '{"schema_version": ' + "9" * int(rng.integers(1, 5000)) + "}",
        lambda: _flipped(json.dumps(data).encode(), rng),
    )
    return assembled(original, original.network, makers[int(rng.integers(len(makers)))]())


def _any(data: dict[str, Any], rng: Rng) -> str:
    return sorted(data)[int(rng.integers(len(data)))]


def _odd(rng: Rng) -> Any:
    odd: tuple[Any, ...] = (
        None,
        True,
        -1,
        0,
        2**70,
        1e308,
        float("nan"),
        float("inf"),
        "",
        "x" * 10_000,
        "\x1b[2J",
        "\ud800",
        [],
        {},
    )
    return (*odd, [[]], {"a": {}}, [None] * 1000, [1, 28, 28, 1], -(2**31), "0" * 64)[int(rng.integers(len(odd) + 6))]


def _other_spec(original: Original, rng: Rng) -> bytes:
    """The specification of another network, its claims about tensors changed."""
    data = json.loads(original.spec.to_json()) | {"network_sha256": "0" * 64 if rng.random() < 0.3 else ""}
    size = int(rng.choice([0, 1, 27, 29, 10_000, 2**31]))
    data["input"] |= {str(rng.choice(["height", "width"])): size}
    if rng.random() < 0.5:
        data["input_tensor"] = data["output_tensor"] = None
    return assembled(original, original.network, json.dumps(data))


def _zip_bomb(original: Original, rng: Rng) -> bytes:
    """ZIPs that unpack to more than they say, hold too much, hold it twice, or are packed in unusual ways."""
    text = original.spec.to_json().encode()
    which = int(rng.integers(5))
    method = int(rng.choice([zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    buffer = io.BytesIO(original.network)
    with zipfile.ZipFile(buffer, "a", method, strict_timestamps=False) as archive:
        if which == 0:
            archive.writestr(SPEC_MEMBER, bytes(int(rng.integers(2**20, 2**21))))
        elif which == 1:
            for number in range(int(rng.integers(50, 400))):
                archive.writestr(f"{number}" if number else SPEC_MEMBER, text[:20])
        else:
            archive.writestr(SPEC_MEMBER, text)
    content = bytearray(buffer.getvalue())
    if which >= 2:  # lies in the list of contents
        place = content.rfind(b"PK\x01\x02") if which != 4 else content.rfind(b"PK\x05\x06")
        start, end = (8, 46) if which != 4 else (4, 22)
        at = place + int(rng.integers(start, end - 4))
        content[at : at + 4] = int(rng.choice(_NUMBERS)).to_bytes(4, "little")
    return bytes(content)


def _same_name_twice(original: Original, rng: Rng) -> bytes:
    import warnings

    buffer = io.BytesIO(original.network)
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as archive:
        warnings.simplefilter("ignore")
        for length in (None, int(rng.integers(10, 1000))):
            archive.writestr(SPEC_MEMBER, original.spec.to_json()[:length])
    return buffer.getvalue()


_KINDS: dict[str, Callable[[Original, Rng], bytes]] = {
    "bits flipped": _flip_bits,
    "bits of the network flipped": _flip_network,
    "numbers overwritten": _overwrite,
    "cut short": _cut,
    "network cut short": _cut_network,
    "blocks moved": _move_blocks,
    "specification": _spec_text,
    "another specification": _other_spec,
}
_TFLITE_KINDS = {"ZIP": _zip_bomb, "ZIP with one name twice": _same_name_twice}
