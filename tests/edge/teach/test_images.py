"""Folders become examples: what is damaged, repeated or contradictory is left out and said."""

from __future__ import annotations

import logging
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DatasetError
from edge.teach import images
from edge.teach.backbone import Backbone, load_backbone
from edge.teach.images import list_classes, read_examples_of

Draw = Callable[..., Path]


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone()


def test_folders_are_classes_and_four_names_are_counter_examples(draw: Draw) -> None:
    folder = draw(unripe=2, ripe=3, Background=1, none=2)
    (folder / "empty").mkdir()
    found = list_classes(folder)
    assert found.names == ("ripe", "unripe")
    assert found.labels.tolist() == [0, 0, 0, 1, 1, -1, -1, -1]


def test_a_name_in_two_forms_of_unicode_is_one_class(draw: Draw) -> None:
    forms = [unicodedata.normalize(form, "Äpfel") for form in ("NFC", "NFD")]
    found = list_classes(draw(**dict.fromkeys(forms, 2), ripe=1))
    assert found.names == ("ripe", forms[0])
    assert found.labels.tolist() == [0, 1, 1, 1, 1]


def test_the_test_part_of_a_split_folder_is_left_out(draw: Draw) -> None:
    for part, count in (("train", 3), ("valid", 2), ("test", 4)):
        draw(f"split/{part}", ripe=count, unripe=1)
    assert list_classes(draw("split")).labels.tolist() == [0] * 5 + [1] * 2


@pytest.mark.parametrize(("may_be_one", "flag"), [(False, ""), (True, "--add ")])
def test_parts_beside_another_folder_are_no_classes(draw: Draw, may_be_one: bool, flag: str) -> None:
    """They were learned as `train`, `valid` and `extra`."""
    for part in ("train", "valid"):
        draw(f"split/{part}", ripe=6, unripe=6)
    folder = draw("split", extra=6)

    with pytest.raises(
        DatasetError,
        match=rf"^{re.escape(str(folder))} [^:]*\(train, valid\).* give {flag}{re.escape(str(folder))}/train$",
    ):
        list_classes(folder, may_be_one=may_be_one)
    assert list_classes(folder / "train", may_be_one=may_be_one).names == ("ripe", "unripe")


def test_one_folder_of_images_is_a_class_if_that_may_be(draw: Draw) -> None:
    folder = draw(ripe=2)
    assert list_classes(folder / "ripe", may_be_one=True).names == ("ripe",)
    with pytest.raises(DatasetError):
        list_classes(folder / "ripe")
    with pytest.raises(DatasetError):
        list_classes(folder / "absent", may_be_one=True)


def test_what_can_not_be_learned_from_is_left_out(
    draw: Draw, backbone: Backbone, caplog: pytest.LogCaptureFixture
) -> None:
    folder = draw(ripe=5, unripe=4)
    (folder / "ripe" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    shutil.copy(folder / "ripe" / "0_0.png", folder / "ripe" / "again.png")
    shutil.copy(folder / "ripe" / "0_1.png", folder / "unripe" / "both.png")
    with caplog.at_level(logging.WARNING, "edge"):
        examples = read_examples_of(list_classes(folder), backbone)
    assert examples.labels.tolist() == [0] * 4 + [1] * 4
    assert examples.features.dtype == np.float16
    told = caplog.text
    assert all(name in told for name in ("broken.jpg", "again.png", "both.png"))


def test_features_are_those_of_the_image_and_near_copies_share_a_group(draw: Draw, backbone: Backbone) -> None:
    import cv2

    folder = draw(ripe=3)
    first = cv2.imread(str(folder / "ripe" / "0_0.png"))
    cv2.imwrite(str(folder / "ripe" / "0_0b.jpg"), first, [cv2.IMWRITE_JPEG_QUALITY, 60])
    examples = read_examples_of(list_classes(folder), backbone)
    assert examples.groups.tolist() == [0, 0, 2, 3]
    assert examples.features[0].astype(np.float32) == pytest.approx(backbone.features(first), abs=2e-3)


def test_a_limit_reads_no_more_images_than_it_says(
    draw: Draw, backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    monkeypatch.setattr(images, "_decode", lambda path: read.append(path) or "left out")
    assert len(read_examples_of(list_classes(draw(ripe=6, unripe=2)), backbone, most=5).labels) == 0
    assert sorted(path.parent.name for path in read) == ["ripe"] * 3 + ["unripe"] * 2
