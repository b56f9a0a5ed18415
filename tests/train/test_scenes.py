import numpy as np
import pytest

from edge import vision
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.datasets import fashion_mnist
from train import scenes
from train.data import auxiliary
from train.scenes import main, paste

TROUSER = np.zeros((28, 28), np.uint8)
TROUSER[1:27, 8:12] = TROUSER[1:27, 16:20] = 200
TROUSER[1:8, 8:20] = 180


@pytest.fixture
def _few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of Fashion-MNIST, which need not be on this machine."""
    monkeypatch.setattr(fashion_mnist, "load", lambda split: (TROUSER[np.newaxis], np.array([1], np.uint8)))


def test_a_garment_stands_out_from_whatever_is_behind_it() -> None:
    frames = [paste(TROUSER, np.random.default_rng(seed)) for seed in range(40)]

    assert all(frame.shape == (240, 320, 3) for frame in frames)
    greys = [frame.mean(axis=2) for frame in frames]
    darker = [np.median(grey) > grey.mean() for grey in greys]
    assert 8 < sum(darker) < 32  # dark on light and light on dark
    assert min(grey.max() - grey.min() for grey in greys) > 30


@pytest.mark.usefixtures("_few_images")
def test_the_images_are_what_the_vision_step_sees(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = []
    find = vision.find_garment
    monkeypatch.setattr(vision, "find_garment", lambda frame: seen.append(find(frame)) or seen[-1])

    assert main(["--count", "40", "--out", str(tmp_path / "some.npz")]) == 0

    found = auxiliary.read(tmp_path / "some.npz", class_names=FASHION_MNIST_LABELS, height=28, width=28)
    assert np.array_equal(found.pixels, np.stack([prepared.pixels for prepared in seen]))
    labels = found.targets[found.is_known].argmax(axis=1)
    assert (labels == 1).sum() >= 20  # the pasted ones; the others are drawn
    assert len(set(labels.tolist())) > 1
    is_seen = found.is_seen[~found.is_known]
    assert 4 <= len(is_seen) <= 14  # a fifth, half of them empty
    assert 0.25 <= is_seen.mean() <= 0.75
    assert "40 synthetic scenes" in capsys.readouterr().out


@pytest.mark.usefixtures("_few_images")
def test_a_single_scene_is_spoken_of_as_one(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--count", "1", "--out", str(tmp_path / "one.npz")]) == 0

    assert capsys.readouterr().out.split(": ")[-1] == "1 image of 1 synthetic scene\n"


@pytest.mark.usefixtures("_few_images")
def test_a_scene_depends_on_number_and_seed_alone() -> None:
    images, labels = fashion_mnist.load("train")

    (first, right), (again, same), (other, _) = (scenes._scene(n, 0, images, labels) for n in (3, 3, 4))

    assert np.array_equal(first, again)
    assert right == same
    assert not np.array_equal(first, other)
