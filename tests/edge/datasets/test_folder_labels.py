"""Names of folders -> labels: each rule, their order, and what is refused."""

import argparse
import unicodedata

import pytest

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.datasets.folder_labels import LabelledFolder, folder_truth, map_folders
from edge.errors import SourceError

OWN = ("Hat", "Rain coat", "Scarf")


@pytest.mark.parametrize(
    ("folder", "labels"),
    [
        ("t-shirt", ("T-shirt/top",)),
        ("pants", ("Trouser",)),
        ("longsleeve", ("Pullover",)),
        ("dress", ("Dress",)),
        ("outwear", ("Coat",)),
        ("shirt", ("Shirt",)),
        ("shoes", ("Sandal", "Sneaker", "Ankle boot")),
        ("hat", ()),
        ("shorts", ()),
        ("skirt", ()),
        ("ankle_boot", ("Ankle boot",)),
        ("TSHIRT-TOP", ("T-shirt/top",)),
        ("unknown", ()),
        ("Nothing", ()),
    ],
)
def test_folders_of_a_fashion_mnist_model(folder: str, labels: tuple[str, ...]) -> None:
    assert map_folders([folder], FASHION_MNIST_LABELS, {}) == [LabelledFolder(folder, labels)]


def test_folders_of_the_model_of_clothes() -> None:
    labels = ("Dress", "Hat", "Longsleeve", "Outerwear", "Shirt", "Shoes", "Shorts", "Skirt", "T-shirt", "Trousers")
    folders = ["dress", "outwear", "pants", "longsleeve", "t-shirt", "unknown"]

    truths = [kind.labels for kind in map_folders(folders, labels, {})]

    assert truths == [("Dress",), ("Outerwear",), ("Trousers",), ("Longsleeve",), ("T-shirt",), ()]


def test_a_model_with_labels_of_its_own() -> None:
    assert map_folders(["hat", "rain-coat"], OWN, {}) == [
        LabelledFolder("hat", ("Hat",)),
        LabelledFolder("rain-coat", ("Rain coat",)),
    ]


def test_typed_labels_go_before_names() -> None:
    truths = {"hat": ("unknown",), "cloths": ("rain coat", "Scarf")}

    assert map_folders(["cloths", "hat"], OWN, truths) == [
        LabelledFolder("cloths", ("Rain coat", "Scarf")),
        LabelledFolder("hat", ()),
    ]


def test_a_label_unknown_of_the_model_is_a_rejection() -> None:
    assert map_folders(["unknown"], (*OWN, "unknown"), {}) == [LabelledFolder("unknown", ())]


@pytest.mark.parametrize(
    ("folders", "truths", "sentence"),
    [
        (
            ["Hat", "pants", "big socks"], {},
            "no label of the model is called like pants, big socks: say what is right with --map pants=Hat, or with "
            "--map pants=unknown where none is; the labels are Hat, Rain coat, Scarf",
        ),
        (["Hat"], {"hat": ("unknown",)}, "--map names hat: expected a folder that is there: Hat"),
        (
            ["x"], {"x": ("Hat", "Sock")},
            "--map x=Hat,Sock: the model has no label Sock, expected some of Hat, Rain coat, Scarf, or unknown alone",
        ),
    ],
    ids=["folder without label", "map without folder", "map to no label"],
)  # fmt: skip
def test_refusals_say_how_to_go_on(folders: list[str], truths: dict[str, tuple[str, ...]], sentence: str) -> None:
    with pytest.raises(SourceError) as caught:
        map_folders(folders, OWN, truths)

    assert str(caught.value) == sentence


def test_labels_that_differ_in_punctuation_alone_are_not_guessed() -> None:
    assert map_folders(["a-1"], ("a1", "a-1"), {}) == [LabelledFolder("a-1", ("a-1",))]
    with pytest.raises(SourceError, match="called like a_1"):
        map_folders(["a_1"], ("a1", "a-1"), {})


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("hats=unknown", ("hats", ("unknown",))),
        (" my shoes = Sandal, Ankle boot", ("my shoes", ("Sandal", "Ankle boot"))),
    ],
)
def test_a_mapping_is_parsed_into_folder_and_labels(text: str, truth: tuple[str, tuple[str, ...]]) -> None:
    assert folder_truth(text) == truth


@pytest.mark.parametrize("text", ["hats", "=Shirt", "hats=", "hats=Shirt,,Coat"])
def test_a_malformed_mapping_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected FOLDER=LABEL"):
        folder_truth(text)


def test_the_folder_of_a_mac_has_the_label_in_another_form_of_unicode() -> None:
    (folder,) = map_folders([unicodedata.normalize("NFD", "äpfel")], ["Apfel", "Äpfel"], {})
    assert folder.labels == ("Äpfel",)
