import contextlib

import numpy as np
import pytest

from edge.errors import GateError
from export.verify import Parity, check_gate, compare


def _parity(*, keras: float, file: float, images: int = 1000) -> Parity:
    return Parity("demo", images, keras, file, top1_agreement=1.0, max_probability_difference=0.0)


def test_accuracy_and_agreement_are_those_counted_by_hand() -> None:
    source = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]], np.float32)
    file = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.55, 0.45]], np.float32)

    parity = compare(source, file, np.array([0, 0, 1, 0], np.uint8), dataset="demo")

    assert parity.keras_top1_accuracy == 0.75  # all but the last
    assert parity.top1_accuracy == 0.75  # all but the second
    assert parity.top1_agreement == 0.5
    assert parity.max_probability_difference == pytest.approx(0.25)
    assert parity.loss_points == 0


@pytest.mark.parametrize(
    ("file", "passes"),
    [
        pytest.param(0.905, True, id="exactly the limit, whatever floats do"),
        pytest.param(0.904, False, id="one image more"),
        pytest.param(0.95, True, id="better than its source"),
    ],
)
def test_the_gate_allows_its_limit_and_no_image_more(file: float, passes: bool) -> None:
    parity = _parity(keras=0.91, file=file)
    if passes:
        check_gate(parity, max_loss_points=0.5, name="a.tflite")
    else:
        with pytest.raises(GateError, match=r"a\.tflite loses 0\.60 .* 0\.50") as failed:
            check_gate(parity, max_loss_points=0.5, name="a.tflite")
        assert failed.value.exit_code == 3


def test_without_classes_agreement_is_compared_and_nothing_else() -> None:
    source = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    parity = compare(source, source[::-1], None, dataset="images")

    assert parity.loss_points is None
    assert parity.as_dict() == {
        "dataset": "images", "images": 2, "top1_agreement": 0.0, "max_probability_difference": pytest.approx(0.7)
    }  # fmt: skip
    check_gate(parity, max_loss_points=0, name="a.tflite")


@pytest.mark.parametrize(
    ("images", "lost", "limit", "passes"),
    [
        (8, 1, 0.5, True),  # one image is 12.5 points
        (8, 2, 0.5, False),
        (8, 1, 0.0, False),  # none may be lost
        (199, 1, 0.5, True),
        (200, 1, 0.5, True),  # exactly the limit
        (200, 2, 0.5, False),
        (399, 2, 0.5, False),  # 1.995 images are allowed
    ],
)
def test_where_one_image_is_more_than_the_limit_one_may_be_lost(
    images: int, lost: int, limit: float, passes: bool
) -> None:
    parity = _parity(keras=1.0, file=(images - lost) / images, images=images)
    with contextlib.nullcontext() if passes else pytest.raises(GateError, match=f"{lost} of {images}"):
        check_gate(parity, max_loss_points=limit, name="a.tflite")
