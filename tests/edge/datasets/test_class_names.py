"""Class names of people, checked, and labels of models, made valid."""

from __future__ import annotations

import unicodedata

import pytest

from edge.datasets.class_names import LONGEST_BYTES, folder_name, folder_names, parse_class_names


def test_names_are_kept_as_a_person_writes_them() -> None:
    assert parse_class_names("ripe, not ripe,unknown,Größe 3,熟") == ("ripe", "not ripe", "unknown", "Größe 3", "熟")
    assert parse_class_names(unicodedata.normalize("NFD", "Größe")) == (unicodedata.normalize("NFC", "Größe"),)


@pytest.mark.parametrize(
    "name",
    ["", "a/b", "..", ".hidden", "a\\b", "a:b", "a\0b", "a\nb", "a*", "-x", "a.", "nothing", "Stale", "CON", "com1.x",
     "a" * (LONGEST_BYTES + 1), "ä" * (LONGEST_BYTES // 2 + 1), "a\u202eb"],
)  # fmt: skip
def test_a_name_that_no_folder_can_have_everywhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="class"):
        parse_class_names(f"ripe,{name}")


@pytest.mark.parametrize("text", ["ripe,unripe,Ripe", "straße,STRASSE", ",".join(map(str, range(101)))])
def test_names_that_some_disks_hold_in_one_folder_and_too_many_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="class"):
        parse_class_names(text)


@pytest.mark.parametrize(
    ("label", "name"),
    [("Ankle boot", "Ankle boot"), ("T-shirt/top", "T-shirt-top"), ("..", "-"), ("../../etc", "-..-etc"),
     ("nul", "-nul")],
)  # fmt: skip
def test_a_label_never_leaves_the_folder(label: str, name: str) -> None:
    assert folder_name(label) == name


def test_a_long_label_is_cut_and_stays_its_own() -> None:
    one, other = (folder_name("ä" * 200 + end) for end in "ab")
    assert one != other
    assert max(len(one.encode()), len(other.encode())) <= LONGEST_BYTES


def test_labels_that_would_share_a_folder_get_one_each() -> None:
    assert folder_names(["a/b", "a:b", "A-B", "c"]) == {"a/b": "a-b", "a:b": "a-b (2)", "A-B": "A-B (3)", "c": "c"}
