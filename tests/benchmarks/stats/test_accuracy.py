import pytest

from benchmarks.stats.accuracy import confusion_matrix, count_right, top1_accuracy, top1_agreement


def test_accuracy_and_agreement_count_images() -> None:
    labels, ours, theirs = [1, 2, 3, 4], [1, 2, 0, 0], [1, 0, 0, 4]

    assert count_right(ours, labels) == 2
    assert top1_accuracy(ours, labels) == 0.5
    assert top1_agreement(ours, theirs) == 0.5  # the first and, both wrong alike, the third


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"same length, got shapes \(1,\) and \(2,\)"):
        top1_accuracy([1], [1, 2])


def test_the_confusion_matrix_counts_answers_by_label() -> None:
    # Of three images of class 0, one is taken for 2; the one of class 1 is right; class 2 has none.
    assert confusion_matrix([0, 2, 1, 0], [0, 0, 1, 0], classes=3).tolist() == [[2, 0, 1], [0, 1, 0], [0, 0, 0]]
