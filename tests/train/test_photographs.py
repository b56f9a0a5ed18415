import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import vision
from edge.artifact.spec import FASHION_MNIST_LABELS
from edge.demo import draw_frame
from edge.run.main import main as run_edge_classify
from edge.sinks.text.jsonl import JsonLinesSink
from train.data import auxiliary
from train.photographs import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two trousers, a shoe, a hat and a file that is no picture."""
    frame = np.full((90, 60, 3), 230, np.uint8)
    frame[20:70, 20:40] = 40
    for number, name in enumerate(("pants/a.png", "pants/b.png", "shoes/c.png", "hat/d.png")):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "photos" / name), np.roll(frame, number, axis=1))
    (tmp_path / "photos" / "hat" / "e.jpg").write_bytes(b"no picture")
    return tmp_path / "photos"


def read(path: Path) -> auxiliary.AuxiliaryImages:
    return auxiliary.read(path, class_names=FASHION_MNIST_LABELS, height=28, width=28)


def test_each_photograph_is_stored_unchanged_and_varied(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder.parent / "some.npz"

    assert main([str(folder), "--variants", "3", "--out", str(out)]) == 0

    captured = capsys.readouterr()
    assert re.findall(r"\d+", captured.out.rpartition(": ")[2]) == ["16", "5", "4"]  # images, photographs, of no class
    assert "skipped" in captured.err
    found = read(out)
    # Folders in the order of their names: hat, pants, shoes; four views of each photograph.
    labels = [[FASHION_MNIST_LABELS[index] for index in np.flatnonzero(row)] for row in found.targets[::4]]
    assert labels == [list(FASHION_MNIST_LABELS), ["Trouser"], ["Trouser"], ["Sandal", "Sneaker", "Ankle boot"]]
    unchanged = vision.frame_to_pixels(cv2.imread(str(folder / "pants" / "a.png")))
    assert np.array_equal(found.pixels[4], unchanged)
    assert not np.array_equal(found.pixels[5], unchanged)


def test_a_single_photograph_is_spoken_of_as_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("pants/a.png", "pants/b.png", "hat/d.png", "hat/e.jpg"):
        (folder / name).unlink()

    assert main([str(folder), "--variants", "0", "--out", str(folder.parent / "some.npz")]) == 0

    assert "1 image of 1 photograph of " in capsys.readouterr().out


def cut_out() -> np.ndarray:
    """A black coat on nothing."""
    pixels = np.zeros((300, 240, 4), np.uint8)
    pixels[60:250, 70:170, 3] = 255
    return pixels


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("a.jpg", draw_frame(3, height=600, width=800).image),  # larger than what variations are made of
        ("large.jpg", draw_frame(3, height=1000, width=1400).image),  # decoded at half its size
        ("cut_out.png", cut_out()),
    ],
)
def test_a_network_learns_from_the_very_bytes_that_the_runner_shows_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    image: np.ndarray,
) -> None:
    (tmp_path / "photos" / "coat").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "photos" / "coat" / name), image)
    assert main([str(tmp_path / "photos"), "--variants", "1", "--out", str(tmp_path / "some.npz")]) == 0
    kept = []
    monkeypatch.setattr(JsonLinesSink, "write", lambda self, frame, prediction, decision: kept.append(prediction))

    assert run_edge_classify(["--source", str(tmp_path / "photos" / "coat"), "--json", "--quiet"]) == 0

    assert kept[0].pixels.any()
    assert read(tmp_path / "some.npz").pixels[0].tobytes() == kept[0].pixels.tobytes()


def test_the_same_seed_gives_the_same_images(folder: Path) -> None:
    files = [folder.parent / name for name in ("a.npz", "b.npz", "c.npz")]
    for file, seed in zip(files, "001", strict=True):
        assert main([str(folder), "--variants", "2", "--seed", seed, "--out", str(file)]) == 0

    first, again, other = (read(file).pixels for file in files)

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_flag_sets_the_label_of_a_folder(folder: Path) -> None:
    out = folder.parent / "some.npz"

    assert main([str(folder), "--map", "hat=Bag", "--variants", "0", "--out", str(out)]) == 0

    assert FASHION_MNIST_LABELS[int(read(out).targets[0].argmax())] == "Bag"


@pytest.mark.parametrize("name", ["absent", "empty", "strange"])
def test_folders_without_photographs_of_a_class_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "empty" / "pants").mkdir(parents=True)
    (tmp_path / "strange" / "socks").mkdir(parents=True)

    assert main([str(tmp_path / name), "--out", str(tmp_path / "x.npz")]) == 1

    fact = {"absent": "no folder", "empty": "no photographs", "strange": "socks"}[name]
    assert fact in capsys.readouterr().err
    assert not (tmp_path / "x.npz").exists()
