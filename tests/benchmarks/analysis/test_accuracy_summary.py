import pytest

from benchmarks.analysis.accuracy_summary import describe_accuracy

NAMES = ("shirt", "bag", "shoe")


def test_all_that_is_said_of_one_variant() -> None:
    # Labels 0 0 1 1, answers 0 1 1 1: three of four; half of the shirts, both bags, and there is no shoe.
    found = describe_accuracy(
        [0, 1, 1, 1],
        [0, 0, 1, 1],
        class_names=NAMES,
        confidence_bp=[10_000, 10_000, 9_000, 9_000],
        untempered_confidence_bp=[10_000] * 4,
    )

    assert (found["images"], found["right"], found["top1"]) == (4, 3, 0.75)
    # Wilson of 3/4: (0.75 + 3.84146/8) / 1.960365 = 0.627523, half 1.95996 * sqrt(0.046875 + 0.060023) / 1.960365.
    assert found["interval"] == pytest.approx([0.300642, 0.954413], abs=1e-5)
    assert [(one["label"], one["right"], one["images"]) for one in found["classes"]] == [
        ("shirt", 1, 2), ("bag", 2, 2), ("shoe", 0, 0),
    ]  # fmt: skip
    assert (found["classes"][2]["top1"], found["classes"][2]["interval"]) == (None, None)
    assert found["confusion"] == [[1, 1, 0], [0, 2, 0], [0, 0, 0]]
    # Two of confidence 1, one right: gap 1. Two of 0.9, both right: gap 0.2. 1.2 / 4; and without temperature 1 / 4.
    assert found["calibration"]["expected_calibration_error"] == pytest.approx(0.3)
    assert found["calibration"]["expected_calibration_error_without_temperature"] == pytest.approx(0.25)
    assert found["calibration"]["mean_confidence"] == pytest.approx(0.95)
    assert found["calibration"]["bins"] == len(found["calibration"]["reliability"]["count"]) == 15


def test_a_tool_that_gives_no_confidence_has_no_calibration() -> None:
    found = describe_accuracy([0], [0], class_names=NAMES, confidence_bp=None, untempered_confidence_bp=None)

    assert found["calibration"] is None
