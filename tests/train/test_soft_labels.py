import json
from pathlib import Path

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.errors import DatasetError
from train import soft_labels
from train.config import TrainConfig
from train.data import splits as data_splits
from train.data.splits import Split, Splits
from train.fitting.teacher import read_manifest, read_soft_labels, write_logits

RUN = Path(__file__).parents[1] / "fixtures" / "tiny_run"


@pytest.fixture
def splits(monkeypatch: pytest.MonkeyPatch) -> Splits:
    """Five images, of which the second and the last are held out; the command gets them as its data set."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    labels = np.uint8([0, 1, 2, 3, 4])
    train, held_out = np.array([0, 2, 3]), np.array([1, 4])
    parts = [Split(pixels[chosen], labels[chosen]) for chosen in (train, held_out)]
    made = Splits(*parts, parts[1], FASHION_MNIST_LABELS, whole=pixels, train_positions=train)
    monkeypatch.setattr(data_splits, "load_splits", lambda config: made)
    return made


def _file(path: Path, splits: Splits, answers: list[int], odds: float) -> Path:
    """Soft labels of a teacher who prefers an answer to each of the other nine by these odds."""
    logits = np.zeros((5, 10), np.float32)
    logits[np.arange(5), answers] = np.log(odds)
    write_logits(path, logits, splits.whole, teacher=path.stem, names=splits.class_names, views=["as it is"])
    return path


def test_the_file_holds_the_geometric_mean_of_the_teachers(splits: Splits, tmp_path: Path) -> None:
    sure, unsure = _file(tmp_path / "sure.npz", splits, [1] * 5, 16), _file(tmp_path / "unsure.npz", splits, [4] * 5, 4)
    out = tmp_path / "mean.npz"

    assert soft_labels.main([str(sure), str(unsure), "--out", str(out)]) == 0

    found = read_soft_labels(out, temperature=1.0, pixels=splits.whole, names=splits.class_names)
    # Odds of 16 and 4 count with their square roots: 4 and 2, and 1 for each of the other eight.
    expected = np.ones(10)
    expected[1], expected[4] = 4, 2
    np.testing.assert_allclose(found, np.tile(expected / 14, (5, 1)), rtol=0.035)
    assert read_manifest(out).teacher == "sure, unsure"


def test_accuracies_are_those_of_the_images_that_were_held_out(
    splits: Splits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = _file(tmp_path / "one.npz", splits, [9, 1, 9, 9, 9], 16)  # right on the first of the two alone
    none = _file(tmp_path / "none.npz", splits, [0, 9, 2, 3, 9], 2)  # right on the training images alone

    soft_labels.main([str(one), str(none), "--out", str(tmp_path / "mean.npz")])

    shares = [line.split()[-5] for line in capsys.readouterr().out.splitlines()[:3]]
    assert shares == ["50.00%", "0.00%", "50.00%"]


def test_a_run_is_asked_and_a_file_is_read(splits: Splits) -> None:
    asked = soft_labels.opinion(RUN, splits)

    assert (asked.name, len(asked.views)) == ("tiny_run", 6)
    np.testing.assert_allclose(np.exp(asked.logits).sum(axis=1), 1, rtol=1e-5)


def test_the_file_says_of_which_views_each_teacher_is_the_mean(splits: Splits, tmp_path: Path) -> None:
    one = _file(tmp_path / "one.npz", splits, [1] * 5, 16)
    alike, different = tmp_path / "alike.npz", tmp_path / "different.npz"

    assert soft_labels.main([str(one), str(_file(tmp_path / "two.npz", splits, [2] * 5, 4)), "--out", str(alike)]) == 0
    assert soft_labels.main(["--data", "demo", str(one), str(RUN), "--out", str(different)]) == 0

    assert read_manifest(alike).views == ("as it is",)
    assert [view.split(":")[0] for view in read_manifest(different).views] == ["one", *["tiny_run"] * 6]


def test_what_is_no_teacher_is_refused(splits: Splits, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="nowhere"):
        soft_labels.opinion(tmp_path / "nowhere.npz", splits)


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        ({"data": "demo"}, False),
        ({"data": "demo", "seed": 4, "split_seed": 0}, True),
        ({"data": "demo", "split_seed": 4}, True),
        ({"data": "demo", "max_images": 100}, True),
        ({}, True),
        ({"seed": 4, "split_seed": 0}, True),
    ],
    ids=["the same", "other drawings", "another split", "fewer images", "other data", "other data and seed"],
)
def test_a_run_with_another_validation_split_is_known(choices: dict[str, object], expected: bool) -> None:
    assert soft_labels.held_out_others(RUN, TrainConfig(**choices)) is expected  # it was trained on demo, with seed 0


def test_the_seed_of_the_network_alone_holds_out_no_others(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps({"config": {"seed": 4, "split_seed": 0}}))

    assert not soft_labels.held_out_others(tmp_path, TrainConfig(seed=0))
    assert soft_labels.held_out_others(tmp_path, TrainConfig(seed=4))


def test_a_run_that_may_have_seen_the_validation_images_is_warned_of(
    splits: Splits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = _file(tmp_path / "one.npz", splits, [1] * 5, 16)
    out = ["--out", str(tmp_path / "mean.npz")]

    for flags, is_warned in ((["--data", "demo"], False), (["--data", "demo", "--split-seed", "1"], True)):
        assert soft_labels.main([str(RUN), str(one), *flags, *out]) == 0
        assert ("--split-seed" in (said := capsys.readouterr().err), str(one) in said) == (is_warned, False)


def test_teachers_of_one_name_in_two_folders_are_two(splits: Splits, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [_file(folder / "one.npz", splits, [1] * 5, 16) for folder in (tmp_path, tmp_path / "other")]

    assert soft_labels.main([*map(str, paths), "--out", str(tmp_path / "mean.npz")]) == 0

    assert read_manifest(tmp_path / "mean.npz").teacher == "one, one"


def test_one_teacher_twice_is_exit_code_1(splits: Splits, tmp_path: Path) -> None:
    one = _file(tmp_path / "one.npz", splits, [1] * 5, 16)

    assert soft_labels.main([str(one), str(one), "--out", str(tmp_path / "mean.npz")]) == 1
    assert not (tmp_path / "mean.npz").exists()
