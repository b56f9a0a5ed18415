"""The metadata of MediaPipe's own writer is read; what is bent is refused or left out with a sentence."""

from __future__ import annotations

import base64
import importlib
import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from edge.artifact.file import read_artifact
from edge.artifact.formats import MalformedModelError
from edge.artifact.formats.tflite_metadata import LAYOUTS, metadata_bytes, read
from edge.artifact.metadata import Metadata
from export.metadata import insert_tflite, tflite_metadata

pytest.importorskip("flatbuffers")

# Of mediapipe 1.2.3: MetadataWriter.create(model, mean, std, Labels().add([...]).add([...], "de")).populate()
MEDIAPIPE = zlib.decompress(base64.b64decode(
    "eNqdUrFuE0EQnXNMfEmMbEUuLBGkRQoS1ckRbSSsI02kIArSIEVC57s5Z+F8a91uACcpUtClgCJVagr+ABpEpNDzDTSICtEg0pmZ3cXuY2tubu"
    "fNvLczc2sA8KjX2+hAB9rQpFMI7lenCFAMoEv2oQZwRXaD3jeiXtQjH3i8aeu4sj5jOA4c3rXIKvmOz3V5q+SZ/zefKbFLtklGEvBmxuvutOJ5"
    "2+5iNfZb4HIzBLhPficZYKFFriqRJgaHqpKohdlPDD1QjFSGBSGlqDBVw1IeYgQ3qa6wdc8yjMxrA8tWL4QGvTkt7mUTrq+xPNOwArA+nU5DP4"
    "fAT9r5kwe7hDV9qA78B7hD9iRVFQqVWxVHRhJ6jKmRL7GYROD2ojnP87ndzafOM2/7OPfzjuw92VeyT/5OjC2QfT5tXNzdrl0sXf34wufbv1r9"
    "j6Nb/cs/9/rBbIduL+F8L0HodUL/DfznOzqT8ffDLIYTjPl8/vRvvPf2Z7zX+haHNKElX2N7ry3a+S96zjV6bJfjAyPkKBmiMEoMUIwrlaLWmH"
    "HrtneLkn/M+RmWRuYTvxVtOH8kS4oKNXhOYxOytKDjzAkViXhRqlel0Gh41PMFR9BiTs58WCRay1xiBf8AFoabUg=="
))  # fmt: skip
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


@pytest.fixture
def network(fixtures: Path) -> bytes:
    """Return a network without metadata."""
    return read_artifact(fixtures / "tiny_int8.tflite").network


def test_what_mediapipe_wrote_is_read(network: bytes) -> None:
    members = {"labels.txt": b"cat\ndog\ncrane\n", "labels_de.txt": b"Katze\nHund\nKranich\n"}
    found = read(insert_tflite(network, MEDIAPIPE), members)
    assert (found.labels, found.colour_order, found.task) == (("cat", "dog", "crane"), "RGB", "classify")
    assert (found.mean, found.std) == (pytest.approx(MEAN), pytest.approx(STD))
    assert (found.name, found.height, found.version) == ("ImageClassifier", None, "")
    assert found.source_of("mean") == "TFLite metadata"
    assert "labels.txt" in (found.source_of("labels") or "")
    assert found.source_of("height") is None
    assert not found.notes


def test_a_model_without_metadata_says_nothing(network: bytes) -> None:
    assert metadata_bytes(network) is None
    assert read(network, {"labels.txt": b"cat\n"}) == Metadata()


def test_label_files_that_are_not_there_or_no_labels_are_noted(network: bytes) -> None:
    model = insert_tflite(network, MEDIAPIPE)
    for members in ({}, {"labels.txt": b"cat\n\ndog"}, {"labels.txt": "cat".encode("utf-16")}):
        found = read(model, members)
        assert found.labels == ()
        assert len(found.notes) == 1
        assert "labels.txt" in found.notes[0]


@pytest.mark.parametrize(
    ("mean", "std"),
    [((1.0, 2.0), (1.0,)), ((0.0,), (0.0,)), ((float("nan"),), (1.0,)), ((0.0,), (float("inf"),)), ((), (1.0,))],
)
def test_a_normalization_that_can_not_be_one_is_noted(
    network: bytes, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    about = Metadata(labels=("a", "b"), mean=mean, std=std, colour_order="GREY")
    found = read(insert_tflite(network, tflite_metadata(about)), {"labels.txt": b"a\nb\n"})
    assert (found.mean, found.std, found.colour_order, found.labels) == (None, None, "GREY", ("a", "b"))
    assert len(found.notes) == 1


def outcome(network: bytes) -> Metadata | None:
    """Return what is read; None where it is refused."""
    try:
        return read(network, {"labels.txt": b"a\nb\n"})
    except MalformedModelError:
        return None


def test_wherever_it_is_cut_there_is_no_other_error(network: bytes) -> None:
    for length in range(len(MEDIAPIPE)):
        assert outcome(insert_tflite(network, MEDIAPIPE[:length])) is None


def test_whatever_byte_is_changed_there_is_no_other_error(network: bytes) -> None:
    refused = 0
    for place in range(len(MEDIAPIPE)):
        for value in (0, 1, 0x7F, 0xFF):
            changed = MEDIAPIPE[:place] + bytes([value]) + MEDIAPIPE[place + 1 :]
            refused += outcome(insert_tflite(network, changed)) is None
    assert refused > len(MEDIAPIPE) // 4


@pytest.mark.parametrize("table", LAYOUTS)
def test_fields_have_their_places_and_types(table: str) -> None:
    try:
        module = importlib.import_module("mediapipe.tasks.metadata.metadata_schema_py_generated")
    except ImportError:
        pytest.skip("mediapipe isn't installed, whose schema this compares with")
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    own = re.split(r"^class (\w+)\(object\):", source, flags=re.M)
    methods = re.split(r"^    def ", dict(zip(own[1::2], own[2::2], strict=True))[table], flags=re.M)[1:]
    theirs: dict[int, tuple[str, Any]] = {}
    for method in methods:
        name = method[: method.index("(")]
        slot = re.search(r"self\._tab\.Offset\((\d+)\)", method)
        if slot and not name.endswith(("Length", "IsNone", "AsNumpy")):
            number = re.search(r"number_types\.(\w+)Flags, o \+", method)
            theirs[(int(slot[1]) - 4) // 2] = (name.lower(), number[1].lower() if number else None)
    assert len(theirs) == len(LAYOUTS[table])
    for number, field in enumerate(LAYOUTS[table]):
        name, kind = theirs[number]
        assert name == field.name.replace("_", "")
        assert kind in (None, field.kind)
