"""Whatever the bytes are, what reads them says so in the error it promises: Hypothesis looks for some that get past.

Its choices are always the same here; `hypothesis.settings(derandomize=False, max_examples=100_000)` looks further. What
was found once is kept in tests/fixtures/hostile. `python -m tests.hardening models` attacks the libraries behind.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import hypothesis
import pytest
from hypothesis import strategies

from edge.artifact.file import read_artifact
from edge.artifact.formats import MalformedModelError, onnx, tflite
from edge.artifact.spec import ModelSpec
from edge.artifact.trust import read_public_key
from edge.demo import draw_frame
from edge.errors import ConfigError, FrameError, ModelFileError, SpecError
from edge.images.decode import decode_image

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXTREMES = [number.to_bytes(4, "little") for number in (0, 1, 0x7F, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)]
MINUTELY = hypothesis.settings(derandomize=True, max_examples=150, deadline=None, database=None,
                               suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])  # fmt: skip
Parse = Callable[[bytes], object]


def network(name: str) -> bytes:
    """Network of a good file, as the interpreter gets it."""
    return read_artifact(FIXTURES / name).network


def picture(suffix: str) -> bytes:
    """A drawn garment, small, in a format."""
    small = cv2.resize(draw_frame(1).image, (80, 60), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(suffix, small)[1])


def damaged(good: bytes) -> strategies.SearchStrategy[bytes]:
    """The same bytes with some overwritten, added, left out or cut off."""
    place = strategies.integers(0, len(good))
    edits = strategies.one_of(
        strategies.tuples(place, strategies.binary(min_size=1, max_size=8), strategies.sampled_from((0, 1))),
        strategies.tuples(place, strategies.sampled_from(EXTREMES), strategies.just(1)),
        strategies.tuples(place, strategies.just(b""), strategies.integers(1, 64)),
        strategies.tuples(place, strategies.just(b""), strategies.just(len(good))),
    )
    return strategies.lists(edits, min_size=1, max_size=5).map(lambda chosen: edited(good, chosen))


def edited(good: bytes, edits: list[tuple[int, bytes, int]]) -> bytes:
    """Put each piece at its place: over as many bytes as it has (1), between them (0), or over more."""
    content = good
    for place, piece, over in edits:
        content = content[:place] + piece + content[place + over * max(len(piece), 1) :]
    return content


def spec_of(content: bytes) -> object:
    return ModelSpec.from_json(content.decode("utf-8", "replace"))


def key_of(content: bytes) -> object:
    return read_public_key(content.decode("utf-8", "replace"))


CASES: dict[str, tuple[Parse, bytes, type[Exception]]] = {
    "tflite int8": (tflite.check_network, network("tiny_int8.tflite"), MalformedModelError),
    "tflite softmax": (tflite.check_network, network("softmax_int8.tflite"), MalformedModelError),
    "onnx int8": (onnx.check_network, network("tiny_int8.onnx"), MalformedModelError),
    "onnx float": (onnx.check_network, network("tiny_none.onnx"), MalformedModelError),
    "spec": (spec_of, ModelSpec().to_json().encode(), SpecError),
    "public key": (key_of, b"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3", ConfigError),
    **{suffix: (decode_image, picture(suffix), FrameError) for suffix in (".jpg", ".png", ".bmp", ".tiff", ".webp")},
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_good_passes(case: str) -> None:
    parse, good, _ = CASES[case]
    assert parse(good) is not None


@pytest.mark.parametrize("case", CASES)
def test_damage_is_the_promised_error_or_none(case: str) -> None:
    parse, good, error = CASES[case]
    seen: list[str] = []

    @MINUTELY
    @hypothesis.given(damaged(good))
    def look(content: bytes) -> None:
        try:
            parse(content)
        except error as refused:
            seen.append(str(refused))

    look()
    assert seen
    assert all(seen)


@pytest.mark.parametrize("name", ["tiny_int8.tflite", "tiny_int8.onnx"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    path, whole = tmp_path / name, (FIXTURES / name).read_bytes()
    seen: list[str] = []

    @MINUTELY
    @hypothesis.given(damaged(whole))
    def look(content: bytes) -> None:
        path.write_bytes(content)
        try:
            read_artifact(path)
        except (ModelFileError, SpecError) as refused:
            seen.append(str(refused))

    look()
    assert len(seen) > 20
    assert [sentence for sentence in seen if str(path) not in sentence or "\n" in sentence] == []


def test_the_edits_do_what_they_say() -> None:
    assert edited(b"abcdef", [(1, b"XY", 1)]) == b"aXYdef"
    assert edited(b"abcdef", [(1, b"XY", 0)]) == b"aXYbcdef"
    assert edited(b"abcdef", [(1, b"", 2)]) == b"adef"
    assert edited(b"abcdef", [(2, b"", 6)]) == b"ab"
