"""Lists of class names in every form that people keep them in, worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.artifact.labels import (
    MAX_BYTES,
    beside,
    decode_labels,
    distinct,
    labels_of,
    looks_like_labels,
    parse_labels,
    read_labels,
)
from edge.artifact.spec import ModelSpec
from edge.errors import ModelFileError

PETS = ("cat", "dog", "guinea pig")


@pytest.mark.parametrize(
    "text",
    [
        "cat\ndog\nguinea pig\n",
        "cat\r\ndog\r\nguinea pig\r\n\r\n",
        "cat\rdog\rguinea  pig",
        " cat\t\ndog \nguinea\u00a0pig\n\n \n",
        "0 cat\n1 dog\n2 guinea pig",
        "0: cat\n1: dog\n2: guinea pig",
        "0:cat\n1:dog\n2:guinea pig",
        "0,cat\n1,dog\n2, guinea pig",
        "1\tcat\n2\tdog\n3\tguinea pig",
        "1. cat\n2. dog\n3. guinea pig",
        "2 guinea pig\n0 cat\n1 dog",
        "003 guinea pig\n001 cat\n002 dog",
        '["cat", "dog", "guinea pig"]',
        "['cat', 'dog', 'guinea pig']",
        '{"0": "cat", "1": "dog", "2": "guinea pig"}',
        "{0: 'cat', 2: 'guinea pig', 1: 'dog'}",
        "{1: 'cat', 2: 'dog', 3: 'guinea pig'}",
        '{"cat": 0, "guinea pig": 2, "dog": 1}',
        '{"model_type": "vit", "id2label": {"0": "cat", "1": "dog", "2": "guinea pig"}, "label2id": {"cat": 0}}',
        '{"classes": {"Label": ["cat", "dog", "guinea pig"]}, "filename": "saved_model.pb"}',
        '{"0": ["n02123045", "cat"], "1": ["n02084071", "dog"], "2": ["n02364673", "guinea pig"]}',
    ],
)
def test_every_form_gives_the_same_names(text: str) -> None:
    assert parse_labels(text, "labels.txt") == PETS


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("0\n1\n2", ("0", "1", "2")),
        ("0 0\n1 1", ("0", "1")),
        ("7-up\n3 musketeers\ncola", ("7-up", "3 musketeers", "cola")),
        ("1 cent\n2 cent\n5 cent\n10 cent", ("1 cent", "2 cent", "5 cent", "10 cent")),
        ("1 euro\n2 euro", ("1 euro", "2 euro")),
        ("0,5 litre\n1,5 litre", ("0,5 litre", "1,5 litre")),
        ("0.5 litre\n1.5 litre", ("0.5 litre", "1.5 litre")),
        ("[UNK]\ncat", ("[UNK]", "cat")),
        ("{0: 'cat'", ("{0: 'cat'",)),
        ("Straße\n猫\n🐱", ("Straße", "猫", "🐱")),
        ("only", ("only",)),
        ('{"7": 1, "3": 0}', ("3", "7")),
    ],
)
def test_numbers_and_brackets_that_belong_to_names_stay(text: str, labels: tuple[str, ...]) -> None:
    assert parse_labels(text, "labels.txt") == labels


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("cat\n\ndog\n", "line 2"),
        ("\ncat\n", "line 1"),
        ("", "empty"),
        ("\n \n", "empty"),
        ("0 cat\n2 dog\n3 cow", "1 is missing"),
        ("2 cat\n3 dog", "0 is missing"),
        ("0 cat\n1 dog\n1 cow", "1 occurs twice"),
        ('{"0": "cat", "2": "dog"}', "1 is missing"),
        ('{"cat": 0, "dog": 0}', "0 occurs twice"),
        ('{"0": 1, "1": true}', "number -> name"),
        ('{"0": ["cat", 5]}', "5"),
        ('{"0": "cat", "dog": 1}', "number -> name"),
        ("{}", "number -> name"),
        ("[]", "empty"),
        ("[1, 2]", "1"),
        ("{cat: 0}", "character 2"),
        ("cat\nbell\x07", "class 1"),
        ('["cat", ""]', "class 1"),
    ],
)
def test_what_is_no_list_of_names_is_refused_and_the_place_named(text: str, named: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        parse_labels(text, "labels.txt")
    assert named in str(caught.value)
    assert "labels.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_the_first_name() -> None:
    assert decode_labels("cat\ndog".encode("utf-8-sig"), "l") == ("cat", "dog")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_other_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(ModelFileError, match="UTF-8"):
        decode_labels("Häschen\nIgel".encode(encoding), "l")


def test_a_file_without_an_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(b"a\n" * (MAX_BYTES // 2 + 1))
    with pytest.raises(ModelFileError, match=f"{MAX_BYTES:,}"):
        read_labels(path)
    with pytest.raises(ModelFileError, match="absent"):
        read_labels(tmp_path / "absent.txt")


def test_names_that_occur_twice_get_their_index() -> None:
    found = distinct(["crane", "heron", "crane", "maillot", "maillot"])
    assert found == ("crane (0)", "heron", "crane (2)", "maillot (3)", "maillot (4)")


def test_a_name_that_looks_renamed_already_stays_apart() -> None:
    assert distinct(["a", "a", "a (0)"]) == ("a (0) (0)", "a (1)", "a (0) (2)")


def test_names_of_decisions_become_classes() -> None:
    found = distinct(["Unknown", "nothing", "stale", "cat", "unknown"])
    assert found == ("Unknown (class)", "nothing (class)", "stale (class)", "cat", "unknown (class)")
    assert distinct(["stale", "stale"]) == ("stale (class) (0)", "stale (class) (1)")


def test_a_specification_takes_whatever_comes_out() -> None:
    text = "unknown\ncrane\ncrane\nNothing\ncrane (1)\ncrane (2)"
    assert len(ModelSpec(labels=parse_labels(text, "l")).labels) == 6


def test_thousands_of_classes_are_read(tmp_path: Path) -> None:
    names = [f"class {number % 20_000}" for number in range(21_843)]
    for text in ("\n".join(f"{number} {name}" for number, name in enumerate(names)), json.dumps(names)):
        (tmp_path / "l").write_text(text, encoding="utf-8")
        found = read_labels(tmp_path / "l")
        assert (len(found), found[0], found[5000], found[20_000]) == (
            21_843, "class 0 (0)", "class 5000", "class 0 (20000)",
        )  # fmt: skip


def test_names_of_a_dict_are_found_below_the_usual_keys() -> None:
    assert labels_of({"names": {0: "a", 1: "b"}, "task": "classify"}, "l") == ("a", "b")
    assert labels_of({"labels": ["a", "b"]}, "l") == ("a", "b")


def test_the_file_with_the_models_name_comes_first(tmp_path: Path) -> None:
    model = tmp_path / "birds.v2.tflite"
    assert beside(model) is None
    for name in ("labelmap.txt", "labels.txt", "birds.v2.txt", "birds.v2_labels.txt"):
        (tmp_path / name).touch()
        assert beside(model) == tmp_path / name


def test_files_called_like_labels_are_known() -> None:
    labels = ["labels.txt", "a/Label_Map.TXT", "en_labels.txt", "dict.txt", "classes.txt"]
    others = ["readme.txt", "labels/notes.txt", "labels.json", "predictions.txt", "classification.txt"]
    assert looks_like_labels([*others, *labels]) == labels
