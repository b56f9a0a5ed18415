import re

import pytest

from edge.artifact.file import builtin_models, read_artifact
from edge.artifact.spec import ModelSpec
from edge.datasets.folder_labels import CLOTHES_FOLDERS


def spec_of(name: str) -> ModelSpec:
    spec = read_artifact(builtin_models()[name]).spec
    assert spec is not None
    return spec


@pytest.mark.parametrize("name", ["clothes", "edge"])
def test_a_model_that_ships_names_no_folder_of_the_machine_that_made_it(name: str) -> None:
    assert not re.findall(r'"(?:/|[A-Za-z]:\\\\)[^"]*"', spec_of(name).to_json())


def test_the_model_of_clothes_is_what_the_pages_say() -> None:
    spec = spec_of("clothes")
    parity = spec.provenance.parity

    assert set(spec.labels) == set(CLOTHES_FOLDERS.values())
    assert (spec.input.height, spec.input.width, spec.input.channels) == (192, 192, 3)
    assert spec.decision.threshold > 0
    assert parity["images"] == 341
    assert parity["top1_accuracy"] * 341 > 313.5  # the floor, before rejection
    assert parity["top1_agreement"] * 341 > 335.5  # at most five answers differ from the float network's
