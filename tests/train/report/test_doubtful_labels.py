import numpy as np

from train.report.doubtful_labels import find_doubtful
from train.report.regression import deal


def clusters(each: int = 20, *, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of classes that lie far apart, each along an axis of its own."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    features = (np.eye(8)[labels] + rng.normal(0, 0.05, (len(labels), 8))).astype(np.float32)
    return features, labels, np.arange(len(labels))


def test_planted_wrong_labels_are_found_and_no_others() -> None:
    features, truth, groups = clusters()
    labels = truth.copy()
    labels[[3, 45]] = [2, 0]  # truly 0 and 2

    doubts = find_doubtful(features, labels, groups, classes=3)

    assert {doubt.index: doubt.other for doubt in doubts} == {3: 0, 45: 2}
    for doubt in doubts:
        # The smallest class has 19 + 1 labels, half of which may vote.
        assert doubt.neighbours == 10
        assert doubt.votes == 10
        assert doubt.probability > 0.75
        assert truth[doubt.nearest] == labels[doubt.nearest] == doubt.other


def test_sound_labels_leave_no_doubt() -> None:
    features, labels, groups = clusters()

    assert find_doubtful(features, labels, groups, classes=3) == []


def test_near_copies_do_not_judge_one_another() -> None:
    # Twelve copies of one image of class 0, all in the folder of class 1: judged by the copies, each of them would
    # look at home.
    features, labels, groups = clusters()
    copies = np.repeat(features[:1], 12, axis=0)
    features = np.concatenate([features, copies])
    labels = np.concatenate([labels, np.full(12, 1)])
    apart = np.concatenate([groups, np.arange(100, 112)])
    together = np.concatenate([groups, np.full(12, 100)])

    found = {doubt.index for doubt in find_doubtful(features, labels, together, classes=3)}
    missed = {doubt.index for doubt in find_doubtful(features, labels, apart, classes=3)}

    assert found & set(range(60, 72))
    assert not missed & set(range(60, 72))


def test_a_class_of_four_is_not_outvoted() -> None:
    features, labels, groups = clusters()
    few = np.flatnonzero(labels != 2).tolist() + np.flatnonzero(labels == 2)[:4].tolist()

    assert find_doubtful(features[few], labels[few], groups[few], classes=3) == []


def test_folds_share_each_class_evenly() -> None:
    labels = np.array([0] * 10 + [1] * 5 + [2] * 3)

    folds = deal(labels, 5)

    assert np.bincount(folds[labels == 0]).tolist() == [2] * 5
    assert np.bincount(folds[labels == 1]).tolist() == [1] * 5
    assert sorted(folds[labels == 2]) == [2, 3, 4]
